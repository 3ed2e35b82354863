package follow_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/processor/table"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var layout = chain.Layout{Prefix: "events", Generation: 1}

// fleet is a stream of several shards with a processor each, the lease rows, and one model that is given the records of all.
type fleet struct {
	t       *testing.T
	env     *chaintest.Env
	bucket  *chaintest.Bucket
	shards  []*shard
	whole   *model.Model
	merged  processor.Editions // that the processors adopt
	ended   map[string]bool
	gone    map[string]bool // have no row any more
	reached int64           // 0: the tip
	n       int
	step    time.Duration // between arrivals
	route   func(session string) *shard
	rng     *rand.Rand // draws the records; nil: they repeat themselves
	lists   [][]string // of the whole model, one for each record
	got     [][]string // of the processors
}

type shard struct {
	*processor.Processor
	chain.Shard
	id  string
	end chain.End
}

const wholeRange = "340282366920938463463374607431768211455"

func newFleet(t *testing.T, shards int) *fleet {
	t.Helper()
	f := &fleet{
		t: t, env: &chaintest.Env{Time: noon}, bucket: &chaintest.Bucket{}, whole: model.New(model.DefaultParams()),
		ended: map[string]bool{}, gone: map[string]bool{}, step: time.Second,
	}
	f.route = func(session string) *shard {
		n, _ := strconv.Atoi(session[1:])
		return f.shards[n%shards]
	}
	for i := range shards {
		f.shards = append(f.shards, f.open(fmt.Sprintf("shardId-%012d", i), chain.Bookmark{}))
	}
	return f
}

// open begins a term of a shard with the whole hash range.
func (f *fleet) open(id string, at chain.Bookmark) *shard {
	f.t.Helper()
	return f.openShard(chain.Shard{ID: id, StartingHashKey: "0", EndingHashKey: wholeRange}, at)
}

