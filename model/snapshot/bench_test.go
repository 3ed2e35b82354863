package snapshot

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/cputime"
)

// large is a state of n facts in visits of four, of n/10 items, with a label for each item.
type large int

func (large) Floor() model.Floor { return model.Floor{} }

func (n large) items() uint32 { return max(uint32(n)/10, 1) }

func (n large) Facts() iter.Seq[model.Fact] {
	return func(yield func(model.Fact) bool) {
		ms, item := int64(1_700_000_000_000), uint32(1)
		for i := range int(n) {
			item = item*1664525 + 1013904223
			ms += int64(item >> 27)
			visit := i / 4
			f := model.Fact{
				Session: fmt.Sprintf("%08x-%08x", uint32(visit)*2654435761, visit), Visit: uint32((ms - int64(i%4)*16) / 1000 / 64 * 64),
				Item: fmt.Sprintf("item-%07d", item%n.items()), Touch: model.TouchAt(ms), Type: model.EventType(i % 20 / 19),
			}
			if !yield(f) {
				return
			}
		}
	}
}

func (n large) Labels() iter.Seq[model.ItemLabel] {
	return func(yield func(model.ItemLabel) bool) {
		for i := range n.items() {
			l := model.Label{Category: i % 1000 * 2654435761, Brand: uint16(i % 50)}
			if !yield(model.ItemLabel{Item: fmt.Sprintf("item-%07d", i), Touch: model.TouchAt(1_700_000_000_000), Label: l}) {
				return
			}
		}
	}
}

// sizes are few facts where a benchmark is to show no more than that it works.
func sizes() []large {
	if testing.Short() {
		return []large{10_000}
	}
	return []large{1_000_000, 10_000_000}
}

// BenchmarkWrite includes making up the facts.
func BenchmarkWrite(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprint(int(n)), func(b *testing.B) {
			written, cpu := int64(0), cpuTime(b)
			for b.Loop() {
				c := &counter{}
				if err := Write(c, n, Header{}); err != nil {
					b.Fatal(err)
				}
				written = c.n
			}
			b.ReportMetric(float64(written)/float64(n), "B/fact")
			b.ReportMetric(float64(n)*float64(b.N)/cpu().Seconds(), "facts/CPU-s")
		})
	}
}

// cpuTime returns what tells the CPU time since.
func cpuTime(b *testing.B) func() time.Duration {
	runtime.LockOSThread()
	b.Cleanup(runtime.UnlockOSThread)
	start := cputime.Thread()
	return func() time.Duration { return cputime.Thread() - start }
}

// BenchmarkRestore reads a snapshot into a Merged.
func BenchmarkRestore(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprint(int(n)), func(b *testing.B) {
			var data bytes.Buffer
			if err := Write(&data, n, Header{}); err != nil {
				b.Fatal(err)
			}
			cpu := cpuTime(b)
			for b.Loop() {
				m := model.NewMerged(model.DefaultParams())
				if _, err := Read(bytes.NewReader(data.Bytes()), m); err != nil {
					b.Fatal(err)
				}
				if got := m.Stats().Facts; got < int(n)*9/10 {
					b.Fatalf("%d of %d facts are kept", got, n)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/cpu().Seconds(), "facts/CPU-s")
		})
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)
