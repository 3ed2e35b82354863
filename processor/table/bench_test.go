//go:build unix

package table

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

func BenchmarkWriter(b *testing.B) {
	codec, err := NewCodec(1)
	if err != nil {
		b.Fatal(err)
	}
	for _, recommendations := range []int{0, 20} {
		for _, batch := range []int{10, 1000} {
			b.Run(fmt.Sprintf("recommendations=%d/append=%d", recommendations, batch), func(b *testing.B) {
				rows := newCatalog(6).rows(20_000, recommendations)
				w, err := NewWriter(Options{Codec: codec})
				if err != nil {
					b.Fatal(err)
				}
				runtime.GC()
				b.ReportAllocs()
				var size, n int
				start := cpuTime()
				for b.Loop() {
					for i := 0; i < len(rows); i += batch {
						if err := w.Append(rows[i : i+batch]); err != nil {
							b.Fatal(err)
						}
					}
					file, err := w.Close(nil)
					if err != nil {
						b.Fatal(err)
					}
					w.Reset()
					size, n = len(file), n+len(rows)
				}
				b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(n), "cpu-ns/row")
				b.ReportMetric(float64(size)/float64(len(rows)), "B/row")
			})
		}
	}
}

// cpuTime is what the process has used of all cores: unlike wall time it does not count what other programs take.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkRead(b *testing.B) {
	rows := newCatalog(6).rows(20_000, 20)
	file := writeFile(b, Options{}, rows, nil)
	src, size := bytes.NewReader(file), int64(len(file))
	for _, bench := range []struct {
		name string
		read func(n *int) error
	}{
		{"rows", func(n *int) error {
			return Read(b.Context(), src, size, func(r []Row) error { *n += len(r); return nil })
		}},
		{"facts", func(n *int) error {
			return ReadFacts(b.Context(), src, size, func(f []Fact) error { *n += len(f); return nil })
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			n, start := 0, cpuTime()
			for b.Loop() {
				if err := bench.read(&n); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(n), "cpu-ns/row")
		})
	}
}

// BenchmarkPipeline decodes, converts and writes: all that a record costs but for the model and the network.
func BenchmarkPipeline(b *testing.B) {
	c := newCatalog(6)
	var records []event.Record
	for range 10_000 {
		v := newVisitor(c.rng)
		records = append(records, event.Record{
			SequenceNumber: fmt.Sprintf("495903382714902566085596925383615710959%017d", c.rng.Uint32()),
			PartitionKey:   v.session, Arrival: c.arrival,
			Data: fmt.Appendf(nil, `{"session_id":"%s","customer_number":%d,"city":"%s","country":"Sweden","credit_limit":%d,`+
				`"browse_history":[{"product_code":"%s","quantity":"2","in_shopping_cart":true},`+
				`{"product_code":"%s","quantity":"1","in_shopping_cart":false}]}`,
				v.session, c.rng.IntN(1_000_000), v.city, c.rng.IntN(100_000), c.product(), c.product()),
		})
	}
	codec, err := NewCodec(1)
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewWriter(Options{Codec: codec})
	if err != nil {
		b.Fatal(err)
	}
	d := event.NewDecoder(event.Options{})
	var events []event.Event
	var rows []Row
	b.ReportAllocs()
	n, start := 0, cpuTime()
	for b.Loop() {
		for i := range records {
			events = d.Decode(events[:0], records[i])
			rows = slices.Grow(rows[:0], len(events))[:len(events)]
			for j := range events {
				FromEvent(&rows[j], "shardId-000000000003", &records[i], &events[j])
			}
			if err := w.Append(rows); err != nil {
				b.Fatal(err)
			}
			n += len(events)
		}
		if _, err := w.Close(nil); err != nil {
			b.Fatal(err)
		}
		w.Reset()
	}
	b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(n), "cpu-ns/event")
}
