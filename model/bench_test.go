package model

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model/cputime"
)

// benchSize is a number of facts, or so few that a benchmark shows no more than that it works.
func benchSize(facts int) int {
	if testing.Short() {
		return facts / 100
	}
	return facts
}

const benchFacts = 3_000_000

// large is a model of benchFacts facts of a shop with 400,000 items, made once, with the records that come next.
var large = sync.OnceValue(func() (l struct {
	model *Model
	world *world
},
) {
	l.world = newWorld(1, 1000, 400)
	l.model = New(DefaultParams())
	var act [1]Interaction
	var facts []Fact
	for l.model.index.facts < benchSize(benchFacts) {
		facts = l.model.Observe(facts[:0], l.world.next(act[:]))
	}
	return l
})

// BenchmarkRecommend asks for open sessions in turn.
func BenchmarkRecommend(b *testing.B) {
	m := large().model
	sessions := openSessions(m)
	dst := make([]Scored, 0, 20)
	i := 0
	measure(b, func() {
		dst = m.Recommend(dst[:0], sessions[i%len(sessions)], 20)
		i++
	})
}

// BenchmarkRecommendFirst asks for a session that has touched nothing.
func BenchmarkRecommendFirst(b *testing.B) {
	m := large().model
	dst := make([]Scored, 0, 20)
	measure(b, func() { dst = m.RecommendItems(dst[:0], nil, 20) })
}

// BenchmarkObserve feeds records of one step.
func BenchmarkObserve(b *testing.B) {
	l := large()
	records := make([]Record, 100_000)
	var facts []Fact
	i := len(records)
	measure(b, func() {
		if i == len(records) {
			b.StopTimer()
			for k := range records {
				records[k] = l.world.next(make([]Interaction, 1))
			}
			i = 0
			b.StartTimer()
		}
		facts = l.model.Observe(facts[:0], records[i])
		i++
	})
}

// BenchmarkObserveMerged feeds records of one step to the model of a shard which recommends from what all shards have learnt, as those of a worker do: it
// has shed its own facts and adopts an edition with them every 10,000 records.
func BenchmarkObserveMerged(b *testing.B) {
	w, g := newWorld(1, 100, 400), NewMerged(DefaultParams())
	m := New(DefaultParams())
	var act [1]Interaction
	var facts []Fact
	publish := func() {
		for _, f := range facts {
			g.Add(f)
		}
		facts = facts[:0]
		m.Adopt(g.Publish())
		m.Shed()
	}
	for g.index.facts < benchSize(benchFacts/10) {
		if facts = m.Observe(facts, w.next(act[:])); len(facts) >= 100_000 {
			publish()
		}
	}
	records := make([]Record, 10_000)
	i := len(records)
	measure(b, func() {
		if i == len(records) {
			b.StopTimer()
			for k := range records {
				records[k] = w.next(make([]Interaction, 1))
			}
			publish()
			i = 0
			b.StartTimer()
		}
		facts = m.Observe(facts, records[i])
		i++
	})
}

// measure runs f and reports the CPU time of single calls. The benchmark's own ns/op is wall time.
func measure(b *testing.B, f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	idle := clockCost()
	took := make([]time.Duration, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		start := cputime.Thread()
		f()
		if d := cputime.Thread() - start; len(took) < cap(took) {
			took = append(took, max(0, d-idle))
		}
	}
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Nanoseconds()) / 1000 }
	b.ReportMetric(at(.5), "p50-µs")
	b.ReportMetric(at(.99), "p99-µs")
	b.ReportMetric(at(.999), "p99.9-µs")
}

