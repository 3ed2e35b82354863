package model

import (
	"iter"
	"maps"
	"slices"
	"sync/atomic"
)

// Merged is what all shards of a stream have learnt, as far as it is known here. One goroutine adds what it reads from
// the logs of the shards and publishes it now and then; models [Model.Adopt] what is published. Nobody ever waits: a
// published [Edition] does not change, and what is added later is written to copies of the pages that it touches.
//
// Facts and labels may be added in any order and repeatedly, also those of the shards whose models adopt the editions.
type Merged struct {
	index     *index
	marks     map[string]Mark
	version   uint64
	published atomic.Pointer[Edition]
}

// A Mark says how far the log of a source, such as a shard, is merged.
type Mark struct {
	Link      string // the last link of its log that is merged, as the log names it
	ThroughMs int64  // everything that it did about records that arrived until then is merged; milliseconds since 1970
}

// NewMerged returns a Merged that has published an empty Edition. It panics if the parameters are not valid. Models that
// adopt its editions must have equal parameters.
func NewMerged(p Params) *Merged {
	if err := p.Validate(); err != nil {
		panic("model: NewMerged: " + err.Error())
	}
	g := &Merged{index: newIndex(p), marks: map[string]Mark{}}
	g.Publish()
	return g
}

// Add joins a fact. One whose ids are empty or too long is ignored.
func (g *Merged) Add(f Fact) { g.index.addValid(f) }

// AddLabel joins what is known about an item that has facts: the newest label counts.
func (g *Merged) AddLabel(l ItemLabel) { g.index.addLabel(l) }

// Raise forgets as far as another model or Merged has.
func (g *Merged) Raise(f Floor) { g.index.raiseTo(f) }

// Note says how far a source is merged. It is seen in the editions that are published afterwards.
func (g *Merged) Note(source string, m Mark) { g.marks[source] = m }

// Drop forgets a source, for example a shard that has ended and is merged completely. Its facts stay.
func (g *Merged) Drop(source string) { delete(g.marks, source) }

// Stats returns the sizes of what was added, published or not. Nothing is open.
func (g *Merged) Stats() Stats { return g.index.stats() }

// Publish makes what was added visible to [Merged.Latest] and returns it. It costs time in proportion to the number of
// pages, and the next writes to each page copy it: publish every few seconds, not after every fact.
func (g *Merged) Publish() *Edition {
	g.index.share()
	g.version++
	v := &Edition{index: g.index.fork(), marks: maps.Clone(g.marks), origin: g, version: g.version}
	g.published.Store(v)
	return v
}

// Latest returns what was published last. It may be called by any goroutine at any time.
func (g *Merged) Latest() *Edition { return g.published.Load() }

// An Edition is the state of a Merged at a moment. It does not change, and any number of goroutines may use it.
type Edition struct {
	index   *index
	marks   map[string]Mark
	origin  *Merged
	version uint64 // counts what its origin has published
}

// Stats returns the sizes of the state. Nothing is open.
func (v *Edition) Stats() Stats { return v.index.stats() }

// Marks returns how far each source is merged, in the order of their names: the links that lists made with the Edition were
// computed from.
func (v *Edition) Marks() iter.Seq2[string, Mark] {
	return func(yield func(string, Mark) bool) {
		for _, source := range slices.Sorted(maps.Keys(v.marks)) {
			if !yield(source, v.marks[source]) {
				return
			}
		}
	}
}

// StaleMs returns by how many milliseconds the source that is furthest behind is behind a moment, 0 without sources.
func (v *Edition) StaleMs(nowMs int64) int64 {
	stale := int64(0)
	for _, m := range v.marks {
		stale = max(stale, nowMs-m.ThroughMs)
	}
	return stale
}

// Facts returns the facts of the Edition as [Model.Facts] does.
func (v *Edition) Facts() iter.Seq[Fact] { return v.index.allFacts() }

// Labels returns what the Edition knows about items as [Model.Labels] does.
func (v *Edition) Labels() iter.Seq[ItemLabel] { return v.index.allLabels() }

// Floor returns how far the Edition has forgotten.
func (v *Edition) Floor() Floor { return v.index.floors() }
