//go:build unix

package audit_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// endless is a bucket that holds one long open chain, whose objects are made when they are asked for, so that the benchmark measures the
// audit and not the memory of a bucket.
type endless struct {
	chain.Bucket
	links   int
	records int // per link
	body    []byte
	marks   map[string][]byte
}

func sequence(i int) string { return fmt.Sprintf("49590338271490256608559692538%027d", i+1) }

// link describes link i of the chain.
func (e *endless) link(i int) *chain.Link {
	l := &chain.Link{
		Shard: "shardId-000000000000", Generation: 1, First: sequence(i * e.records), Last: sequence((i+1)*e.records - 1), Hour: chain.HourOf(noon) + chain.Hour(i/60),
		Records: int64(e.records), Rows: int64(e.records), TotalRecords: int64((i + 1) * e.records), TotalRows: int64((i + 1) * e.records),
		Hash: hex.EncodeToString([]byte(fmt.Sprintf("%016d", i))), LastArrival: (chain.HourOf(noon) + chain.Hour(i/60)).Time(), Schema: 1,
	}
	if i > 0 {
		l.Prev = sequence(i*e.records - 1)
	}
	return l
}

func (e *endless) Head(_ context.Context, key string) (chain.Object, error) {
	n, err := strconv.Atoi(key[len(key)-len(".parquet")-20 : len(key)-len(".parquet")])
	if err != nil {
		return chain.Object{}, err
	}
	return chain.Object{Key: key, Size: int64(len(e.body)), Metadata: e.link((n - 1) / e.records).Metadata()}, nil
}

func (e *endless) Get(_ context.Context, key string) ([]byte, chain.Object, error) {
	if body, ok := e.marks[key]; ok {
		return body, chain.Object{}, nil
	}
	return e.body, chain.Object{}, nil
}

func (e *endless) List(_ context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		if prefix == layout.MarksPrefix() {
			for _, key := range slices.Sorted(maps.Keys(e.marks)) {
				if !yield(chain.Object{Key: key}, nil) {
					return
				}
			}
			return
		}
		for i := range e.links {
			l := e.link(i)
			key, err := layout.LinkKey(l.Hour, l.Shard, l.First)
			if !yield(chain.Object{Key: key}, err) {
				return
			}
		}
	}
}

// newEndless returns a chain with as many links.
func newEndless(b *testing.B, links, records int) *endless {
	b.Helper()
	w := newWorld(b, 1)
	s := w.shard("0", last)
	s.records = []event.Record{{SequenceNumber: sequence(0), Arrival: noon}}
	w.open(b, s)
	_, err := s.writer.Begin(b.Context(), sequence(0), noon)
	must(b, err)
	e := &endless{links: links, records: records, marks: map[string][]byte{}}
	for _, key := range w.bucket.Keys(layout.MarksPrefix()) {
		e.marks[key], _ = w.object(b, key)
	}
	return e
}

func BenchmarkLinks(b *testing.B) {
	const links = 100_000
	e := newEndless(b, links, 1000)
	o := audit.Options{Env: newWorld(b, 1).env, Bucket: e, Layout: layout, SkipRows: true}
	b.ReportAllocs()
	start := now()
	for b.Loop() {
		r := run(b, o)
		requireClean(b, r)
		if r.Totals.Links != links {
			b.Fatalf("%d links", r.Totals.Links)
		}
	}
	reportRate(b, "link", links*b.N, start)
}

func BenchmarkRows(b *testing.B) {
	const records = 100_000
	e := newEndless(b, 1, records)
	w := newWorld(b, 1)
	arrival := e.link(0).LastArrival
	all := make([]table.Row, records)
	for i := range all {
		all[i] = table.Row{ShardID: "shardId-000000000000", SequenceNumber: sequence(i), PartitionKey: "p", ArrivalTime: arrival}
		for j := range 20 {
			all[i].Recommendations = append(all[i].Recommendations, table.Recommendation{ProductCode: fmt.Sprintf("P%d", (i*j)%997), Score: float64(i % 13)})
		}
	}
	e.body = w.encode(b, all, nil)
	var acks []audit.Ack
	for i := range all {
		acks = append(acks, audit.Ack{Shard: "shardId-000000000000", Sequence: sequence(i)})
	}
	for _, c := range []struct {
		name string
		acks iter.Seq2[audit.Ack, error]
	}{{"rows", nil}, {"rows and acknowledgements", each(acks)}} {
		b.Run(c.name, func(b *testing.B) {
			o := audit.Options{Env: w.env, Bucket: e, Layout: layout, Acks: c.acks}
			b.ReportAllocs()
			start := now()
			for b.Loop() {
				r := run(b, o)
				requireClean(b, r)
				if r.Totals.Read.Rows != records {
					b.Fatalf("%d rows", r.Totals.Read.Rows)
				}
			}
			reportRate(b, "row", records*b.N, start)
		})
	}
}

// instant is a moment by the wall and by what the process has used of all cores, which other programs do not slow down.
type instant struct {
	wall time.Time
	cpu  time.Duration
}

func now() instant {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return instant{time.Now(), time.Duration(u.Utime.Nano() + u.Stime.Nano())}
}

func reportRate(b *testing.B, what string, n int, start instant) {
	b.Helper()
	end := now()
	b.ReportMetric(float64(n)/end.wall.Sub(start.wall).Seconds(), what+"s/s")
	b.ReportMetric(float64((end.cpu-start.cpu).Nanoseconds())/float64(n), "cpu-ns/"+what)
}
