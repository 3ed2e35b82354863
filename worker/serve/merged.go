package serve

import (
	"context"
	"runtime"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor"
)

// Facts are what all shards of the stream have committed, as far as it is merged here: follow.Follower is it.
type Facts interface {
	// Latest returns the newest edition, or nil before there is one.
	Latest() *model.Edition
	// Arrival returns the arrival of the newest record of a shard that is merged, Unix ms; 0 when there is none.
	Arrival(shard string) int64
}

// merged answers from the facts. A model belongs to one goroutine at a time, so there are a few.
type merged struct {
	facts  Facts
	models chan *model.Model
}

func newMerged(facts Facts, params model.Params, sells func(string) bool) *merged {
	m := &merged{facts: facts, models: make(chan *model.Model, min(runtime.GOMAXPROCS(0), 4))}
	for range cap(m.models) {
		asked := model.New(params)
		asked.Restrict(sells)
		m.models <- asked
	}
	return m
}

// empty reports whether nothing has been merged yet, as in the first minute of an application.
func (m *merged) empty() bool {
	if m == nil {
		return true
	}
	edition := m.facts.Latest()
	return edition != nil && edition.Stats().Facts == 0
}

// ask returns false when there are no facts yet, or ctx has ended.
func (m *merged) ask(ctx context.Context, q model.Question, why bool) (a processor.Answer, ok bool) {
	edition := m.facts.Latest()
	if edition == nil {
		return a, false
	}
	select {
	case asked := <-m.models:
		defer func() { m.models <- asked }()
		asked.Adopt(edition)
		return processor.AskModel(asked, q, why), true
	case <-ctx.Done():
		return a, false
	}
}
