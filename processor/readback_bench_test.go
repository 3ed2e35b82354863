//go:build unix

package processor

import (
	"bytes"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// BenchmarkReadBack is the way of a row of the log through a shard that is replayed, at 3 million facts: what a CPU second of the process, garbage collection
// included, is enough for. Each line does what the one before does, and more: the rows are read; they are learnt from and written anew; they get lists of 20.
func BenchmarkReadBack(b *testing.B) {
	contents, err := newRows(Config{}.WithDefaults(), Shard{Shard: chain.Shard{ID: "shardId-000000000000", StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455"}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	c, w := contents.(*rows), newTraffic(1000)
	w.fill(c.model, 3_000_000)
	object := func() []byte {
		for range objectRows {
			r := w.record()
			if _, err := c.Add(&r); err != nil {
				b.Fatal(err)
			}
		}
		return c.sealed(b)
	}
	again := func(length int) func(body []byte) {
		return func(body []byte) {
			c.length = length
			if err := c.Again(b.Context(), body, func(*event.Record, int) error { return nil }); err != nil {
				b.Fatal(err)
			}
			c.sealed(b)
		}
	}
	read := func(body []byte) {
		var e event.Event
		err := table.Read(b.Context(), bytes.NewReader(body), int64(len(body)), func(rows []table.Input) (err error) {
			for i := range rows {
				if _, err = table.ToEvent(&e, &rows[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, bench := range []struct {
		name string
		do   func(body []byte)
	}{{"read", read}, {"learn", again(-1)}, {"recommend", again(20)}} {
		b.Run(bench.name, func(b *testing.B) {
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				c.length = 20
				body := object()
				b.StartTimer()
				since := cpuTime()
				bench.do(body)
				cpu += cpuTime() - since
			}
			b.ReportMetric(float64(b.N*objectRows)/cpu.Seconds(), "rows/CPU-s")
		})
	}
}

const objectRows = 20_000

func (c *rows) sealed(b *testing.B) []byte {
	body, err := c.Seal(map[string]string{})
	if err != nil {
		b.Fatal(err)
	}
	c.Reset()
	return body
}
