package audit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// auditor is one run.
type auditor struct {
	o        Options
	began    time.Time
	found    *findings
	progress *progress

	acks       *acks
	ackReport  *AckReport
	superseded int64 // links in generations that have been replaced in their hours

	mu     sync.Mutex // guards the following while several goroutines read
	shards map[string]*shard
	strays map[string]bool // keys of links that are on no chain
}

// Run audits one generation of a log. It changes nothing. Contradictions are anomalies of the Report, not errors; an error says that
// the audit could not be completed: the store or the stream refuses (it wraps chain.ErrRefused), ctx ended, the acknowledgements
// cannot be read, or the stream is not in order.
func Run(ctx context.Context, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &auditor{
		o: o, began: o.Env.Now(), found: newFindings(), progress: &progress{report: o.Progress},
		shards: map[string]*shard{}, strays: map[string]bool{},
	}
	if err := a.run(ctx); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return a.report(), nil
}

func (a *auditor) run(ctx context.Context) (err error) {
	if a.o.Acks != nil {
		if a.acks, err = readAcks(a.o.Acks); err != nil {
			return err
		}
	}
	if err := a.readLog(ctx); err != nil {
		return err
	}
	a.judgeLineage()
	a.judgeCheckpoints()
	if err := a.readContents(ctx); err != nil {
		return err
	}
	if a.o.Stream != nil {
		if err := a.readStream(ctx); err != nil {
			return err
		}
	}
	a.judgeAcks()
	return nil
}

// readLog reads marks and links and walks the chains. A worker may be writing meanwhile: it puts a start mark before the links, an
// end mark after them, and a child's start mark after its parents' end marks. So end marks that are older than the listing of the
// links, and start marks that may be younger, have to agree with the links.
func (a *auditor) readLog(ctx context.Context) error {
	early, err := a.listEnds(ctx)
	if err != nil {
		return err
	}
	if err := a.readLinks(ctx); err != nil {
		return err
	}
	if err := a.readMarks(ctx, early); err != nil {
		return err
	}
	if err := a.findParents(ctx); err != nil {
		return err
	}
	return a.walk(ctx)
}

// walk walks all chains, those with holes twice.
func (a *auditor) walk(ctx context.Context) error {
	for _, s := range a.shards {
		s.parentsHour, s.parentsKnown = a.parentsHour(s)
	}
	holes := map[string][]link{}
	for id, s := range a.shards {
		w := newWalk(a.o.Layout, s)
		if w.run(); w.holed() {
			holes[id] = s.links
			continue
		}
		a.walked(w)
	}
	if len(holes) == 0 {
		return nil
	}
	if err := a.fillHoles(ctx, holes); err != nil {
		return err
	}
	for id := range holes {
		w := newWalk(a.o.Layout, a.shards[id])
		w.run()
		a.walked(w)
	}
	return nil
}

// walked accepts the result of a walk. The links as listed are not needed any more.
func (a *auditor) walked(w *walk) {
	w.shard.chain, w.shard.links, w.shard.passed = w.chain, nil, w.passed
	a.found.add(w.found...)
	for _, f := range w.found {
		if f.Stray {
			a.strays[f.Key] = true
		}
	}
}

// readContents reads the rows, or believes the metadata.
func (a *auditor) readContents(ctx context.Context) error {
	if !a.o.SkipRows {
		if err := a.readRows(ctx); err != nil {
			return err
		}
		return a.readStrays(ctx)
	}
	return a.eachLink(func(s *shard, i int) error {
		a.acks.within(s.id, s.chain[i].first, s.chain[i].last).markAll(onChain)
		return context.Cause(ctx)
	})
}

// edit changes a shard, which it creates when there is none.
func (a *auditor) edit(id string, change func(*shard)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.shards[id]
	if s == nil {
		s = &shard{id: id}
		a.shards[id] = s
	}
	change(s)
}

// holed reports whether links seem to be missing, as they do when the listing was overtaken by a writer.
func (w *walk) holed() bool {
	return slices.ContainsFunc(w.found, func(a Anomaly) bool { return a.Kind == Gap || a.Kind == MissingLink || a.Kind == Misfit })
}
