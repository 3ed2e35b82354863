package processor_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/inprocess"
	"github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
)

// sent notes what is sent to the store in PUTs of links, before anything happens to it.
type sent struct {
	http.Handler
	mu     sync.Mutex
	bodies [][]byte
	keys   []string
}

func (s *sent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, ".parquet") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		s.mu.Lock()
		s.bodies, s.keys = append(s.bodies, body), append(s.keys, r.URL.Path)
		s.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	s.Handler.ServeHTTP(w, r)
}

// TestStoreThatFailsGetsTheSameBytes has the store of the real client fail in each of its ways, longer than the client itself tries: the same
// bytes are put under the same key until they are in the log, once.
func TestStoreThatFailsGetsTheSameBytes(t *testing.T) {
	faults := map[string]fault.Effect{
		"409":                       fault.Error("ConditionalRequestConflict"),
		"500":                       fault.Error("InternalError"),
		"503":                       fault.Throttle(),
		"reset before the effect":   fault.Cut(),
		"reset after the effect":    fault.LoseAnswer(),
		"timeout":                   fault.Hang(),
		"timeout with late effect":  fault.Late(25 * time.Second),
		"slow, but within its time": fault.Delay(9 * time.Second),
	}
	for name, effect := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { putThrough(t, effect) })
		})
	}
}

func putThrough(t *testing.T, effect fault.Effect) {
	stack, err := local.New(local.Options{Buckets: []string{"lake"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stack.Close() }()
	wire := &sent{Handler: stack.Handler()}
	config := stack.Config("")
	config.HTTPClient = inprocess.Client(wire)
	bucket := s3.NewBucket(awss3.NewFromConfig(config), "lake")
	const times = 5 // the client itself tries three times
	rule := stack.Faults().Add(fault.Rule{Match: fault.Match{Operations: []string{"PutObject"}, Prefix: "events/gen="}, When: fault.First(times), Effect: effect})

	var marks []chain.End
	p := processor.New(processor.Config{Layout: testLayout, MaxRows: 5}, worker.System{}, bucket, testTerm(chain.Bookmark{}),
		func(_ context.Context, end chain.End) error { marks = append(marks, end); return nil }, nil)
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	records := traffic(13)
	if err := p.Process(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if err := p.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Close()

	tries, first := 0, wire.bodies[0]
	for i, key := range wire.keys {
		if key != wire.keys[0] {
			break
		}
		if tries++; !bytes.Equal(wire.bodies[i], first) {
			t.Errorf("try %d sends other bytes", tries)
		}
	}
	if rule.Hits() == 0 || effect.Kind != fault.KindDelay && tries < 2 {
		t.Errorf("%d tries, the fault has struck %d times", tries, rule.Hits())
	}
	if len(marks) != 3 || marks[2].Records != 13 {
		t.Errorf("bookmarks %+v", marks)
	}
	time.Sleep(time.Minute) // what is late comes, and changes nothing
	requireLogOf(t, bucket, []int{5, 5, 3})
}

// requireLogOf holds that the log has links of so many records, each behind the other.
func requireLogOf(t *testing.T, b chain.Bucket, records []int) {
	t.Helper()
	var got []int
	w, err := chain.TakeOver(t.Context(), worker.System{}, b, testLayout, chain.Shard{ID: testShard}, 9, chain.Bookmark{})
	if err != nil {
		t.Fatal(err)
	}
	for o, err := range b.List(t.Context(), "events/gen=1/") {
		if err != nil {
			t.Fatal(err)
		}
		head, err := b.Head(t.Context(), o.Key)
		if err != nil {
			t.Fatal(err)
		}
		head.Key = o.Key
		link, err := chain.ParseLink(head)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, int(link.Records))
	}
	total := 0
	for i := range records {
		if total += records[i]; len(got) != len(records) || got[i] != records[i] {
			t.Fatalf("links of %v records, want %v", got, records)
		}
	}
	if w.End().Records != int64(total) {
		t.Errorf("the chain ends at %+v, want %d records", w.End(), total)
	}
}
