package main

const (
	leaseReplay = leaseDir + "replay.go"
	operator    = leaseDir + "operator.go"
	obey        = leaseDir + "obey.go"
	draft       = "worker/replay/draft.go"
	marks       = chainDir + "mark.go"
)

// replays are the mutants of the rules by which an application is rewound. The names in capitals are the variants of the models in scripts/spin that break
// the same rule.
var replays = []mutant{
	// The tip, and publication.
	{
		name: "tip/before-the-fence", file: "worker/tip.go",
		old: `!s.fenced || l.Plan == 0`, new: `l.Plan == 0`,
		why:    "NOTAFTER: the tip counts that was found while old terms still wrote",
		masked: "a shard would have to hold back what it reads for longer than the T of the fence", test: "worker.TestTipCountsAfterTheFence",
	},
	{
		name: "tip/reading-before-the-fence", file: "worker/shard.go",
		old:    "	plan := s.worker.coord.Plan()\n	s.fenced = plan.Fenced(s.term.Lease().Plan)\n	_, s.reader.patient = s.accepts()\n	page, err := s.reader.next(ctx)\n",
		new:    "	_, s.reader.patient = s.accepts()\n	page, err := s.reader.next(ctx)\n	plan := s.worker.coord.Plan()\n	s.fenced = plan.Fenced(s.term.Lease().Plan)\n",
		why:    "NOTAFTER: the reading that finds the tip may have begun before the fence",
		masked: "the same, within one request", test: "worker.TestReadingThatBeganBeforeTheFenceDoesNotCount",
	},
	{
		name: "tip/not-committed", file: "worker/tip.go",
		old: `	err := s.proc.Flush(ctx)
	if errors.Is(err, ErrRestart) {
		return s.restart(ctx)
	}
	if err != nil {
		return fmt.Errorf("commit at the tip`, new: `	err := ctx.Err()
	if errors.Is(err, ErrRestart) {
		return s.restart(ctx)
	}
	if err != nil {
		return fmt.Errorf("commit at the tip`,
		why:    "what was read up to the tip is not in the log yet",
		masked: "what is not committed at the tip is so a moment later, before anybody looks", test: "worker.TestTipCountsAfterTheFence",
	},
	{
		name: "tip/far-behind", file: "worker/shard.go",
		old: "	if page.MillisBehindLatest > 0 {\n		return nil\n	}\n", new: "",
		why: "a page that is not the last one counts as the tip",
	},
	{
		name: "tip/begun-by-others", file: processorDir + "commit.go",
		old: `err != nil || !begun {`, new: `err != nil || !begun || begun {`,
		why:    "STARTSTALE: a term whose chain has not begun does not look for a beginning once more after the fence",
		masked: "no record goes past retention here before it is in the log", test: "processor.TestFlushFindsAChainThatOthersHaveBegun",
	},
	{
		name: "publish/without-the-tip", file: operator,
		old: `if l.Plan != p.Plan.Number || !l.Ended() && l.TipPlan != p.Plan.Number {`, new: `if l.Plan != p.Plan.Number {`,
		why: "readers are switched before the new generation has what the old one has",
	},
	{
		name: "publish/ignoring-late-rows", file: operator,
		old: `		if l.Plan < p.Plan.Number {
			p.Waiting = append(p.Waiting, l.Key)
		}
		if l.Plan != p.Plan.Number || !l.Ended()`, new: `		if l.Plan == p.Plan.Number && !l.Ended()`,
		why:    "NOROWTIP: a shard whose row comes after the fence, under an older plan, is not waited for",
		masked: "it takes a row that is created by a request which comes late", test: "worker/lease.TestPublicationWaitsForEveryShard",
	},
	{
		name: "publish/before-the-row", file: operator,
		old:    "	return o.advance(ctx, p, (*Plan).publish)",
		new:    "	early := p.Plan\n	early.State, early.Published, early.By = PlanPublished, p.Plan.Map, p.Plan.Number\n	if err := o.publish(ctx, &early); err != nil {\n		return err\n	}\n	return o.advance(ctx, p, (*Plan).publish)",
		why:    "NOFLAG: readers are switched before the plan row says so",
		masked: "another plan would have to be made between the two requests", test: "worker/lease.TestReadersAreSwitchedAfterTheRow",
	},
	{
		name: "publish/backwards", file: chainDir + "published.go",
		old: `!have.before(p) {`, new: `have.Plan == p.Plan {`,
		why:    "an operator that wakes up late shows the map of an older plan",
		masked: "one would have to sleep between two requests for as long as another plan takes", test: "processor/chain.TestPublishedMapGoesForwardOnly",
	},
	{
		name: "publish/unconditional", file: "processor/chain/chaintest/bucket.go",
		old: `!ok || old.tag() != tag {`, new: `!ok && old.tag() != tag {`,
		why: "the published map is replaced whatever it is by then",
	},

	// Making a plan.
	{
		name: "make/without-publishing", file: operator,
		old: `	if to.Published != "" {`, new: `	if to.By < 0 {`,
		why:    "EARLY: a plan is made while readers do not see the map that it begins from",
		masked: "what is shown late is shown all the same, by the next plan", test: "worker/lease.TestNoPlanBeforeReadersSeeTheLast",
	},
	{
		name: "make/unconditional", file: storeFile,
		old: `if !t.plan.Same(&before) {`, new: `if t.plan.Number > before.Number+1 {`,
		why: "two operators make, fence and publish over each other",
	},
	{
		name: "make/whatever-the-state", file: leaseReplay,
		old: `p.Number == o.Number && p.State == o.State && p.ID == o.ID }`, new: `p.Number == o.Number && p.ID == o.ID }`,
		why: "a plan that has been published meanwhile is replaced by one that knows nothing of it",
	},
	{
		name: "make/whose-plan", file: leaseReplay,
		old: `p.Number == o.Number && p.State == o.State && p.ID == o.ID }`, new: `p.Number == o.Number && p.State == o.State }`,
		why: "of two operators that make plan n, both believe that it is theirs",
	},
	{
		name: "make/positions-after-the-row", file: operator,
		old:    "	err := o.insist(ctx, func(ctx context.Context) error { return o.store.PutPositions(ctx, to.ID, positions) })\n	if err == nil {\n		err = o.write(ctx, from, to)\n	}\n",
		new:    "	err := o.write(ctx, from, to)\n	if err == nil {\n		err = o.insist(ctx, func(ctx context.Context) error { return o.store.PutPositions(ctx, to.ID, positions) })\n	}\n",
		why:    "the plan is applied before its positions can be read",
		masked: "an operator would have to die between the two requests", test: "worker/lease.TestOperatorMayStopAnywhere",
	},
	{
		name: "make/not-reserved", file: draft,
		old: `g, err := chain.Reserve(ctx, s.Env, s.Bucket, s.Layout.In(last), s.Stream)`, new: `g, err := last+1, error(nil)`,
		why: "REUSE: a generation has the number after the highest of the published map, which a plan that is not published has used",
	},
	{
		name: "make/reserved-by-others", file: chainDir + "freeze.go",
		old: "		case err == nil:\n			return generation, nil\n", new: "		case err == nil || errors.Is(err, ErrExists):\n			return generation, nil\n",
		why:    "REUSE: a generation that somebody else has reserved is used",
		masked: "the plan row lets one of two operators through, and the other one has written nothing by then", test: "processor/chain.TestGenerationIsReservedOnce",
	},
	{
		name: "make/on-the-wanted-map", file: draft,
		old: `before, err := shardlog.LayoutOf(s.Layout, plan.Published)`, new: `before, err := shardlog.LayoutOf(s.Layout, plan.Map)`,
		why: "a plan that takes the place of one that is not published begins from what that one wanted",
	},

	// Where a shard begins.
	{
		name: "position/at-the-published-end", file: draft,
		old: `d.Now, d.Then = now.End(), w.End()`, new: `d.Now, d.Then = now.End(), w.End(); d.Then = d.Now`,
		why: "a shard goes on where its published chain ends: nothing is written anew",
	},
	{
		name: "position/kept", file: leaseReplay,
		old: "		case known:\n			n.Checkpoint = at\n", new: "		case known && at.Type != ShardEnd && l.Checkpoint.Type == AfterSequenceNumber:\n		case known:\n			n.Checkpoint = at\n",
		why: "KEEP: a shard goes on where its row is",
	},
	{
		name: "position/late-row-kept", file: leaseReplay,
		old: `case !l.Ended() || l.StartingHashKey != "":`, new: `case l.Key == "":`,
		why: "LATEKEEP: a row for which the plan has no position keeps its own",
	},
	{
		name: "position/ended-stays-ended", file: draft,
		old: `end != nil || trimmed {`, new: `end != nil || trimmed || d.Row.Ended() {`,
		why: "KEEPENDED: an ended shard stays ended although its end mark is of an hour of the replay",
	},
	{
		name: "position/empty-stays-ended", file: draft,
		old: `end != nil || trimmed {`, new: `end != nil || trimmed || d.Now.Records == 0 {`,
		why: "KEEPEMPTY: an ended shard without a record stays ended although its end mark is of an hour of the replay",
	},
	{
		name: "position/mark-alone", file: draft,
		old: "	if d.Row.Ended() {\n", new: "	if d.Row.Key != \"\" {\n",
		why:    "MARKALONE: a shard with an end mark is set to SHARD_END before its children have rows",
		masked: "an operator would have to look between an end mark and the row of the child", test: "worker/replay.TestWhereShardsBegin",
	},
	{
		name: "position/end-mark-of-any-hour", file: marks,
		old: "	for _, g := range l.Generations() {\n		m, err := readMark[EndMark](ctx, env, b, l.In(g).EndKey(shard))\n		if err != nil || m != nil && l.GenerationAt(m.Hour) == g {\n",
		new: "	for _, g := range l.Generations() {\n		m, err := readMark[EndMark](ctx, env, b, l.In(g).EndKey(shard))\n		if err != nil || m != nil {\n",
		why: "ENDMARKANY: an end mark counts whatever its hour",
	},
	{
		name: "position/first-record-unknown", file: draft,
		old: `if d.Known = first != ""; d.Known {`, new: `if d.Known = false; d.Known {`,
		why:    "STARTOWN: a shard whose chain has begun with a record that is past retention begins with the oldest that is left",
		masked: "the writer finds the chain that has begun, and goes on there", test: "worker/replay.TestWhereShardsBegin",
	},

	// The beginning of a chain.
	{
		name: "start/in-the-newest-generation", file: marks,
		old: "	for _, g := range l.Generations() {\n		m, err := writeMark(", new: "	for _, g := range l.Generations()[len(l.Generations())-1:] {\n		m, err := writeMark(",
		why: "STARTNEWEST: two terms under different maps do not meet",
	},
	{
		name: "start/in-the-generation-of-its-hour", file: marks,
		old: "	for _, g := range l.Generations() {\n		m, err := writeMark(", new: "	for _, g := range []int{l.GenerationAt(mark.Hour)} {\n		m, err := writeMark(",
		why:    "STARTHOUR: a start mark is written without a look at older generations",
		masked: "two terms would have to begin one chain under two plans", test: "processor/chain.TestChainBeginsOnce",
	},
	{
		name: "start/older-has-no-say", file: marks,
		old: "		mark = m\n", new: "",
		why:    "STARTOWN: a mark of an older generation that does not count does not say where the chain begins",
		masked: "it takes a record that is past retention, before which the chain has begun under an older plan", test: "processor/chain.TestChainBeginsOnce",
	},

	// Rows, and who may take them.
	{
		name: "apply/same-counter", file: leaseReplay,
		old: `= l.Counter+1, p.Number`, new: `= l.Counter, p.Number`,
		why: "the term of before the plan has the same fencing token as the one after it",
	},
	{
		name: "apply/tip-plan-kept", file: leaseReplay,
		old: `p.Source, 0, ""`, new: `p.Source, l.TipPlan, ""`,
		why:    "the row says that the tip was reached under an earlier plan",
		masked: "equivalent: it names the earlier plan, and is compared with the number of this one",
	},
	{
		name: "apply/tip-kept", file: leaseReplay,
		old: `if n.Checkpoint != l.Checkpoint && (p.Source == "" || l.Map != p.Published) {`, new: `if n.Key == "" {`,
		why:    "what was known of another position lets a shard begin silently behind records that are past retention",
		masked: "the tip is noted once in half an hour", test: "worker/lease.TestApply",
	},
	{
		name: "apply/map-kept", file: leaseReplay,
		old: `p.Number, p.Map, p.Source`, new: `p.Number, l.Map, p.Source`,
		why: "the shard is written into the generations of before",
	},
	{
		name: "apply/never-by-workers", file: obey,
		old: `			rows = append(rows, *l)`, new: `			rows = rows[:0]`,
		why: "nobody but operators applies the plan to rows",
	},
	{
		name: "apply/own-rows-only", file: obey,
		old: `l.Owner == c.me.ID || !owned && f.me >= 0 && (f.first(hash(l.Key)) == f.me || f.overdue(l, 0)) {`, new: `l.Owner == c.me.ID && (owned || f.me >= 0) {`,
		why: "OWNERAPPLIES: nobody applies the plan to a row without owner",
	},
	{
		name: "begin/older-than-the-plan", file: leaseDir + "take.go",
		old: ` || l.Counter <= c.highest[l.Key] || l.Plan < c.plan.Number {`, new: ` || l.Counter <= c.highest[l.Key] {`,
		why:    "a term begins under a plan that is over",
		masked: "the plan is applied to the row within moments, and the fence waits for T", test: "worker/lease.TestLeaseThatIsTakenLate",
	},
	{
		name: "begin/handed-over-before-its-parents", file: leaseDir + "expect.go",
		old: `l.Owner == me && Startable(c.leases)(&l)`, new: `l.Owner == me`,
		why: "a shard to which a plan is applied just after it was handed over is read before its parent has been read again",
	},
	{
		name: "free/older-than-the-plan", file: leaseDir + "fleet.go",
		old: `case startable(l) && l.Plan >= f.Plan.Number:`, new: `case startable(l):`,
		why:    "a row is planned for to which the plan has not been applied",
		masked: "who has taken such a row begins nothing", test: "worker/lease.TestTakes",
	},
	{
		name: "learn/terms-go-on", file: obey,
		old: `if t.Lease().Plan < plan.Number {`, new: `if t.Lease().Plan < 0 {`,
		why:    "terms that are older than the plan which a heartbeat brings go on",
		masked: "the plan is applied to their rows within moments, and the fence waits for T", test: "worker/lease.TestHeartbeatsTellOfAPlan",
	},
	{
		name: "learn/backwards", file: obey,
		old: `if plan.Number >= c.plan.Number {`, new: `if plan.Number >= 0 {`,
		why:    "a read that is late makes a worker forget a plan",
		masked: "the same as when a term begins under an older plan", test: "worker/lease.TestRowsThatAreReadLate",
	},
	{
		name: "learn/not-from-heartbeats", file: leaseDir + "heartbeat.go",
		old: "	c.learn(plan) // before there is trust again: nothing older than the plan may go on\n", new: "	_ = plan\n",
		why:    "a worker that cannot read the rows does not hear of a plan",
		masked: "the same, or trust ends", test: "worker/lease.TestHeartbeatsTellOfAPlan",
	},
	{
		name: "parents/of-any-plan", file: leaseDir + "plan.go",
		old: `return !ok || plan != l.Plan`, new: `return !ok || plan < 0`,
		why: "PARENTPLAN: a child is read under a new plan before its parent has been read again",
	},
	{
		name: "parents/of-a-later-plan", file: leaseDir + "plan.go",
		old: `return !ok || plan != l.Plan`, new: `return !ok || plan < l.Plan`,
		why:    "PARENTGE: a child is read under an old plan after its parent has been read under a new one",
		masked: "the plan is applied to the child as it was to the parent, before the child has read anything that counts", test: "worker/lease.TestAnyView",
	},
	{
		name: "children/without-plan", file: leaseDir + "term.go",
		old: `= genesis.start(child.Key), l.Plan, l.Map, l.Source`, new: `= genesis.start(child.Key), 0, l.Map, l.Source`,
		why:    "the row of a child belongs to no plan",
		masked: "workers apply the plan to the row, which costs a moment", test: "worker/lease.TestRowsOfNewShardsBelongToThePlan",
	},
	{
		name: "children/without-map", file: leaseDir + "term.go",
		old: `= genesis.start(child.Key), l.Plan, l.Map, l.Source`, new: `= genesis.start(child.Key), l.Plan, "", l.Source`,
		why: "the child of a shard is written into generation 1",
	},
	{
		name: "children/listed-without-map", file: leaseDir + "shards.go",
		old: `= plan.Number, plan.Map, plan.Source`, new: `= plan.Number, "", plan.Source`,
		why: "a shard that the listing finds is written into generation 1",
	},
	{
		name: "children/listed-without-plan", file: leaseDir + "shards.go",
		old: `= plan.Number, plan.Map, plan.Source`, new: `= 0, plan.Map, plan.Source`,
		why:    "the row of a shard that the listing finds belongs to no plan",
		masked: "the same", test: "worker/lease.TestRowsOfNewShardsBelongToThePlan",
	},

	// Keys.
	{
		name: "generation/of-a-link", file: chainDir + "layout.go",
		old: `return l.At(hour).DataPrefix() + hour`, new: `return l.DataPrefix() + hour`,
		why: "a link of an hour before the replay is put into the new generation",
	},
	{
		name: "generation/in-the-metadata", file: chainDir + "writer.go",
		old: `Generation: w.layout.GenerationAt(hour), Prev`, new: `Generation: w.layout.Generation, Prev`,
		why: "a link says that it belongs to another generation",
	},
	{
		name: "generation/of-an-end-mark", file: chainDir + "writer.go",
		old: `w.layout.Marks().At(want.Hour).EndKey(w.shard.ID)`, new: `w.layout.EndKey(w.shard.ID)`,
		why: "the end mark of a chain that ended before the replay lies where it does not count",
	},
	{
		name: "generation/of-the-plan-not-the-row", file: "worker/shardlog/processor.go",
		old: `LayoutOf(base, l.Map)`, new: `LayoutOf(base, w().Plan().Map)`,
		why: "a term writes under another plan's map than its row's",
	},
	{
		name: "generation/of-a-state", file: chainDir + "state.go",
		old: `return l.At(hour).StatesPrefix()`, new: `return l.In(1).StatesPrefix()`,
		why:    "a shard is restored from a state of a generation that has been replaced",
		masked: "safe here: what the simulator's records become does not change between generations",
	},
}
