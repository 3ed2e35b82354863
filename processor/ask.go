package processor

import "github.com/streamrec/streamrec/model"

// Answer is what a shard knows about a question.
type Answer struct {
	List    []model.Scored
	Why     []model.Why // as List, with reasons, when they were asked for
	History []string    // what the session has touched, newest first, up to historyItems; empty for a question about items
}

// historyItems is how much of a session's history an Answer has: as much as most of its list is made from.
const historyItems = 10

// asker is Contents that can be asked. It is the one thing that may be called by any goroutine while the Processor goes on.
type asker interface {
	Ask(q model.Question, why bool) Answer
	OpenVisits() int
}

// Ask answers a question with everything that has been processed, committed or not. It may be called by any goroutine from the return of Open
// on, also after Close; ok is false when the contents cannot be asked. It takes as long as the recommendation for a record.
func (p *Processor) Ask(q model.Question, why bool) (a Answer, ok bool) {
	if c, can := p.contents.(asker); can {
		return c.Ask(q, why), true
	}
	return Answer{}, false
}

// OpenVisits returns how many visits of the shard may go on; ok is false when there is no model. See Ask for who may call it when.
func (p *Processor) OpenVisits() (n int, ok bool) {
	if c, can := p.contents.(asker); can {
		return c.OpenVisits(), true
	}
	return 0, false
}

// Ask implements asker.
func (c *rows) Ask(q model.Question, why bool) Answer {
	c.turn.take()
	defer c.turn.give()
	return AskModel(c.model, q, why)
}

// AskModel asks a model, which belongs to the caller meanwhile.
func AskModel(m *model.Model, q model.Question, why bool) (a Answer) {
	if q.Session != "" {
		a.History = m.History(nil, q.Session, historyItems)
	}
	if !why {
		a.List = m.Ask(make([]model.Scored, 0, q.K), q)
		return a
	}
	a.Why = m.Explain(q)
	for _, w := range a.Why {
		a.List = append(a.List, w.Scored)
	}
	return a
}

// OpenVisits implements asker. It is for whoever scrapes metrics, and holds the shard up no longer than a record does.
func (c *rows) OpenVisits() int {
	c.turn.take()
	defer c.turn.give()
	return c.model.OpenVisits()
}
