package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// oracle knows what is true, and what has to be.
type oracle struct {
	chains     map[string]*chainState
	lostAt     map[string]map[int64]time.Duration // by shard: when a term, by its counter, was superseded in the table
	putAt      map[string]time.Duration           // by key
	times      map[string]int                     // how often each record was processed, after which it was not restored
	unanswered map[string]bool                    // heartbeat rows that were last written by a request whose answer was lost
	graceful   bool                               // nothing fails in this schedule
	moves      int                                // changes of owner
	adopted    int
	finished   bool
	occasions  [occasions]int
}

// chainState is what the objects of a shard say.
type chainState struct {
	end     chain.End
	next    int // index of the first record that is not in the log
	started bool
	ended   bool
}

func newOracle() oracle {
	return oracle{chains: map[string]*chainState{}, lostAt: map[string]map[int64]time.Duration{}, times: map[string]int{}, putAt: map[string]time.Duration{}, unanswered: map[string]bool{}}
}

func (o *oracle) chain(shard string) *chainState {
	c := o.chains[shard]
	if c == nil {
		c = &chainState{}
		o.chains[shard] = c
	}
	return c
}

// put checks an object that a node has just put, or that was refused.
func (w *world) put(by *node, key string, body []byte, metadata map[string]string, err error) {
	if errors.Is(err, chain.ErrExists) && strings.HasSuffix(key, ".parquet") {
		w.oracle.adopted++
		w.overlooked(by, key)
	}
	if err != nil {
		return
	}
	w.oracle.putAt[key] = w.now
	switch {
	case strings.HasSuffix(key, ".start.json"):
		w.oracle.chain(markShard(key)).started = true
	case strings.HasSuffix(key, ".end.json"):
		w.endPut(markShard(key))
		w.strike(by, markShard(key))
	case strings.HasSuffix(key, ".parquet"):
		link, err := chain.ParseLink(chain.Object{Key: key, Metadata: metadata})
		if err != nil {
			w.fail("%v", err)
		}
		w.linkPut(link, decodeRows(body))
	}
}

func markShard(key string) string {
	name := key[strings.LastIndexByte(key, '/')+1:]
	return name[:strings.IndexByte(name, '.')]
}

// overlooked checks that a takeover finds what is there: the link that refuses this one must be younger. A node whose time of day is wrong
// does not look far enough.
func (w *world) overlooked(by *node, key string) {
	_, shard, _, err := layout.ParseLinkKey(key)
	opened, ok := by.opened[shard]
	if err == nil && ok && !w.silent && !w.nemesis.clocks && w.oracle.putAt[key] < opened {
		w.fail("%s has opened %s at %v and overlooked %s, which was put at %v", by.name, shard, opened, key, w.oracle.putAt[key])
	}
}

// endPut checks that an end mark is written after everything.
func (w *world) endPut(shard string) {
	c, s := w.oracle.chain(shard), w.stream.byID[shard]
	if !s.closed || c.next != len(s.records) || !c.started {
		w.fail("the end mark of %s is written and %d of %d records are in the log", shard, c.next, len(s.records))
	}
	c.ended = true
}

// linkPut checks that an object continues its chain with the records that the stream has there.
func (w *world) linkPut(l *chain.Link, rows []row) {
	c, s := w.oracle.chain(l.Shard), w.stream.byID[l.Shard]
	if !c.started || c.ended {
		w.fail("%s: a link is put without a start mark, or behind the end mark", l.Shard)
	}
	if l.Prev != c.end.Last || l.Hour < c.end.Hour || l.Hour < w.parentsHour(s) {
		w.fail("%s: link %s follows %q in hour %s, the chain ends at %q in hour %s", l.Shard, l.First, l.Prev, l.Hour, c.end.Last, c.end.Hour)
	}
	first, ok := s.position[l.First]
	last, ok2 := s.position[l.Last]
	if !ok || !ok2 || first != c.next || last-first+1 != int(l.Records) || len(rows) != int(l.Rows) {
		w.fail("%s: link %s..%s with %d records, the log has %d: a record is lost or repeated", l.Shard, l.First, l.Last, l.Records, c.next)
	}
	if hash := w.hash(c.end.Hash, s.records[first:last+1]); l.Hash != hash {
		w.fail("%s: link %s has the hash %s, its records have %s", l.Shard, l.First, l.Hash, hash)
	}
	for i, r := range rows {
		if chain.HourOf(s.records[first+i].Arrival) > l.Hour {
			w.fail("%s: link %s of hour %s has a record of a later hour", l.Shard, l.First, l.Hour)
		}
		if want := s.rows[first+i]; r.session != want.session || r.n != want.n || r.digest != want.digest {
			w.fail("%s: row %d of link %s is not what its record becomes", l.Shard, i, l.First)
		}
	}
	if l.TotalRecords != int64(last+1) {
		w.fail("%s: link %s counts %d records in all, there are %d", l.Shard, l.First, l.TotalRecords, last+1)
	}
	c.end, c.next = l.End(), last+1
}

