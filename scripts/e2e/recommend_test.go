package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// served is an answer of a worker, as far as it matters here.
type served struct {
	Worker       string
	Shard        string
	LeaseCounter int64 `json:"lease_counter"`
	Source       string
	Stale        bool

	at time.Time
}

// TestRecommendationsOutliveTheirOwner asks workers all the time for sessions of every shard while one of them is killed and another one leaves:
// every answer is 200, those for the shards of the killed one are stale until somebody has taken them, and live ever after; and a stream
// that is asked of the worker that stays goes through all of it.
func TestRecommendationsOutliveTheirOwner(t *testing.T) {
	needProcesses(t)
	ctx := Bounded(t, 2*time.Minute)
	stack := NewStack(ctx, t, "--limits=off")
	stack.CreateStream(ctx, 4)
	stack.CreateBucket(ctx)
	fleet := NewFleet(stack, App, "--no-privacy", "--flush-age", "1s", "--merge-interval", "1s", "--failover-time", "3s")
	a, b, c := fleet.Start("a"), fleet.Start("b"), fleet.Start("c")
	fleet.AwaitShare(ctx, a, b, c)
	traffic := stack.Produce(EventFile(t, 100_000, 4), 300)
	traffic.AwaitAcknowledged(ctx, 300)

	stays := a
	sessions := sessionOfEachShard(ctx, t, stays, 4)
	victim, leaver := b, c
	lost := heldBy(ctx, t, stays, victim, sessions)
	asked, stop := askAll(ctx, t, stays, sessions)
	stream, closeStream := openStream(ctx, t, stays, sessions[lost[0]])
	defer closeStream()

	awaitLive(ctx, t, "everything is asked and answered", asked, lost, time.Time{})
	killed := victim.Kill()
	awaitLive(ctx, t, "somebody answers for the killed worker", asked, lost, killed, victim)
	left := leaver.Terminate()
	every := []string{}
	for shard := range sessions {
		every = append(every, shard)
	}
	awaitLive(ctx, t, "the last worker answers for everything", asked, every, left, victim, leaver)
	stop()

	for _, shard := range lost {
		assertOutage(t, shard, asked.of(shard), left)
	}
	Until(ctx, t, "the stream goes on from the last worker", func() (bool, string) {
		lists := stream()
		if len(lists) == 0 {
			return false, "nothing came"
		}
		last := lists[len(lists)-1]
		return !last.Stale && last.Worker == id(stays), fmt.Sprintf("%+v", last)
	})
	closeStream()
	assertStream(t, stream(), victim)
	fleet.Drain(ctx, traffic.Finish(ctx))
}

// address is where a worker answers questions.
func address(ctx context.Context, w *Worker) string {
	return w.Await(ctx, time.Time{}, "worker starts", func(e Entry) bool { return e.Text("address") != "" }).Text("address")
}

// id is the worker's id.
func id(w *Worker) string {
	for _, e := range w.Err.Entries("worker starts") {
		return e.Text("worker")
	}
	return ""
}

// question asks a worker for a session.
func question(ctx context.Context, at, session string) (s served, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at+"/v1/recommendations?session_id="+session, nil)
	if err != nil {
		return s, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	if err == nil {
		err = json.Unmarshal(body, &s)
	}
	s.at = time.Now()
	return s, err
}

// sessionOfEachShard returns a session of each shard. Nobody need know it.
func sessionOfEachShard(ctx context.Context, t *testing.T, w *Worker, shards int) map[string]string {
	t.Helper()
	at, found := address(ctx, w), map[string]string{}
	for n := 0; len(found) < shards; n++ {
		session := fmt.Sprint("asked-", n)
		Until(ctx, t, "a live answer comes", func() (bool, string) {
			s, err := question(ctx, at, session)
			if err == nil && !s.Stale {
				found[s.Shard] = session
			}
			return err == nil && !s.Stale, fmt.Sprintf("%+v %v", s, err)
		})
	}
	return found
}

// heldBy returns the shards of which a worker answers.
func heldBy(ctx context.Context, t *testing.T, asked, owner *Worker, sessions map[string]string) (shards []string) {
	t.Helper()
	for shard, session := range sessions {
		if s, err := question(ctx, address(ctx, asked), session); err == nil && s.Worker == id(owner) {
			shards = append(shards, shard)
		}
	}
	if len(shards) == 0 {
		t.Fatalf("%s answers for no shard", owner)
	}
	return shards
}

// openStream opens a stream. lists, after it has been closed, are what came.
func openStream(ctx context.Context, t *testing.T, w *Worker, session string) (lists func() []served, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address(ctx, w)+"/v1/sessions/"+session+"/recommendations/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []served
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer response.Body.Close()
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var s served
				if err := json.Unmarshal([]byte(data), &s); err != nil {
					t.Errorf("%v in %s", err, data)
				}
				mu.Lock()
				got = append(got, s)
				mu.Unlock()
			}
		}
		if ctx.Err() == nil {
			t.Error("the stream has ended by itself")
		}
	}()
	lists = func() []served {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
	return lists, func() { cancel(); <-over }
}

// assertStream holds that a stream began with the owner, said that it is stale, and went on with another owner.
func assertStream(t *testing.T, lists []served, former *Worker) {
	t.Helper()
	if len(lists) < 3 || lists[0].Worker != id(former) || lists[0].Stale {
		t.Fatalf("the stream had %+v", lists)
	}
	outage := slices.IndexFunc(lists, func(s served) bool { return s.Stale })
	last := lists[len(lists)-1]
	if outage < 0 || last.Stale || last.Worker == id(former) || last.LeaseCounter <= lists[0].LeaseCounter {
		t.Errorf("the stream had %+v", lists)
	}
}