// openShard begins a term of a shard.
func (f *fleet) openShard(of chain.Shard, at chain.Bookmark) *shard {
	f.t.Helper()
	s := &shard{Shard: of, id: of.ID, end: chain.End{Last: at.Last, Hour: at.Hour}}
	s.Processor = processor.New(processor.Config{Layout: layout, Merged: f.merged, FirstAge: time.Hour, MaxAge: time.Hour, StateRows: 5}, f.env, f.bucket, processor.Shard{
		Shard: of, LeaseCounter: 1, Bookmark: at,
	}, func(_ context.Context, end chain.End) error {
		s.end = end
		return nil
	}, f)
	if _, err := s.Open(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	return s
}

// reopen begins a new term of every shard, with editions from now on.
func (f *fleet) reopen(merged processor.Editions) {
	f.merged = merged
	for i, s := range f.shards {
		f.shards[i] = f.open(s.id, chain.Bookmark{Last: s.end.Last, Hour: s.end.Hour})
	}
}

// Processed implements processor.Observer.
func (f *fleet) Processed(_ string, row *table.Row) {
	list := []string{}
	for _, r := range row.Recommendations {
		list = append(list, r.ProductCode)
	}
	f.got = append(f.got, list)
}

// Committed implements processor.Observer.
func (f *fleet) Committed(string, chain.Batch, time.Duration) {}

// put gives the next records to the processors of their sessions and to the whole model. Each arrives a step after the one before.
func (f *fleet) put(records int) {
	f.t.Helper()
	for range records {
		f.n++
		n := f.n
		session, item, kind := n/4%37, (n/4*7+n%4)%41, model.EventType(n%5/4)
		if f.rng != nil {
			session, item, kind = f.rng.IntN(37), f.rng.IntN(41), model.EventType(f.rng.IntN(3))
		}
		arrival := noon.Add(time.Duration(n) * f.step)
		_ = f.env.Sleep(f.t.Context(), arrival.Sub(f.env.Now()))
		r := event.Record{
			SequenceNumber: fmt.Sprintf("49%054d", n), PartitionKey: fmt.Sprint("s", session), Arrival: arrival,
			Data: fmt.Appendf(nil, `{"session_id":"s%d","customer_number":%d,"browse_history":[{"product_code":"p%d","event":%q,"category":"c%d"},{"product_code":"p%d"}]}`,
				session, session, item, kind, item%5, item),
		}
		if err := f.route(fmt.Sprint("s", session)).Process(f.t.Context(), []event.Record{r}); err != nil {
			f.t.Fatal(err)
		}
		f.whole.Observe(nil, model.Record{Session: fmt.Sprint("s", session), ArrivalMs: arrival.UnixMilli(), Items: []model.Interaction{
			{Item: fmt.Sprint("p", item), Type: kind, Category: fmt.Sprint("c", item%5)}, {Item: fmt.Sprint("p", item)},
		}})
		list := []string{}
		for _, s := range f.whole.Recommend(nil, fmt.Sprint("s", session), 20) {
			list = append(list, s.Item)
		}
		f.lists = append(f.lists, list)
	}
}

func (f *fleet) drain() {
	f.t.Helper()
	for _, s := range f.shards {
		if err := s.Drain(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
	}
}

// Shards implements follow.Fleet.
func (f *fleet) Shards() (rows []follow.Shard, at time.Time) {
	for _, s := range f.shards {
		switch {
		case f.gone[s.id]:
		case f.ended[s.id]:
			rows = append(rows, follow.Shard{ID: s.id, Ended: true})
		default:
			rows = append(rows, follow.Shard{ID: s.id, Bookmark: chain.Bookmark{Last: s.end.Last, Hour: s.end.Hour}})
		}
	}
	return rows, f.env.Wall()
}

// Reached implements follow.Fleet.
func (f *fleet) Reached() int64 {
	if f.reached > 0 {
		return f.reached
	}
	return f.env.Wall().UnixMilli()
}

// Keeper implements follow.Fleet.
func (f *fleet) Keeper() bool { return true }

// follower returns one that has been opened.
func (f *fleet) follower(cfg follow.Config) *follow.Follower {
	f.t.Helper()
	cfg.Layout, cfg.Model = layout, model.DefaultParams()
	w := follow.New(cfg, f.env, f.bucket)
	rows, at := f.Shards()
	if err := w.Open(f.t.Context(), rows, at); err != nil {
		f.t.Fatal(err)
	}
	return w
}

// replayed returns the facts with which a replay from an hour on begins.
func (f *fleet) replayed(from chain.Hour) []model.Fact {
	f.t.Helper()
	replay := follow.New(follow.Config{
		Layout: layout.With(layout.Map().Replace(from, 0, 2)), Model: model.DefaultParams(), Window: time.Second,
	}, f.env, f.bucket)
	if err := replay.Open(f.t.Context(), nil, f.env.Wall()); err != nil {
		f.t.Fatal(err)
	}
	return slices.Collect(replay.Latest().Facts())
}

func (f *fleet) follow(w *follow.Follower) {
	f.t.Helper()
	if err := w.Follow(f.t.Context(), f); err != nil {
		f.t.Fatal(err)
	}
}

// rounds puts, commits and merges again and again.
func (f *fleet) rounds(w *follow.Follower, n, records int) {
	f.t.Helper()
	for range n {
		f.put(records)
		f.drain()
		f.follow(w)
	}
}

// same compares the edition with the model that was given everything.
func (f *fleet) same(e *model.Edition) {
	f.t.Helper()
	got, want := slices.Collect(e.Facts()), slices.Collect(f.whole.Facts())
	if !slices.Equal(got, want) || len(want) == 0 {
		f.t.Fatalf("%d facts, want the %d of one model", len(got), len(want))
	}
	if got, want := slices.Collect(e.Labels()), slices.Collect(f.whole.Labels()); !slices.Equal(got, want) {
		f.t.Fatalf("labels %v, want %v", got, want)
	}
}

// lastObject returns the rows and the footer of a shard's newest link.
func lastObject(t *testing.T, f *fleet, id string) (rows []table.Row, keys map[string]string) {
	t.Helper()
	links := slices.DeleteFunc(f.bucket.Keys("events/gen=1/"), func(k string) bool { return !strings.Contains(k, id) })
	body, _, err := f.bucket.Get(t.Context(), links[len(links)-1])
	if err != nil {
		t.Fatal(err)
	}
	err = table.Read(t.Context(), bytes.NewReader(body), int64(len(body)), func(some []table.Row) error {
		rows = append(rows, some...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := table.ReadInfo(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	return rows, info.Keys
}

// seeds is how many random runs are made: a few where they take long.
func seeds(all uint64) uint64 {
	if testing.Short() {
		return 3
	}
	return all
}