// hash is that of a link with these records.
func (w *world) hash(prev string, records []worker.Record) string {
	w.digest.Reset(prev)
	for i := range records {
		w.digest.Add(records[i].SequenceNumber, records[i].Data)
	}
	return w.digest.Sum()
}

func (w *world) parentsHour(s *shardLog) (hour chain.Hour) {
	for _, p := range s.lease.Parents {
		hour = max(hour, w.oracle.chain(p).end.Hour)
	}
	return hour
}

// rowWritten checks a conditional write that has taken effect.
func (w *world) rowWritten(old, now *lease.Lease) {
	if now.Owner != old.Owner && now.Counter != old.Counter+1 || now.Counter < old.Counter || now.Counter > old.Counter+1 {
		w.fail("%s goes from %s at %d to %s at %d", now.Key, old.Owner, old.Counter, now.Owner, now.Counter)
	}
	if now.Counter > old.Counter {
		w.supersede(now.Key, old.Counter)
	}
	if now.Owner != old.Owner && now.Owner != "" && old.Owner != "" {
		w.oracle.moves++
	}
	if now.Stopped != "" {
		w.fail("%s is stopped: %s", now.Key, now.Stopped)
	}
	if old.Ended() || now.Checkpoint != old.Checkpoint {
		w.checkpointWritten(old, now)
	}
}

// checkpointWritten checks that a bookmark moves forward, and stays within the log.
func (w *world) checkpointWritten(old, now *lease.Lease) {
	c, s := w.oracle.chain(now.Key), w.stream.byID[now.Key]
	switch {
	case old.Ended():
		w.fail("%s was at SHARD_END and is written again", now.Key)
	case now.Ended():
		if !c.ended {
			w.fail("%s is at SHARD_END and has no end mark", now.Key)
		}
		rows := w.leases()
		for _, child := range s.children {
			if _, ok := rows[child.Key]; !ok {
				w.fail("%s is at SHARD_END and its child %s has no row", now.Key, child.Key)
			}
		}
	case now.Checkpoint.Type != lease.AfterSequenceNumber:
		w.fail("the checkpoint of %s becomes %s", now.Key, now.Checkpoint)
	default:
		at, ok := s.position[now.Checkpoint.Value]
		if !ok || at >= c.next {
			w.fail("the checkpoint of %s is at record %d, the log has %d", now.Key, at, c.next)
		}
		if before, ok := s.position[old.Checkpoint.Value]; ok && at < before {
			w.fail("the checkpoint of %s goes back from record %d to %d", now.Key, before, at)
		}
	}
}

// supersede notes when a term was over, as far as the table is concerned.
func (w *world) supersede(shard string, counter int64) {
	terms := w.oracle.lostAt[shard]
	if terms == nil {
		terms = map[int64]time.Duration{}
		w.oracle.lostAt[shard] = terms
	}
	terms[counter] = w.now
}

// mayRead checks that a shard is read after all its parents have ended.
func (w *world) mayRead(s *shardLog) {
	s.read = true
	for _, p := range s.lease.Parents {
		if !w.oracle.chain(p).ended {
			w.fail("%s is read before the end of %s is in the log", s.lease.Key, p)
		}
	}
}

// processed counts that a record was processed by a live owner.
func (w *world) processed(sequence string) {
	w.oracle.times[sequence]++
	if w.oracle.graceful && w.oracle.times[sequence] > 1 {
		w.fail("record %s is processed twice although nothing has failed", sequence)
	}
}

