package processor_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
)

// ballast is a processor.Contents whose objects are as large as their records, and compress tenfold.
type ballast struct {
	kept       int64 // heap of an empty object
	rows, heap int64
}

func (c *ballast) Restore(context.Context, []byte) error  { return nil }
func (c *ballast) Rest()                                  {}
func (c *ballast) Bytes() int64                           { return c.heap / 10 }
func (c *ballast) Rows() int                              { return int(c.rows) }
func (c *ballast) Heap() int64                            { return c.kept + c.heap }
func (c *ballast) Seal(map[string]string) ([]byte, error) { return make([]byte, c.heap/10), nil }
func (c *ballast) State() ([]byte, error)                 { return nil, nil }
func (c *ballast) Covers(string, string) bool             { return false }
func (c *ballast) Load([]byte) error                      { return nil }
func (c *ballast) Reset()                                 { c.rows, c.heap = 0, 0 }
func (c *ballast) Again(context.Context, []byte, func(*event.Record, int) error) error {
	return nil
}

func (c *ballast) Add(r *event.Record) (rows int, err error) {
	c.rows++
	c.heap += int64(len(r.Data))
	return 1, nil
}

// fleet is some processors that share a budget; their uploads take place when they are waited for.
type fleet struct {
	t      *testing.T
	budget *processor.Budget
	shards []*bench
	next   []int // number of each shard's next record
}

const kib = 1 << 10

func newFleet(t *testing.T, n int, limit, kept int64) *fleet {
	f := &fleet{t: t, budget: processor.NewBudget(limit), next: make([]int, n)}
	for range n {
		b := newBench(t, &chaintest.Bucket{}, processor.Config{
			Budget: f.budget, Contents: func(processor.Config, processor.Shard, processor.Observer) (processor.Contents, error) {
				return &ballast{kept: kept}, nil
			},
		}, chain.Bookmark{})
		b.env.Hold = true
		f.shards = append(f.shards, b)
	}
	return f
}

// put gives a shard records of so many KiB each.
func (f *fleet) put(shard int, sizes ...int) {
	f.t.Helper()
	var records []event.Record
	for _, size := range sizes {
		f.next[shard]++
		r := view(f.next[shard], "s", "a", 0)
		r.Data = make([]byte, size*kib)
		records = append(records, r)
	}
	f.shards[shard].process(records...)
}

func (f *fleet) requireHeld(want int64) {
	f.t.Helper()
	if got := f.budget.Held(); got != want {
		f.t.Fatalf("%d bytes are held, want %d", got, want)
	}
}

// requireUploads says which shards have an upload under way.
func (f *fleet) requireUploads(want ...bool) {
	f.t.Helper()
	for i, b := range f.shards {
		if uploading := b.env.Held() > 0; uploading != want[i] {
			f.t.Fatalf("shard %d uploads: %v, want %v", i, uploading, want[i])
		}
	}
}

func TestLargestBatchGoesFirst(t *testing.T) {
	f := newFleet(t, 3, 100*kib, 0)
	f.put(0, 30)
	f.put(1, 50)
	f.put(2, 15)
	f.requireUploads(false, false, false)
	f.put(2, 7) // over by less than an eighth
	f.put(0)
	f.requireUploads(false, false, false) // neither is the largest
	f.put(1)
	f.requireUploads(false, true, false)
	f.requireHeld(30*kib + 5*kib + 22*kib)
	f.shards[1].env.Release()
	f.put(1)
	f.requireHeld(52 * kib)
	f.put(1, 30) // of equal batches the older goes first
	f.put(2, 19) // 101 in all; the largest is shard 2's
	f.put(0)
	f.put(1)
	f.requireUploads(false, false, true)
}

func TestOlderOfEqualBatchesGoesFirst(t *testing.T) {
	f := newFleet(t, 2, 100*kib, 0)
	f.put(1, 52)
	_ = f.shards[0].env.Sleep(t.Context(), time.Second)
	f.put(0, 52)
	f.put(0)
	f.requireUploads(false, false)
	f.put(1)
	f.requireUploads(false, true)
}

func TestEveryBatchGoesWhenTheLargestDoesNot(t *testing.T) {
	f := newFleet(t, 3, 100*kib, 0)
	f.put(0, 60) // and is read no more
	f.put(1, 40)
	f.put(2, 10)
	f.requireUploads(false, false, false)
	f.put(2, 3)
	f.requireUploads(false, false, true)
	f.put(1, 20)
	f.requireUploads(false, true, true)
}

