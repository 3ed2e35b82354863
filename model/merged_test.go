package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// shards are the models of a stream that is cut by hash key, each with an edition of what all have made.
type shards struct {
	params Params
	rng    *rand.Rand
	merged *Merged
	models []*Model
	bounds []uint64 // the first hash key of each model's range
}

func newShards(p Params, n int, seed uint64) *shards {
	s := &shards{params: p, rng: rand.New(rand.NewPCG(seed, 11)), merged: NewMerged(p)}
	for i := range n {
		s.models = append(s.models, New(p))
		s.bounds = append(s.bounds, uint64(i)*(^uint64(0)/uint64(n)))
	}
	return s
}

// of returns the position of the shard that owns a hash key.
func (s *shards) of(key uint64) int {
	at, found := slices.BinarySearch(s.bounds, key)
	if !found {
		at--
	}
	return at
}

// observe lets the shard of a record learn it, seeing all that was made before, merges what it makes, and returns the
// shard, which sees everything.
func (s *shards) observe(r Record) *Model {
	m := s.models[s.of(r.HashKey[0])]
	m.Adopt(s.merged.Latest())
	for _, f := range m.Observe(nil, r) {
		s.merged.Add(f)
	}
	m.Adopt(s.merged.Publish())
	return m
}

// reshard splits a shard or merges two neighbours. Children take over the open visits and nothing else.
func (s *shards) reshard() {
	at := s.rng.IntN(len(s.models))
	if s.rng.IntN(2) == 0 || at == 0 {
		s.split(at)
		return
	}
	child := New(s.params)
	reopen(child, s.models[at-1])
	reopen(child, s.models[at])
	s.models = slices.Replace(s.models, at-1, at+1, child)
	s.bounds = slices.Delete(s.bounds, at, at+1)
}

func (s *shards) split(at int) {
	end := ^uint64(0)
	if at+1 < len(s.bounds) {
		end = s.bounds[at+1]
	}
	middle := s.bounds[at] + (end-s.bounds[at])/2
	low, high := New(s.params), New(s.params)
	for v := range s.models[at].Visits() {
		if v.HashKey[0] < middle {
			low.Reopen(v)
		} else {
			high.Reopen(v)
		}
	}
	s.models = slices.Replace(s.models, at, at+1, low, high)
	s.bounds = slices.Insert(s.bounds, at+1, middle)
}

// keyed gives the records the hash keys of their sessions.
func keyed(records []Record) []Record {
	for i := range records {
		h := uint64(fingerprint(fnvBasis, records[i].Session))
		records[i].HashKey[0] = h<<32 | h ^ h<<17
	}
	return records
}

// TestEditionsEqualUnsharded compares each list of 1 to 256 shards, which split and merge, with that of one model that
// sees all records. Editions are published after every record, so nothing is stale.
func TestEditionsEqualUnsharded(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for _, n := range []int{1, 4, 16, 64, 256} {
			records := keyed(newScribe(uint64(n)).records(300))
			whole, s := New(p), newShards(p, n, uint64(n))
			for i, r := range records {
				whole.Observe(nil, r)
				m := s.observe(r)
				same(t, fmt.Sprintf("%d shards, record %d", n, i), m.Recommend(nil, r.Session, 20), whole.Recommend(nil, r.Session, 20))
				if i%60 == 59 {
					compareState(t, m, whole)
				}
				if t.Failed() {
					t.FailNow()
				}
				if s.rng.IntN(12) == 0 {
					s.reshard()
				}
			}
		}
	})
}

// compareState compares what a model sees, and what it says of all items, with another one.
func compareState(t *testing.T, m, whole *Model) {
	t.Helper()
	x := m.sight()
	got := fmt.Sprint(slices.Collect(x.allFacts()), slices.Collect(x.allLabels()), x.floors())
	if want := state(whole); got != want {
		t.Errorf("sees\n%.1500s\nwant\n%.1500s", got, want)
	}
	checkIndex(t, x)
	for n := range 24 {
		item := fmt.Sprintf("i%d", n)
		same(t, "similar "+item, m.Similar(nil, item, 20), whole.Similar(nil, item, 20))
	}
}

// TestOwnFactsAreSeenAtOnce merges nothing, or late: what a model sees is the edition and all that it made itself.
func TestOwnFactsAreSeenAtOnce(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for seed := range uint64(6) {
			records := keyed(newScribe(seed).records(400))
			rng := rand.New(rand.NewPCG(seed, 3))
			own, other, want, merged := New(p), New(p), New(p), NewMerged(p)
			var late []Fact // made, not yet merged
			for i, r := range records {
				if r.HashKey[0]>>40&1 == 0 {
					late = other.Observe(late, r)
					continue
				}
				for _, f := range own.Observe(nil, r) {
					want.Add(f)
					late = append(late, f)
				}
				if rng.IntN(15) == 0 {
					n := rng.IntN(len(late) + 1)
					for _, f := range late[:n] {
						merged.Add(f)
						want.Add(f)
					}
					late = late[n:]
					own.Adopt(merged.Publish())
				}
				if i%20 == 0 && own.Adopted() != nil {
					compareState(t, own, want)
				}
				if t.Failed() {
					t.Fatalf("seed %d, record %d", seed, i)
				}
			}
			own.Adopt(nil)
			if own.Adopted() != nil || own.sight() != own.index {
				t.Error("a model without an edition recommends from one")
			}
		}
	})
}

