package evaluate

import (
	"context"
	"time"
)

// A Recommender learns from events and proposes what a session will touch next.
type Recommender interface {
	// Observe learns an event. Events come in time order.
	Observe(Event)

	// Recommend appends up to k items for a session that was observed, best first, to dst.
	Recommend(dst []string, session string, k int) []string

	// RecommendItems does so for a session that is not learnt from: it touched the items, oldest first.
	RecommendItems(dst []string, items []string, k int) []string
}

// Options of a protocol.
type Options struct {
	K    int // length of the lists
	Skip int // Prequential: events that are learnt but not reported

	// Clock reads the time for the latencies of a Report, CPU time by preference. Nil measures none.
	Clock func() time.Duration

	// Progress, if not nil, is called after each event.
	Progress func()
}

// Prequential replays events in their order. For each event it asks for a list, compares it with the event, and only
// then lets the recommender learn the event. Nothing is filtered: a target that nobody has touched is a miss. The first
// event of a session counts in Report.First alone, a repetition of its very last item nowhere. The error is that of ctx.
func Prequential(ctx context.Context, events []Event, r Recommender, o Options) (Report, error) {
	p := newProtocol(r, o)
	for at, e := range events {
		session := p.past.of(e.Session)
		switch {
		case at < o.Skip || session.last == e.Item:
		case session.last == "":
			p.list = r.Recommend(p.list[:0], e.Session, p.K)
			p.report.noteFirst(p.list, e, p.K)
		default:
			p.predict(e, session)
			if !p.seen[e.Item] {
				p.report.Unseen++
			}
		}
		p.learn(e)
		session.touch(e.Item)
		if err := p.next(ctx); err != nil {
			return Report{}, err
		}
	}
	return p.end(), nil
}

// Offline learns the train events, then walks through each test session without learning it, asking for a list before
// each event; the first counts in Report.First alone. Test events of items that are not in train are left out, and a repetition of the very last
// item is not predicted. The error is that of ctx.
func Offline(ctx context.Context, train, test []Event, r Recommender, o Options) (Report, error) {
	p := newProtocol(r, o)
	for _, e := range train {
		p.learn(e)
		if err := p.next(ctx); err != nil {
			return Report{}, err
		}
	}
	for _, e := range test {
		if p.seen[e.Item] {
			session := p.past.of(e.Session)
			switch session.last {
			case e.Item:
			case "":
				p.list = r.RecommendItems(p.list[:0], nil, p.K)
				p.report.noteFirst(p.list, e, p.K)
			default:
				p.predictItems(e, session)
			}
			session.touch(e.Item)
		}
		if err := p.next(ctx); err != nil {
			return Report{}, err
		}
	}
	return p.end(), nil
}

// protocol is a run of a protocol.
type protocol struct {
	Options
	recommender  Recommender
	past         past
	seen, listed map[string]bool
	report       Report
	list         []string
}

func newProtocol(r Recommender, o Options) *protocol {
	return &protocol{Options: o, recommender: r, past: past{}, seen: map[string]bool{}, listed: map[string]bool{}}
}

// next is called after each event.
func (p *protocol) next(ctx context.Context) error {
	if p.Progress != nil {
		p.Progress()
	}
	return ctx.Err()
}

func (p *protocol) end() Report {
	p.report.Listed, p.report.Known = len(p.listed), len(p.seen)
	return p.report
}

func (p *protocol) predict(e Event, s *pastSession) {
	start := p.now()
	p.list = p.recommender.Recommend(p.list[:0], e.Session, p.K)
	p.note(start, e, s)
}

func (p *protocol) predictItems(e Event, s *pastSession) {
	start := p.now()
	p.list = p.recommender.RecommendItems(p.list[:0], s.items, p.K)
	p.note(start, e, s)
}

func (p *protocol) note(start time.Duration, e Event, s *pastSession) {
	if p.Clock != nil {
		p.report.Recommending = append(p.report.Recommending, p.now()-start)
	}
	p.report.note(p.list, e, s.had[e.Item], p.K)
	for _, item := range p.list {
		p.listed[item] = true
	}
}

func (p *protocol) learn(e Event) {
	start := p.now()
	p.recommender.Observe(e)
	if p.Clock != nil {
		p.report.Updating = append(p.report.Updating, p.now()-start)
	}
	p.seen[e.Item] = true
}

func (p *protocol) now() time.Duration {
	if p.Clock == nil {
		return 0
	}
	return p.Clock()
}

// past is what the sessions did so far.
type past map[string]*pastSession

type pastSession struct {
	last  string
	items []string
	had   map[string]bool
}

func (p past) of(session string) *pastSession {
	s := p[session]
	if s == nil {
		s = &pastSession{had: make(map[string]bool)}
		p[session] = s
	}
	return s
}

func (s *pastSession) touch(item string) {
	s.last = item
	s.items = append(s.items, item)
	s.had[item] = true
}
