package model

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

const benchFacts = 3_000_000

// large is a model of benchFacts facts, made once, with the records that come next and what the model cost.
var large = sync.OnceValue(func() (l struct {
	model       *Model
	world       *world
	bytes       uint64
	perUpdate   time.Duration
	updates     int
	updateQuant []time.Duration
}) {
	l.world = newWorld(1, 1000, 400)
	before := heap()
	l.model = New(DefaultParams())
	var act [1]Interaction
	var facts []Fact
	for l.model.index.facts < benchFacts {
		facts = l.model.Observe(facts[:0], l.world.next(act[:]))
	}
	l.bytes = heap() - before
	return l
})

func heap() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

func BenchmarkMemory(b *testing.B) {
	l := large()
	for b.Loop() {
	}
	b.ReportMetric(float64(l.bytes)/float64(l.model.index.facts), "B/fact")
	b.Logf("%+v", l.model.Stats())
}

func BenchmarkRecommend(b *testing.B) {
	l := large()
	sessions := openSessions(l.model)
	dst := make([]Scored, 0, 20)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took []time.Duration
	if cap(took) < 1<<20 {
		took = make([]time.Duration, 0, 1<<20)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		start := cpuTime()
		dst = l.model.Recommend(dst[:0], sessions[i%len(sessions)], 20)
		took = append(took, cpuTime()-start)
		i++
	}
	quantiles(b, took)
}

func quantiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Nanoseconds()) / 1000 }
	b.ReportMetric(at(.5), "p50-µs")
	b.ReportMetric(at(.99), "p99-µs")
	b.ReportMetric(at(.999), "p99.9-µs")
}

func openSessions(m *Model) []string {
	var s []string
	for i := m.visits.oldest; i > 0; i = m.visits.table.at(i - 1).next {
		s = append(s, m.visits.text(i-1))
	}
	return s
}

func BenchmarkObserve(b *testing.B) {
	l := large()
	var facts []Fact
	records := make([]Record, 200_000)
	for i := range records {
		records[i] = l.world.next(make([]Interaction, 1))
	}
	took := make([]time.Duration, 0, len(records))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i == len(records) {
			b.StopTimer()
			for i := range records {
				records[i] = l.world.next(make([]Interaction, 1))
			}
			i = 0
			b.StartTimer()
		}
		start := cpuTime()
		facts = l.model.Observe(facts[:0], records[i])
		took = append(took, cpuTime()-start)
		i++
	}
	quantiles(b, took)
}