// TestShardWaitsForItsOwnUpload holds that past the limit nothing is taken into a second batch.
func TestShardWaitsForItsOwnUpload(t *testing.T) {
	f := newFleet(t, 2, 100*kib, 0)
	f.put(0, 60)
	f.put(1, 41)
	f.put(0)
	f.requireUploads(true, false)
	f.put(0, 10) // there is room again
	f.requireUploads(true, false)
	f.put(1, 50) // there is none: the larger one is shard 1's
	f.requireUploads(true, true)
	f.put(0, 80, 80)
	if n := len(f.shards[0].objects()); n == 0 {
		t.Fatal("a shard has taken more in without waiting")
	}
}

// TestSmallBatchesAreNoUse has shards that hold more than there is without a batch worth the name.
func TestSmallBatchesAreNoUse(t *testing.T) {
	f := newFleet(t, 4, 4096*kib, 2000*kib)
	for i := range 4 {
		f.put(i, 1, 1, 1)
	}
	f.requireUploads(false, false, false, false)
	f.put(0, 2)
	f.requireUploads(true, false, false, false)
}

func TestClosedProcessorHoldsNothing(t *testing.T) {
	f := newFleet(t, 2, 100*kib, kib)
	f.put(0, 60)
	f.put(1, 60)
	for _, b := range f.shards {
		b.Close()
	}
	f.requireHeld(0)
}

// gated is a store that answers PUTs of links when its gate has been opened.
type gated struct {
	chaintest.Bucket
	gate chan struct{}
}

func (g *gated) PutIfAbsent(ctx context.Context, key string, body []byte, metadata map[string]string) error {
	if len(body) >= kib {
		select {
		case <-g.gate:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return g.Bucket.PutIfAbsent(ctx, key, body, metadata)
}

// records is how many are in the log.
func (g *gated) records(t *testing.T) (n int) {
	for _, key := range g.Keys("events/gen=1/") {
		o, err := g.Head(t.Context(), key)
		if err != nil {
			t.Error(err)
		}
		i, _ := strconv.Atoi(o.Metadata["records"])
		n += i
	}
	return n
}

// TestMemoryIsBoundedWhileTheStoreHangs lets 64 shards work at once, each with far more records than there is room for: all come to wait, each
// for its own upload, and all go on when the store does.
func TestMemoryIsBoundedWhileTheStoreHangs(t *testing.T) {
	const shards, records, size, limit = 64, 400, 4 * kib, 8192 * kib
	synctest.Test(t, func(t *testing.T) {
		budget, gate := processor.NewBudget(limit), make(chan struct{})
		var all sync.WaitGroup
		waiting := map[int]bool{}
		var mu sync.Mutex
		for shard := range shards {
			env := &parallel{Env: &chaintest.Env{Time: noon.Add(time.Minute)}}
			bucket := &gated{gate: gate}
			p := processor.New(processor.Config{
				Layout: testLayout, Budget: budget, Contents: func(processor.Config, processor.Shard, processor.Observer) (processor.Contents, error) {
					return &ballast{}, nil
				},
			}, env, bucket, testTerm(chain.Bookmark{}), func(context.Context, chain.End) error { return nil }, nil)
			if _, err := p.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			waiting[shard] = true
			mu.Unlock()
			all.Go(func() {
				defer p.Close()
				err := fill(t.Context(), p, records, size)
				mu.Lock()
				delete(waiting, shard)
				mu.Unlock()
				if n := bucket.records(t); err != nil || n != records {
					t.Errorf("shard %d: %d records, %v", shard, n, err)
				}
			})
		}
		synctest.Wait()
		mu.Lock()
		n := len(waiting)
		mu.Unlock()
		if held := budget.Held(); n != shards || held > limit+limit/8+2*shards*size {
			t.Errorf("%d of %d shards wait, %d bytes are held, the budget is %d", n, shards, held, limit)
		}
		close(gate)
		all.Wait()
		if held := budget.Held(); held != 0 {
			t.Errorf("%d bytes are held at the end", held)
		}
	})
}

func fill(ctx context.Context, p *processor.Processor, records, size int) error {
	for i := range records {
		r := view(i+1, "s", "a", 0)
		r.Data = make([]byte, size)
		if err := p.Process(ctx, []event.Record{r}); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
	}
	return p.Drain(ctx)
}

// TestHeapOfRows holds that the rows of a real shard are counted, and less when they have been committed.
func TestHeapOfRows(t *testing.T) {
	budget := processor.NewBudget(1 << 30)
	b := newBench(t, &chaintest.Bucket{}, processor.Config{Budget: budget, Recommendations: -1}, chain.Bookmark{})
	idle := budget.Held()
	b.process(traffic(3000)...)
	open := budget.Held()
	b.drain()
	if after := budget.Held(); idle <= 0 || open < idle+3000*100 || after >= open {
		t.Errorf("%d bytes are held before, %d with 3000 rows, %d when they are committed", idle, open, after)
	}
}