// clockCost returns what reading the clock takes.
func clockCost() time.Duration {
	took := make([]time.Duration, 1001)
	for i := range took {
		start := cputime.Thread()
		took[i] = cputime.Thread() - start
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func openSessions(m *Model) []string {
	var s []string
	for i := m.visits.oldest; i > 0; i = m.visits.table.at(i - 1).next {
		s = append(s, m.index.sessions.text(m.visits.table.at(i-1).session))
	}
	return s
}

// BenchmarkMemory reports what a fact costs, of sessions that are over, and what an open session adds.
func BenchmarkMemory(b *testing.B) {
	for _, shop := range []struct {
		name              string
		categories, items int
	}{{"400k-items", 1000, 400}, {"20k-items", 100, 200}} {
		b.Run(shop.name, func(b *testing.B) {
			for b.Loop() {
				before := heap()
				m := New(DefaultParams())
				w := newWorld(1, shop.categories, shop.items)
				var act [1]Interaction
				var facts []Fact
				for range benchSize(benchFacts) {
					facts = m.Observe(facts[:0], w.next(act[:]))
				}
				with, open := heap()-before, m.visits.count
				m.visits.clock += 2 * m.params.SessionTTL.Milliseconds()
				m.expire()
				s := m.Stats()
				m.visits = visits{}
				without := heap() - before
				b.ReportMetric(float64(without)/float64(s.Facts), "B/fact")
				b.ReportMetric(float64(texts(m))/float64(s.Facts), "B/fact-of-ids")
				b.ReportMetric(float64(s.Facts)/float64(s.Items), "facts/item")
				b.ReportMetric(float64(with-without)/float64(open), "B/open")
				b.ReportMetric(float64(s.Facts), "facts")
				runtime.KeepAlive(m)
			}
		})
	}
}

// texts returns the bytes that ids take.
func texts(m *Model) int {
	n := 0
	for _, live := range m.index.items.texts.live {
		n += int(live)
	}
	for _, live := range m.index.sessions.texts.live {
		n += int(live)
	}
	return n
}

// BenchmarkMerge restores a model from what another exports.
func BenchmarkMerge(b *testing.B) {
	from := New(DefaultParams())
	w := newWorld(2, 1000, 400)
	var act [1]Interaction
	var facts []Fact
	for from.index.facts < benchSize(500_000) {
		facts = from.Observe(facts[:0], w.next(act[:]))
	}
	for b.Loop() {
		New(DefaultParams()).Merge(from)
	}
	b.ReportMetric(float64(from.index.facts)*float64(b.N)/b.Elapsed().Seconds(), "facts/s")
}

func heap() uint64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkEditions publishes and adopts what 3 million facts are, and works on a fork of it: each first write to a page
// copies the page.
func BenchmarkEditions(b *testing.B) {
	l := large()
	merged := NewMerged(DefaultParams())
	merged.index = l.model.index.ownFork()
	m := New(DefaultParams())
	act := make([]Interaction, 1)
	var facts []Fact
	fresh := func(n int) {
		for range n {
			facts = m.Observe(facts[:0], l.world.next(act))
			for _, f := range facts {
				merged.Add(f)
			}
		}
	}
	b.Run("publish", func(b *testing.B) {
		for b.Loop() {
			fresh(1000)
			merged.Publish()
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/fact-merged")
	})
	b.Run("adopt", func(b *testing.B) {
		fresh(1000)
		for b.Loop() {
			m.Adopt(nil)
			m.wide = &wide{edition: merged.Publish(), index: merged.Latest().index.fork()}
		}
	})
	b.Run("memory-of-1000-facts", func(b *testing.B) {
		for b.Loop() {
			m = New(DefaultParams())
			m.Adopt(merged.Publish())
			before := heap()
			for range 1000 {
				facts = m.Observe(facts[:0], l.world.next(act))
			}
			b.ReportMetric(float64(heap()-before)/1e6, "MB")
			runtime.KeepAlive(m)
		}
	})
	b.Run("observe", func(b *testing.B) { measure(b, func() { facts = m.Observe(facts[:0], l.world.next(act)) }) })
	sessions := openSessions(m)
	i := 0
	var dst []Scored
	b.Run("recommend", func(b *testing.B) {
		measure(b, func() { dst = m.Recommend(dst[:0], sessions[i%len(sessions)], 20); i++ })
	})
}

// ownFork returns an index that shares no page with the original in the future.
func (x *index) ownFork() *index {
	x.share()
	return x.fork()
}
