package replay_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
	"github.com/streamrec/streamrec/worker/replay"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hour12 = chain.HourOf(noon)
	layout = chain.Layout{Prefix: "events", Generation: 1}
	later  = layout.With(layout.Map().Replace(hour12+1, 0, 2)) // generation 2 from one o'clock on
)

// application is a log and a table.
type application struct {
	*testing.T
	bucket *chaintest.Bucket
	table  *leasetest.Table
	store  *leasetest.Store
}

func newApplication(t *testing.T) *application {
	table := leasetest.NewTable()
	return &application{T: t, bucket: &chaintest.Bucket{}, table: table, store: &leasetest.Store{Table: table}}
}

// source is what replays are drawn up from, late in the hour after two o'clock.
func (a *application) source() replay.Source {
	return replay.Source{Env: &chaintest.Env{Time: arrival(8)}, Bucket: a.bucket, Layout: layout, Stream: "clicks"}
}

func (a *application) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// seq is the sequence number of record i, which arrives 20 i minutes after noon: three in each hour.
func seq(i int) string { return strconv.Itoa(1000 + i) }

func arrival(i int) time.Time { return noon.Add(time.Duration(i) * 20 * time.Minute) }

func shard(id string, parents ...string) chain.Shard {
	return chain.Shard{ID: id, Parents: parents, StartingHashKey: "0", EndingHashKey: "9"}
}

// write continues a shard's chain with records, each a link of its own.
func (a *application) write(under chain.Layout, s chain.Shard, records ...int) *chain.Writer {
	a.Helper()
	w, err := chain.TakeOver(a.Context(), &chaintest.Env{Time: arrival(8)}, a.bucket, under, s, 1, chain.Bookmark{})
	a.must(err)
	for _, i := range records {
		_, err := w.Begin(a.Context(), seq(i), arrival(i))
		a.must(err)
		h := chain.NewHash(w.End().Hash)
		h.Add(seq(i), nil)
		a.must(w.Commit(a.Context(), &chain.Batch{
			First: seq(i), Last: seq(i), FirstArrival: arrival(i), LastArrival: arrival(i), Records: 1, Rows: 1, Hash: h.Sum(), Schema: 1, Body: []byte("0123456789"),
		}))
	}
	return w
}

func (a *application) end(w *chain.Writer) {
	a.Helper()
	_, err := w.Finish(a.Context(), nil)
	a.must(err)
}

// row adds a lease row.
func (a *application) row(s chain.Shard, at lease.Position) {
	a.table.Set(lease.Lease{Key: s.ID, Parents: s.Parents, StartingHashKey: s.StartingHashKey, EndingHashKey: s.EndingHashKey, Checkpoint: at})
}

// draft draws up a replay of what the table says.
func (a *application) draft(r replay.Request) *replay.Draft {
	a.Helper()
	rows, plan, err := a.store.Leases(a.Context())
	a.must(err)
	d, err := replay.Prepare(a.Context(), a.source(), rows, plan, r, nil)
	a.must(err)
	return d
}

func (a *application) operator() *lease.Operator {
	return lease.NewOperator(worker.System{}, a.store, time.Second, replay.Publish(a.source().Env, a.bucket, layout))
}

// plan writes the plan row.
func (a *application) plan(p lease.Plan) {
	a.Helper()
	now := a.table.Plan()
	a.must(a.store.WritePlan(a.Context(), &now, &p))
}

// stream is one whose pages hold one record, after one that is empty and not at the tip.
type stream struct {
	worker.Stream
	records map[string][]int
	closed  []string
}

// Time implements side.Origin.
func (stream) Time(context.Context) (time.Time, error) { return arrival(8), nil }

// Iterator implements worker.Stream.
func (s stream) Iterator(_ context.Context, shard string, at lease.Position) (string, error) {
	if s.records[shard] == nil {
		return "", worker.ErrShardGone
	}
	skip := 0
	switch at.Type {
	case lease.TrimHorizon:
	case lease.AfterSequenceNumber:
		for _, i := range s.records[shard] {
			if chain.Compare(seq(i), at.Value) <= 0 {
				skip++
			}
		}
		skip++ // the empty page
	default:
		return "", fmt.Errorf("iterator at %s", at)
	}
	return fmt.Sprintf("%s %d", shard, skip), nil
}

// Read implements worker.Stream.
func (s stream) Read(_ context.Context, iterator string, _ int32) (p worker.Page, err error) {
	var shard string
	var page int
	if _, err := fmt.Sscanf(iterator, "%s %d", &shard, &page); err != nil {
		return p, err
	}
	records := s.records[shard]
	if page < len(records) || !slices.Contains(s.closed, shard) {
		p.Next = fmt.Sprintf("%s %d", shard, page+1)
	}
	if page > 0 && page <= len(records) {
		i := records[page-1]
		p.Records = []worker.Record{{SequenceNumber: seq(i), Arrival: arrival(i)}}
	}
	p.MillisBehindLatest = int64(max(len(records)-page, 0))
	return p, nil
}
