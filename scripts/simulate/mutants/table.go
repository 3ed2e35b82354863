package main

import "slices"

// mutant is one planted bug.
type mutant struct {
	name string
	file string // below the root of the module
	old  string // stands in the file exactly once
	new  string
	why  string // what the bug breaks
	// masked says why the simulator does not have to find it, or is empty.
	masked string
	// test is what finds it instead, as folder.Name, or empty.
	test string
}

const (
	leaseDir     = "worker/lease/"
	chainDir     = "processor/chain/"
	processorDir = "processor/"
	storeFile    = "worker/lease/leasetest/store.go"
)

var mutants = slices.Concat(protocol, logs, fences, replays, pasts, gaps, besides, fixed)

// protocol are the mutants of the rules by which workers share shards.
var protocol = []mutant{
	// What the table's conditions are for.
	{
		name: "lease/no-condition", file: storeFile,
		old: `!ok || now.Owner != before.Owner || now.Counter != before.Counter || now.Checkpoint != before.Checkpoint || now.Plan != before.Plan`,
		new: `!ok || now.Key != before.Key`,
		why: "writes of the lease row are not conditional: a zombie's checkpoint takes the lease back and rewinds it",
	},
	{
		name: "lease/condition-on-owner-only", file: storeFile,
		old: `now.Owner != before.Owner || now.Counter != before.Counter || now.Checkpoint != before.Checkpoint ||`,
		new: `now.Owner != before.Owner ||`,
		why: "a late write of an earlier term of the same worker takes effect",
	},
	{
		name: "lease/condition-without-checkpoint", file: storeFile,
		old: `now.Counter != before.Counter || now.Checkpoint != before.Checkpoint ||`,
		new: `now.Counter != before.Counter ||`,
		why: "of two checkpoints of one term the late one wins: the checkpoint goes back",
	},
	{
		name: "lease/condition-without-owner", file: storeFile,
		old: `now.Owner != before.Owner || now.Counter`, new: `now.Counter`,
		why:    "the condition names the counter and not the owner",
		masked: "equivalent: the counter changes with every change of owner",
	},

	// The counter.
	{
		name: "counter/same-after-take", file: leaseDir + "lease.go",
		old: `n.Owner, n.Counter = worker, l.Counter+1`, new: `n.Owner, n.Counter = worker, l.Counter`,
		why: "the fencing token does not change with the owner",
	},
	{
		name: "counter/same-after-release", file: leaseDir + "lease.go",
		old:    `func (l *Lease) released() *Lease { return l.taken("") }`,
		new:    `func (l *Lease) released() *Lease { return l.with(func(n *Lease) { n.Owner = "" }) }`,
		why:    "two terms, one before and one after a release, have the same fencing token",
		masked: "consumers neither fail nor hang here", test: "worker/lease.TestNobodyHasATermUnderTheCounterOfARelease",
	},
	{
		name: "counter/same-after-shard-end", file: leaseDir + "lease.go",
		old: `n.Children, n.Rate = "", l.Counter+1, Position{Type: ShardEnd}`,
		new: `n.Children, n.Rate = "", l.Counter, Position{Type: ShardEnd}`,
		why: "SHARD_END takes the owner away and leaves the fencing token",
	},

	// Expiry and trust.
	{
		name: "expiry/too-early", file: leaseDir + "observe.go",
		old: `func (o *Observer) Dead(worker string) bool { return o.Still(worker) >= o.failover }`,
		new: `func (o *Observer) Dead(worker string) bool { return o.Still(worker) >= o.failover/5 }`,
		why: "workers that live are held for dead",
	},
	{
		name: "expiry/never", file: leaseDir + "observe.go",
		old: `return o.Still(worker) >= o.failover }`, new: `return o.Still(worker) >= 100*o.failover }`,
		why: "the shards of a dead worker are nobody's for ever",
	},
	{
		name: "trust/for-ever", file: leaseDir + "heartbeat.go",
		old: `if left <= 0 {`, new: `if left <= -time.Hour {`,
		why: "a worker that is cut off from the table goes on with shards that others have taken",
	},
	{
		name: "trust/longer-than-failover", file: leaseDir + "heartbeat.go",
		old: `began.Add(c.cfg.Failover - c.cfg.Margin)`, new: `began.Add(3 * c.cfg.Failover)`,
		why: "a worker trusts its leases after others may hold it for dead",
	},
	{
		name: "trust/from-the-answer", file: leaseDir + "heartbeat.go",
		old: "	c.extendTrust(began)\n	c.mu.Lock()\n", new: "	c.extendTrust(began.Add(c.env.Now().Sub(began)))\n	c.mu.Lock()\n",
		why:    "a slow answer extends trust",
		masked: "an attempt has T/4 at most, little more than the margin; with the owner's next heartbeat late as well it takes longer than a schedule to meet",
	},
	{
		name: "heartbeat/never", file: leaseDir + "heartbeat.go",
		old: "		began := c.env.Now()\n		err := c.beat(ctx)\n", new: "		began := c.env.Now()\n		var err error\n",
		why: "no heartbeats are written",
	},

	// Ambiguous answers.
	{
		name: "ambiguous/done", file: leaseDir + "request.go",
		old: "		if err == nil || errors.Is(err, ErrConflict)", new: "		if err = nil; err == nil || errors.Is(err, ErrConflict)",
		why: "a write that got no answer, or was refused, is taken for done",
	},
	{
		name: "ambiguous/conflict-is-success", file: leaseDir + "request.go",
		old: "	return ErrConflict\n}", new: "	return nil\n}",
		why: "who loses the race for a lease believes to have won it",
	},
	{
		name: "ambiguous/own-write-not-recognised", file: leaseDir + "request.go",
		old: "	case readErr == nil && now.same(to):\n		return nil\n", new: "",
		why:    "a write that took effect although its answer was lost is taken for another worker's",
		masked: "safe: the worker finds the row with its own name and takes the lease anew; it costs a restart of the shard",
	},
	{
		name: "term/outlives-conflict", file: leaseDir + "term.go",
		old: "		t.cancel(err)\n	}\n	return err\n}", new: "	}\n	return err\n}",
		why:    "a term whose write was refused goes on",
		masked: "safe: the chain refuses what it commits, and the next look at the rows or the end of trust ends it",
	},

	// Taking, handing over, leaving.
	{
		name: "take/second-term", file: leaseDir + "take.go",
		old: `c.avoid[l.Key] || l.Counter <= c.highest[l.Key] ||`, new: `c.avoid[l.Key] ||`,
		why:    "a row that was read before the term ended begins a term that is over",
		masked: "safe: the earlier term has ended, and what it may still have under way finds another checkpoint; it takes more luck than schedules have",
	},
	{
		name: "hand-off/to-the-dead", file: leaseDir + "term.go",
		old: `next != "" && t.c.fresh(next) {`, new: `next != "" {`,
		why:    "a lease is handed to a worker that may be dead",
		masked: "safe: it expires like any other; it costs T",
	},
	{
		name: "hand-off/flushes-nothing", file: leaseDir + "term.go",
		old: `return cause == nil || errors.Is(cause, ErrHandOff) || errors.Is(cause, ErrShutdownRequested)`, new: `return cause == nil`,
		why: "what has been processed is not committed when a shard moves: it is processed again",
	},
	{
		name: "hand-off/commits-when-lost", file: leaseDir + "term.go",
		old: `return cause == nil || errors.Is(cause, ErrHandOff) || errors.Is(cause, ErrShutdownRequested)`, new: `return true`,
		why: "a worker that has lost a lease flushes what it has",
	},
	{
		name: "hand-off/before-flush", file: "worker/shard.go",
		old: "	if s.reader != nil && !s.ended && lease.MayCommit(cause) {\n		s.drain(ctx)\n	}\n",
		new: "	if s.reader != nil && !s.ended && lease.MayCommit(cause) {\n		_ = s.term.Close(ctx, \"\")\n		s.drain(ctx)\n	}\n",
		why: "the lease goes to the next owner before the last batch is committed",
	},
	{
		name: "leave/deregisters-first", file: leaseDir + "leave.go",
		old: "	for c.holding() > 0 {\n		if err := c.readWorkers", new: "	c.deregister(ctx)\n	for c.holding() > 0 {\n		if err := c.readWorkers",
		why:    "others take the shards of a worker that is still flushing",
		masked: "the log keeps what two owners do from being seen", test: "worker/lease.TestRandomFaults",
	},

	// Lineage.
	{
		name: "parents/not-waited-for", file: leaseDir + "plan.go",
		old: `return !ok || plan != l.Plan`, new: `return ok && plan < 0`,
		why: "a child is read before its parents have ended",
	},
	{
		name: "parents/without-row-is-past-retention", file: leaseDir + "plan.go",
		old: `			ended[leases[i].Key] = leases[i].Plan
		}
	}
	return func(l *Lease) bool {
		return !l.Ended() && l.Stopped == "" && !slices.ContainsFunc(l.Parents, func(p string) bool {
			plan, ok := ended[p]
			return !ok || plan != l.Plan`,
		new: `			ended[leases[i].Key] = leases[i].Plan
		} else {
			ended[leases[i].Key] = -1
		}
	}
	return func(l *Lease) bool {
		return !l.Ended() && l.Stopped == "" && !slices.ContainsFunc(l.Parents, func(p string) bool {
			plan, ok := ended[p]
			return ok && plan != l.Plan`,
		why: "the child of a merge is read before a parent that has no row yet",
	},
	{
		name: "children/without-rows", file: leaseDir + "term.go",
		old: "		if err := t.c.insist(ctx, func(ctx context.Context) error { return t.c.store.Create(ctx, child) }); err != nil {\n			return fmt.Errorf(\"create child %s: %w\", child.Key, err)\n		}\n",
		new: "",
		why: "SHARD_END is written before the children have rows",
	},
	{
		name: "children/adopted-too-early", file: leaseDir + "shards.go",
		old: `if child.Owner == "" && Startable(family)(&child) {`, new: `if child.Owner == "" {`,
		why: "the owner of one parent starts the child of a merge",
	},
	{
		name: "shard-end/gone-is-stopped", file: "worker/shard.go",
		old: `!ok || !errors.Is(cause, ErrShardGone)`, new: `ok || !errors.Is(cause, ErrShardGone)`,
		why: "a shard that is past retention stops although all of it is in the log",
	},
	{
		name: "shard-end/before-the-mark", file: "worker/shard.go",
		old: "	if err := s.proc.End(ctx, children); err != nil {\n		return fmt.Errorf(\"end shard: %w\", err)\n	}\n	if err := s.term.End(ctx, children); err != nil {\n		return fmt.Errorf(\"end shard: %w\", err)\n	}\n",
		new: "	if err := s.term.End(ctx, children); err != nil {\n		return fmt.Errorf(\"end shard: %w\", err)\n	}\n	if err := s.proc.End(ctx, children); err != nil {\n		return fmt.Errorf(\"end shard: %w\", err)\n	}\n",
		why: "the row says SHARD_END and the log does not",
	},
	{
		name: "shard-end/without-last-batch", file: processorDir + "commit.go",
		old: "	if err := p.Drain(ctx); err != nil || p.closed {\n		return err\n	}\n	if err := p.keepLast", new: "	if err := p.keepLast",
		why: "the end mark is written and the last batch is not",
	},
}
