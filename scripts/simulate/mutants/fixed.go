package main

// fixed are bugs that the project has had, put back. The list bugs.md says which other mutants are bugs as well.
var fixed = []mutant{
	// Leases.
	{
		name: "fixed/listing-holds-scans-up", file: leaseDir + "shards.go",
		old: `_ = c.env.Sleep(done, c.cfg.Scan)`, new: `_ = c.env.Sleep(done, 3*c.cfg.Failover)`,
		why:  "while the stream does not list its shards nobody takes the leases of the dead, nor notices that its own are taken",
		test: "worker/lease.TestLeasesAreWatchedWhileTheStreamDoesNotAnswer",
	},
	{
		name: "fixed/taken-between-registrations", file: leaseDir + "heartbeat.go",
		old: "	c.distrust()\n	c.stopAll(", new: "	c.stopAll(",
		why:  "a worker whose row is gone takes leases before it has another one, and has them taken away",
		test: "worker/lease.TestNothingIsTakenBetweenTwoRegistrations",
	},
	{
		name: "fixed/late-checkpoint-not-recognised", file: leaseDir + "term.go",
		old: `errors.Is(err, ErrConflict) && t.recognise(ctx)`, new: `errors.Is(err, ErrConflict) && t.c == nil`,
		why:  "a checkpoint of the term's own, whose answer came too late, makes the hand-off fail: the shard waits for T",
		test: "worker/lease.TestHandOffAfterACheckpointWithoutAnswer",
	},
	{
		name: "fixed/abandoned-term-writes", file: leaseDir + "term.go",
		old: `if from.Owner != t.owner {`, new: `if from.Key == "" {`,
		why:  "a consumer that hung writes the row that its term has given up",
		test: "worker/lease.TestAbandonedTermWritesNothing",
	},
	{
		name: "fixed/child-of-the-beginning", file: leaseDir + "term.go",
		old: `= genesis.start(child.Key), l.Plan`, new: `= genesis.start(child.Key + " is new"), l.Plan`,
		why:  "NOGENESIS: the owner of an ended parent creates the row of a child that was there when the application began at the oldest record",
		test: "worker/lease.TestChildOfTheBeginningStartsWhereTheApplicationDid",
	},
	{
		name: "fixed/old-id-inherits", file: leaseDir + "scan.go",
		old: "	if c.readAt.IsZero() {\n		c.inherit(leases)\n	}\n", new: "",
		why:  "a worker that comes back under its id begins the terms of its predecessor, under a counter that somebody has used",
		test: "worker/lease.TestOwnerComesBackUnderItsOldID",
	},
	{
		name: "fixed/beats-after-leaving", file: leaseDir + "leave.go",
		old: "	if c.stopBeats != nil {\n		c.stopBeats()\n	}\n	for c.stillBeating() {", new: "	for c.me.ID == \"\" {",
		why:  "a heartbeat finds that the row of a worker which has left is gone, and registers it anew",
		test: "worker/lease.TestLeavingWorkerDoesNotRegisterAgain",
	},
	{
		name: "fixed/handed-over-before-its-parents", file: leaseDir + "expect.go",
		old: `ready := l.Owner == me && Startable(c.leases)(&l)`, new: `ready := l.Owner == me`,
		why:  "a row that was handed over, and to which a plan has been applied then, begins before its parents have been read again",
		test: "worker/lease.TestHandedOverChildWaitsForItsParentUnderANewPlan",
	},
	{
		name: "fixed/regained-trust-reads-nothing", file: leaseDir + "heartbeat.go",
		old: "	if !c.trusted() {\n		c.stale = true", new: "	if !c.trusted() && c.me.ID == \"\" {\n		c.stale = true",
		why:    "a worker that regains trust begins terms by rows that were read while others held it for dead",
		masked: "it takes a row that is handed back within the moment in which trust is regained; 500 schedules do not have it",
	},
	{
		name: "fixed/skips-by-own-clock", file: "scripts/streamrec/reset_run.go",
		old: `	second, err := t.stream.Time(ctx)
`, new: `	second, err := here.Truncate(time.Second), error(nil)
`,
		why:    "what has not been read is given up up to a moment that the operator's machine takes for now",
		masked: "its operators ask the service themselves", test: "scripts/streamrec.TestToLatestGoesByTheServicesClock",
	},
	{
		name: "fixed/late-registration", file: storeFile,
		old: "		if _, ok := t.workers[w.ID]; !ok {\n			t.workers[w.ID] = w\n		}\n", new: "		t.workers[w.ID] = w\n",
		why:  "a registration that comes late sets the heartbeat counter back",
		test: "infra/dynamo.TestMemoryStore",
	},
	{
		name: "fixed/handed-to-who-leaves", file: leaseDir + "scan.go",
		old: `return !leaves && c.seen`, new: `return (!leaves || leaves) && c.seen`,
		why:    "a lease is handed to a worker that is known to leave",
		masked: "safe: whoever leaves hands it on at once; it costs the shard a second pause",
	},

	// Shards.
	{
		name: "fixed/finished-twice", file: "worker/registry.go",
		old: `if r.claimed[s] || r.current[key] != s && r.waiting[key] != s {`, new: `if key == "" || r.claimed[s] {`,
		why:  "a shard whose end is noticed late is finished a second time",
		test: "worker.TestShardIsAbandonedOnlyBeforeItIsConsumed",
	},
	{
		name: "fixed/hanging-consumer-keeps-the-shard", file: "worker/watch.go",
		old: `idle > w.cfg.Stall && !s.term.GivenUp()`, new: `idle > 1000*w.cfg.Stall && !s.term.GivenUp()`,
		why:  "a processor that hangs keeps its shard for ever inside a live worker",
		test: "worker.TestHangingProcessorLosesItsShardAndNothingElse",
	},

	// Log and state.
	{
		name: "fixed/silence-hour-by-hour", file: chainDir + "listing.go",
		old: `min(2*n, mostHours)`, new: `min(n, mostHours)`,
		why:  "a chain that goes on after days of silence is looked for hour by hour",
		test: "processor/chain.TestLongSilenceIsPassedInFewSteps",
	},
	{
		name: "fixed/map-before-1970", file: chainDir + "generation.go",
		old: `|| err != nil || next <= from {`, new: `|| err != nil || len(m) > 0 && next <= from {`,
		why:  "a map whose first span ends before 1970 can be planned, and not be published",
		test: "processor/chain.FuzzParseMap",
	},
	{
		name: "fixed/state-of-visits-alone", file: processorDir + "sessions.go",
		old: `if !whole && c.merged == nil {`, new: `if !whole && len(rest) == 0 {`,
		why:  "a worker that does not merge takes a state without what was learnt, and forgets it",
		test: "processor/follow.TestStateOfVisitsIsNoStateWithoutEditions",
	},
	{
		name: "fixed/snapshots-of-one-generation", file: "processor/follow/snapshot.go",
		old: `range f.cfg.Layout.Generations() {`, new: `range []int{f.cfg.Layout.Generation} {`,
		why:  "the model of a replay begins with nothing: the newest snapshot before it is another generation's",
		test: "processor/follow.TestReplayBeginsWithTheSnapshotBeforeIt",
	},
	{
		name: "fixed/reopens-from-the-end", file: "model/visit.go",
		old: `if v.finger > 0 && v.finger != i+1 {`, new: `if v.finger < 0 {`,
		why:  "opening the child of merged shards passes the open visits of one parent anew for each one of the other",
		test: "model.TestReopeningManyParentsPassesEachVisitOnce",
	},

	// What comes from outside.
	{
		name: "fixed/page-with-two-lists", file: "infra/kinesis/page_reader.go",
		old: "		if page.Records != nil {\n			return false\n		}\n", new: "",
		why:  "of a page with two lists of records another one is taken than the SDK takes",
		test: "infra/kinesis.TestQuickPagesKnowWhatKinesisAnswers",
	},
	{
		name: "fixed/protocol-of-a-copied-client", file: "infra/kinesis/form.go",
		old: `GetRecords(ctx, in, quickPages, func(o *kinesis.Options) { seen`, new: `GetRecords(ctx, in, func(o *kinesis.Options) { seen`,
		why:  "a client made from another's options forgets how pages are read quickly",
		test: "infra/kinesis.TestStreamReadsItsPagesQuickly",
	},
	{
		name: "fixed/refused-request-is-copied-again", file: "infra/kinesis/form.go",
		old: "		r.form.CompareAndSwap(f, nil)\n", new: "",
		why:  "where a clock is wrong, each read is refused once before the SDK corrects it",
		test: "infra/kinesis.TestARequestThatHasFailedIsNoForm",
	},
	{
		name: "fixed/rate-that-is-no-number", file: "infra/dynamo/items.go",
		old: `if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {`, new: `if err != nil || math.IsNaN(float64(len(name))) {`,
		why:  "a row whose rate is NaN or infinite makes every sum of rates so",
		test: "infra/dynamo.FuzzLeaseRow",
	},
	{
		name: "fixed/price-that-json-lacks", file: "model/catalogue/catalogue.go",
		old: `if !json.Valid([]byte(p.Price)) {`, new: `if p.Price == "" {`,
		why:  "a price written +5, .5 or 007 in a CSV catalogue makes every answer with the product fail",
		test: "model/catalogue.TestPricesOfCSVAreNumbersOfJSON",
	},
	{
		name: "fixed/price-nan", file: "model/catalogue/catalogue.go",
		old: `|| !(v >= 0) ||`, new: `|| v < 0 ||`,
		why:  "a price of NaN passes for one from 0",
		test: "model/catalogue.TestPricesOfCSVAreNumbersOfJSON",
	},
	{
		name: "fixed/plan-file-of-several-things", file: "scripts/streamrec/reset_request.go",
		old: `p.App == "" || !p.consistent() {`, new: `p.App == "" {`,
		why:  "a plan file that was edited asks for a replay and for going on where shards are",
		test: "scripts/streamrec.FuzzPlanFile",
	},
	{
		name: "fixed/truncated-and-renamed", file: "scripts/tail/rotate.go",
		old: "		if !changed(c).After(until) {\n", new: "		if c != nil || changed(c).After(until) {\n",
		why:  "a file that was truncated and renamed between two looks is read twice",
		test: "scripts/tail.TestRandomHistories",
	},
	{
		name: "fixed/way-back-lost-by-a-resume", file: leaseReplay,
		old: `if p.State = PlanPublished; p.Map != p.Published {`, new: `if p.State = PlanPublished; p.Map != "" {`,
		why:    "after a plan that changes no generations an undo leads nowhere",
		masked: "an undo that leads nowhere does no harm to the log", test: "worker/lease.TestPlanThatChangesNoMapLeavesTheWayBack",
	},

	// What operators see.
	{
		name: "fixed/requests-are-news-each-time", file: "infra/dashboard/feed.go",
		old: `e.At-old.At < repeated`, new: `e.At < old.At`,
		why:  "a request for a lease that is left again is news each time, and fills the dashboard's feed",
		test: "infra/dashboard.TestRequestsAreNewsOnce",
	},
	{
		name: "fixed/acks-of-what-is-in-the-stream", file: "processor/audit/cover.go",
		old: `c.acks.mark(r.SequenceNumber, waiting)`, new: `_ = r`,
		why:  "the audit takes a record that was acknowledged, and that the stream still has, for lost",
		test: "processor/audit.TestAcknowledgedRecordsMayBePending",
	},
}
