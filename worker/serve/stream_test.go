package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/table"
	"github.com/streamrec/streamrec/worker/lease"
)

// client is a client of a stream.
type client struct {
	t     *testing.T
	lines *bufio.Scanner
	body  io.Closer
	retry bool // it was told when to come back
}

// follow opens a stream.
func follow(t *testing.T, h *house, session string) *client {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/v1/sessions/"+session+"/recommendations/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream: %s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return &client{t: t, lines: bufio.NewScanner(response.Body), body: response.Body}
}

// next returns the next list; ok is false at the end of the stream.
func (c *client) next() (a Answer, ok bool) {
	c.t.Helper()
	for c.lines.Scan() {
		line := c.lines.Text()
		c.retry = c.retry || strings.HasPrefix(line, "retry: ")
		if data, is := strings.CutPrefix(line, "data: "); is {
			if err := json.Unmarshal([]byte(data), &a); err != nil {
				c.t.Fatalf("%v in %s", err, data)
			}
			return a, true
		}
	}
	return a, false
}

// until returns the first list that is wanted.
func (c *client) until(what string, wanted func(Answer) bool) Answer {
	c.t.Helper()
	for {
		a, ok := c.next()
		if !ok {
			c.t.Fatalf("the stream ends before %s", what)
		}
		if wanted(a) {
			return a
		}
	}
}

func TestStreamPushesWhatTheSessionDoes(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{})
	shard := a.hold(rowOf("1", "a", 3, "0", last))
	shard.act("other", "P1")
	for _, h := range []*house{a, b} {
		session := "s-" + h.id
		stream := follow(t, h, session)
		if first, ok := stream.next(); !ok || first.Worker != "a" || len(first.History) != 0 || !stream.retry {
			t.Fatalf("asked of %s: first %+v, told to retry: %t", h.id, first, stream.retry)
		}
		for n, item := range []string{"P1", "P2", "P3"} {
			shard.act("other", item) // nothing is sent for it
			shard.act(session, item)
			got, _ := stream.next()
			if len(got.History) != n+1 || got.History[0] != item || got.Stale || got.LeaseCounter != 3 {
				t.Errorf("asked of %s, after %s: %+v", h.id, item, got)
			}
		}
	}
}

// TestStreamOutlivesItsOwners goes through a crash, a time without owner, a takeover and a hand-off.
func TestStreamOutlivesItsOwners(t *testing.T) {
	c := newTown(t)
	a, b, d := c.settle("a", Config{}), c.settle("b", Config{}), c.settle("d", Config{})
	a.hold(rowOf("1", "a", 1, "0", last)).act("s", "P1")
	c.merged.Add(model.Fact{Session: "s", Visit: 1, Item: "P1", Touch: model.TouchAt(noon.UnixMilli())})
	c.merged.Publish()
	stream := follow(t, b, "s")
	stream.until("the owner is heard", func(a Answer) bool { return a.Worker == "a" && !a.Stale })
	a.crash()
	stale := stream.until("there is a stale list", func(a Answer) bool { return a.Stale })
	if stale.Worker != "b" || !slices.Equal(stale.History, []string{"P1"}) {
		t.Errorf("stale: %+v", stale)
	}
	shard := d.hold(rowOf("1", "d", 2, "0", last))
	stream.until("the next owner is heard", func(a Answer) bool { return a.Worker == "d" && !a.Stale })
	shard.act("s", "P2")
	stream.until("it pushes", func(a Answer) bool { return len(a.History) == 1 && a.History[0] == "P2" && a.Worker == "d" })
	b.hold(rowOf("1", "b", 3, "0", last)) // the third owner is the worker that was asked
	shard.end(lease.ErrHandOff)
	stream.until("the third owner is heard", func(a Answer) bool { return a.Worker == "b" && a.LeaseCounter == 3 })
}

// TestStreamEndsWithItsWorker stops the server of a stream: it ends at once, in order, and the client knows when to come back.
func TestStreamEndsWithItsWorker(t *testing.T) {
	c := newTown(t)
	a := c.settle("a", Config{})
	a.hold(rowOf("1", "a", 1, "0", last))
	log, _ := test.NewNullLogger()
	server := New(Config{}, a.lists, a, c, c, log)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.url = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	stream := follow(t, a, "s")
	if _, ok := stream.next(); !ok {
		t.Fatal("no list")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, ok := stream.next(); ok || stream.lines.Err() != nil || !stream.retry {
		t.Errorf("after the end: list %t, error %v, told to retry %t", ok, stream.lines.Err(), stream.retry)
	}
	if n := server.Streams(); n != 0 {
		t.Errorf("%d streams are still counted", n)
	}
}

func TestStreamsAreLimitedAndLeaveNothing(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{Streams: 2})
	shard := a.hold(rowOf("1", "a", 1, "0", last))
	before := runtime.NumGoroutine()
	one, two := follow(t, b, "s1"), follow(t, b, "s2")
	one.next()
	two.next()
	if _, status, _ := get(t, b.url+"/v1/sessions/s3/recommendations/stream"); status != 503 {
		t.Errorf("a third stream: %d", status)
	}
	for _, stream := range []*client{one, two} {
		if err := stream.body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(20 * time.Second); a.Streams()+b.Streams()+a.lists.waiting.Load() > 0 || runtime.NumGoroutine() > before+12; {
		shard.act("s1", "P1") // what is written to who has gone shows it
		if time.Now().After(deadline) {
			t.Fatalf("%d and %d streams, %d watches, %d goroutines of %d before", a.Streams(), b.Streams(), a.lists.waiting.Load(), runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
	a.lists.watches.Range(func(session, _ any) bool { t.Errorf("%v is still watched", session); return true })
}

// TestForwardedStreamIsNotRelayed holds that a stream makes one hop, as questions do.
func TestForwardedStreamIsNotRelayed(t *testing.T) {
	c := newTown(t)
	a, b := c.settle("a", Config{}), c.settle("b", Config{})
	c.know(rowOf("1", "b", 1, "0", last))
	_, status, _ := get(t, a.url+"/v1/sessions/s/recommendations/stream", func(r *http.Request) { r.Header.Set(hopHeader, "a") })
	if status != 421 || b.forwarded() != 0 {
		t.Errorf("%d, %d forwards", status, b.forwarded())
	}
}

// TestWatches hears what a session does while others come and go.
func TestWatches(t *testing.T) {
	l := NewLive()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				acts, stop := l.watch("s")
				session := "s"
				l.Processed("", &table.Row{SessionID: &session})
				select {
				case <-acts:
				default:
					t.Error("the act was not heard")
				}
				stop()
			}
		})
	}
	all.Wait()
	if l.waiting.Load() != 0 {
		t.Errorf("%d watches are left", l.waiting.Load())
	}
}

func TestReadEventsDropsWhatIsNotWhole(t *testing.T) {
	long := "data: " + strings.Repeat("x", 64<<10-7) + "\n" // as long as the buffer
	text := "event: a\ndata: 1\n\n: note\n\n" + long + "\n" + "event: b\ndata: 2"
	events := make(chan string, 10)
	readEvents(t.Context(), io.MultiReader(strings.NewReader(text), errReader{}), events)
	var got []string
	for e := range events {
		got = append(got, e)
	}
	if want := []string{"event: a\ndata: 1\n\n", ": note\n\n", long + "\n"}; !slices.Equal(got, want) {
		t.Errorf("%d events: %.80q", len(got), got)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("reset") }
