package model

import (
	"runtime"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model/cputime"
)

// BenchmarkProcess is what a process of 16 shards has in memory and does about editions: a Merged of 3 million facts, and
// 16 models that are shed, make 30,000 facts between two editions, which the Merged is told, and adopt each.
func BenchmarkProcess(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := large()
	before := heap()
	merged := NewMerged(DefaultParams())
	for f := range l.model.Facts() {
		merged.Add(f)
	}
	for label := range l.model.Labels() {
		merged.AddLabel(label)
	}
	facts := float64(merged.Stats().Facts)
	b.Logf("%.1f B/fact in the Merged", float64(heap()-before)/facts)
	models := make([]*Model, 16)
	for at := range models {
		models[at] = New(DefaultParams())
	}
	act := make([]Interaction, 1)
	var made []Fact
	var publish, adopt, observe, add time.Duration
	records := 0
	spent := func(sum *time.Duration, f func()) {
		start := cputime.Thread()
		f()
		*sum += cputime.Thread() - start
	}
	for b.Loop() {
		spent(&publish, func() { merged.Publish() })
		spent(&adopt, func() {
			for _, m := range models {
				m.Adopt(merged.Latest())
				m.Shed()
			}
		})
		made = made[:0]
		for len(made) < 30_000 {
			r := l.world.next(act)
			m := models[fingerprint(fnvBasis, r.Session)%uint32(len(models))]
			spent(&observe, func() { made = m.Observe(made, r) })
			records++
		}
		spent(&add, func() {
			for _, f := range made {
				merged.Add(f)
			}
		})
	}
	n := float64(b.N)
	made = nil
	b.ReportMetric(publish.Seconds()*1000/n, "ms/publish")
	b.ReportMetric(adopt.Seconds()*1000/n, "ms/16-adopts")
	b.ReportMetric(float64(observe.Microseconds())/float64(records), "µs/record")
	b.ReportMetric(float64(add.Microseconds())/n/30_000, "µs/fact-merged")
	b.ReportMetric(float64(heap()-before)/facts, "B/fact")
	runtime.KeepAlive(models)
}