// watched is a worker.Processor that checks who works on its shard.
type watched struct {
	worker.Processor
	node *node
	term *lease.Term
	at   int64  // the term's counter when it began
	last string // record that it has processed
	open bool
}

func (n *node) watch(t *lease.Term, p worker.Processor) worker.Processor {
	return &watched{Processor: p, node: n, term: t, at: t.Counter()}
}

// slack is how long a request that is under way may keep a worker from noticing that it has lost a lease.
const slack = 2 * time.Second

// Process implements worker.Processor.
func (p *watched) Process(ctx context.Context, page worker.Page) error {
	p.node.alive()
	lost, ok := p.node.oracle.lostAt[p.term.Key()][p.at]
	if ok && p.node.now > max(lost+slack, p.node.resumed+slack, p.node.forgotten+2*failoverTime) {
		p.node.fail("%s works on %s under counter %d, which was over at %v", p.node.name, p.term.Key(), p.at, lost)
	}
	if n := len(page.Records); n > 0 {
		p.last = page.Records[n-1].SequenceNumber
	}
	defer p.node.withinBudget()
	return p.Processor.Process(ctx, page)
}

// withinBudget checks that the processors of a node hold no more than they may: the limit, an eighth of it, and a row or two for each.
func (n *node) withinBudget() {
	if n.budget == nil {
		return
	}
	limit := int64(2 * n.open * rowHeap)
	if n.open > 0 {
		limit += n.budget.Limit() + n.budget.Limit()/8
	}
	if held := n.budget.Held(); held > limit {
		n.fail("%s: %d processors hold %d bytes, the budget is %d", n.name, n.open, held, n.budget.Limit())
	}
}

// Idle implements worker.Processor.
func (p *watched) Idle() bool {
	idle, shard := p.Processor.Idle(), p.term.Key()
	if at, ok := p.node.stream.byID[shard].position[p.last]; idle && ok && at >= p.node.oracle.chain(shard).next {
		p.node.fail("%s has nothing of %s to commit, it says, and record %d is not in the log", p.node.name, shard, at)
	}
	return idle
}

// Open implements worker.Processor.
func (p *watched) Open(ctx context.Context) (lease.Position, error) {
	p.node.opened[p.term.Key()] = p.node.now
	p.node.open++
	p.open = true
	return p.Processor.Open(ctx)
}

// Finished implements worker.Finisher.
func (p *watched) Finished(ctx context.Context) ([]lease.Lease, bool, error) {
	return p.Processor.(worker.Finisher).Finished(ctx)
}

// Drain implements worker.Processor.
func (p *watched) Drain(ctx context.Context) error {
	if cause := context.Cause(p.term.Context()); errors.Is(cause, lease.ErrLeaseLost) || errors.Is(cause, lease.ErrProcessorFailed) {
		p.node.fail("%s commits what it has of %s although %v", p.node.name, p.term.Key(), cause)
	}
	if at, over := p.node.oracle.lostAt[p.term.Key()][p.at]; over && p.node.oracle.graceful && !p.node.oracle.chain(p.term.Key()).ended {
		p.node.fail("%s commits what it has of %s, which it has given away at %v", p.node.name, p.term.Key(), at)
	}
	return p.Processor.Drain(ctx)
}

// Close implements worker.Processor.
func (p *watched) Close() {
	p.node.alive()
	if cause := context.Cause(p.term.Context()); p.node.oracle.graceful && errors.Is(cause, lease.ErrLeaseLost) {
		p.node.fail("%s loses %s although nothing has failed: %v", p.node.name, p.term.Key(), cause)
	}
	p.Processor.Close()
	if p.open {
		p.node.open--
	}
	if n := p.node.started[p.node.current]; n > 0 {
		p.node.fail("%s has closed %s and %d of its goroutines are left", p.node.name, p.term.Key(), n)
	}
}

// behind returns a shard whose records, those that arrived before, are not all in the log, or nil.
func (w *world) behind(before time.Duration) *shardLog {
	i := slices.IndexFunc(w.stream.shards, func(s *shardLog) bool {
		c := w.oracle.chain(s.lease.Key)
		return c.next < len(s.rows) && s.rows[c.next].arrived < before || s.closed && !c.ended && before >= w.now
	})
	if i < 0 {
		return nil
	}
	return w.stream.shards[i]
}