// TestAdoptionInSteps: while an edition is on its way, a model sees the one before and all that it makes, and behind it the same as if it had adopted it at once;
// also when something else has been adopted meanwhile.
func TestAdoptionInSteps(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for seed := range uint64(6) {
			records := keyed(newScribe(seed + 70).records(400))
			rng := rand.New(rand.NewPCG(seed, 5))
			own, other, want, merged := New(p), New(p), New(p), NewMerged(p)
			var late, coming []Fact // made and not merged; merged, and in no edition that was adopted
			var a *Adoption
			completed, void := 0, 0
			for i, r := range records {
				if r.HashKey[0]>>40&1 == 0 {
					late = other.Observe(late, r)
					continue
				}
				for _, f := range own.Observe(nil, r) {
					want.Add(f)
					late = append(late, f)
				}
				switch n := rng.IntN(20); {
				case a == nil && n < 4:
					n := rng.IntN(len(late) + 1)
					coming = append(coming, late[:n]...)
					for _, f := range late[:n] {
						merged.Add(f)
					}
					late = late[n:]
					a = own.Prepare(merged.Publish())
				case a != nil && n == 0: // and what was on its way is of an edition that is older
					own.Adopt(merged.Publish())
					void++
				case a != nil && a.Step(1+rng.IntN(8)), a != nil && n == 1:
					own.Complete(a)
					a = nil
					completed++
				}
				if own.Adopted() == merged.Latest() {
					for _, f := range coming {
						want.Add(f)
					}
					coming = nil
				}
				if i%20 == 0 && own.Adopted() != nil {
					compareState(t, own, want)
				}
				if t.Failed() {
					t.Fatalf("seed %d, record %d", seed, i)
				}
			}
			if completed < 10 || void < 3 {
				t.Errorf("seed %d: %d editions were adopted in steps, %d times another one meanwhile", seed, completed, void)
			}
		}
	})
}

// TestJournalForgetsWhatIsMerged: what a model keeps in order to tell it anew is what the edition lacks.
func TestJournalForgetsWhatIsMerged(t *testing.T) {
	p := DefaultParams()
	m, merged := New(p), NewMerged(p)
	records := newScribe(4).records(300)
	var facts []Fact
	for _, r := range records[:100] {
		facts = m.Observe(facts, r)
	}
	m.Adopt(merged.Latest())
	if got := len(m.wide.journal); got != m.Stats().Facts || m.wide.seeded != got || len(m.wide.labels) == 0 {
		t.Errorf("%d of %d facts are in the journal, with %d labels", got, m.Stats().Facts, len(m.wide.labels))
	}
	for _, r := range records[100:] {
		facts = m.Observe(facts, r)
	}
	half := len(facts) / 2
	for _, f := range facts[:half] {
		merged.Add(f)
	}
	m.Adopt(merged.Publish())
	if got := len(m.wide.journal); got == 0 || got > len(facts)-half || len(m.wide.labels) > 0 {
		t.Errorf("%d facts are in the journal with %d labels, %d were not merged", got, len(m.wide.labels), len(facts)-half)
	}
	for _, f := range facts[half:] {
		merged.Add(f)
	}
	m.Adopt(merged.Publish())
	if got := len(m.wide.journal); got > 0 {
		t.Errorf("%d facts are in the journal, all are merged", got)
	}
	m.Adopt(NewMerged(p).Latest()) // of another origin, which knows nothing
	if got := len(m.wide.journal); got != m.Stats().Facts {
		t.Errorf("%d facts are in the journal, want all %d", got, m.Stats().Facts)
	}
}

// TestEditionsDoNotChange publishes, goes on, and looks at the old editions again, also through models that write to
// forks of them.
func TestEditionsDoNotChange(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		merged := NewMerged(p)
		var editions []*Edition
		var states []string
		for step, r := range newScribe(8).records(600) {
			m := New(p)
			for _, f := range m.Observe(nil, r) {
				merged.Add(f)
			}
			if step%40 == 0 {
				e := merged.Publish()
				editions, states = append(editions, e), append(states, seen(e))
			}
			if len(editions) > 2 {
				m.Adopt(editions[step%len(editions)])
				m.Observe(nil, Record{Session: "writer", ArrivalMs: r.ArrivalMs, Items: act("i1", "i2", "new item", "i3")})
			}
		}
		for i, e := range editions {
			if got := seen(e); got != states[i] {
				t.Fatalf("edition %d was\n%.1000s\nis\n%.1000s", i, states[i], got)
			}
		}
	})
}

func seen(e *Edition) string {
	return fmt.Sprint(slices.Collect(e.Facts()), slices.Collect(e.Labels()), e.Floor())
}

// TestEditionsAreReadWhileMore is merged: for the race detector. Readers adopt, observe and recommend on editions while
// the next ones are made.
func TestEditionsAreReadWhileMoreIsMerged(t *testing.T) {
	merged := NewMerged(tight())
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for n := range 3 {
		readers.Go(func() {
			m, s := New(tight()), newScribe(uint64(n+50))
			for step := 0; ; step++ {
				select {
				case <-stop:
					return
				default:
				}
				m.Adopt(merged.Latest())
				r := s.record()
				m.Observe(nil, r)
				m.Recommend(nil, r.Session, 20)
				if step%50 == 0 {
					seen(m.Adopted())
				}
			}
		})
	}
	writer := New(tight())
	for i, r := range newScribe(60).records(3000) {
		for _, f := range writer.Observe(nil, r) {
			merged.Add(f)
		}
		if i%10 == 0 {
			merged.Publish()
		}
	}
	close(stop)
	readers.Wait()
}

func TestMarks(t *testing.T) {
	merged := NewMerged(DefaultParams())
	merged.Note("b", Mark{Link: "b-7", ThroughMs: noon - 300})
	merged.Note("a", Mark{Link: "a-1", ThroughMs: noon - 50})
	if e := merged.Latest(); e.StaleMs(noon) != 0 {
		t.Error("marks are seen before they are published")
	}
	e := merged.Publish()
	got := ""
	for source, m := range e.Marks() {
		got += fmt.Sprint(source, m)
	}
	if want := fmt.Sprint("a", Mark{"a-1", noon - 50}, "b", Mark{"b-7", noon - 300}); got != want || e.StaleMs(noon) != 300 || e.StaleMs(noon-400) != 0 {
		t.Errorf("marks are %s, stale by %d", got, e.StaleMs(noon))
	}
	merged.Drop("b")
	if later := merged.Publish(); later.StaleMs(noon) != 50 || e.StaleMs(noon) != 300 {
		t.Errorf("stale by %d and %d", later.StaleMs(noon), e.StaleMs(noon))
	}
	for range e.Marks() {
		break
	}
}

// TestVisitsKeepTheirTypesAcrossShards: a visit moves to another shard, where the fact of its item is known from the
// edition alone.
func TestVisitsKeepTheirTypesAcrossShards(t *testing.T) {
	p := DefaultParams()
	parent, child, merged := New(p), New(p), NewMerged(p)
	for _, f := range parent.Observe(nil, Record{Session: "s", ArrivalMs: noon, Items: act("a")}) {
		merged.Add(f)
	}
	reopen(child, parent)
	child.Adopt(merged.Publish())
	facts := child.Observe(nil, Record{Session: "s", ArrivalMs: noon + 5000, Items: []Interaction{{Item: "a", Type: Purchase}}})
	if want := "a.0.purchase"; made1(facts) != want || facts[0].Touch != TouchAt(noon) {
		t.Errorf("made %v, want %s at the first touch", facts, want)
	}
}

// TestLabelOfARefusedFactIsNews: a fact may be too old for its item's list and yet be the only one that says what the item is. Others are told it, and the
// model knows it across editions that lack it.
func TestLabelOfARefusedFactIsNews(t *testing.T) {
	p := tight()
	crowd := func(m *Model) (facts []Fact) {
		for n := range p.PerItem {
			facts = m.Observe(facts, Record{Session: fmt.Sprint("newer ", n), ArrivalMs: noon + int64(n), Items: act("a")})
		}
		return facts
	}
	late := Record{Session: "late", ArrivalMs: noon - 1000, Items: []Interaction{{Item: "a", Category: "shoes"}}}
	labelled := func(x *index) bool { return x.labelOf(x.items.lookup("a")) == LabelOf("shoes", "") }

	alone := New(p)
	crowd(alone)
	if facts := alone.Observe(nil, late); len(facts) != 1 || !labelled(alone.index) {
		t.Errorf("a model without edition tells %v, and has the label: %t", facts, labelled(alone.index))
	}

	merged, own := NewMerged(p), New(p)
	for _, f := range crowd(New(p)) {
		merged.Add(f)
	}
	own.Adopt(merged.Publish())
	told := own.Observe(nil, late)
	own.Adopt(merged.Publish())
	if !labelled(own.sight()) {
		t.Error("the label is gone with an edition that lacks the fact")
	}
	for _, f := range told {
		merged.Add(f)
	}
	own.Adopt(merged.Publish())
	if len(own.wide.journal) > 0 || !labelled(own.sight()) {
		t.Errorf("with an edition that has it %d facts are in the journal, and the model has the label: %t", len(own.wide.journal), labelled(own.sight()))
	}
}
