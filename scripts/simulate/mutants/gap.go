package main

// gaps are the mutants of the rules by which records are given up.
var gaps = []mutant{
	{
		name: "gap/nobody-has-accepted", file: "worker/gap.go",
		old: `return plan, plan.AcceptGaps && plan.Number == s.term.Lease().Plan`, new: `return plan, plan.Number == s.term.Lease().Plan`,
		why: "what is past retention is given up although nobody has said so",
	},
	{
		name: "gap/before-the-fence", file: "worker/gap.go",
		old: "	if err := s.settled(ctx); err != nil {\n		return fmt.Errorf(\"accept gap: %w\", err)\n	}\n", new: "",
		why:    "a gap is marked while a term of an older plan may still fill it",
		masked: "a term that goes on after its plan has seldom what is given up", test: "worker.TestGapWaitsForTheFence",
	},
	{
		name: "gap/among-what-readers-see", file: chainDir + "gap.go",
		old: `Hour: max(hour, w.end.hour())}`, new: `Hour: w.end.hour()}`,
		why: "what comes behind a gap is put into the hour in which it arrived, which may be none of those that are written anew",
	},
	{
		name: "gap/over-what-is-open", file: "worker/gap.go",
		old: `	if err := s.proc.Flush(ctx); err != nil {
		return fmt.Errorf("commit before records that are given up`, new: `	if err := error(nil); err != nil {
		return fmt.Errorf("commit before records that are given up`,
		why:    "a gap is marked before what has been read before it",
		masked: "one in 50,000 schedules loses a shard while it is read", test: "worker.TestWhatWasReadBeforeAGapIsCommitted",
	},
	{
		name: "gap/as-the-plan-has-it", file: "worker/gap.go",
		old: `{plan.Map, plan.Published, plan.Previous}`, new: `{plan.Map}`,
		why:    "what comes behind a gap of a plan that goes back to earlier generations lies in hours in which readers see another one of these, too",
		masked: "one in 50,000 schedules does that", test: "worker.TestGapIsWhereAllMapsAgree",
	},
	{
		name: "gap/nothing-is-kept", file: "worker/gap.go",
		old: `	if err := s.keep(ctx, page); errors.Is`, new: `	if err := error(nil); errors.Is`,
		why:    "a request of an earlier term puts its link, late, where a gap begins",
		masked: "one in 20,000 schedules does that", test: "worker.TestSkipToTheLatest",
	},
	{
		name: "gap/of-another-replay", file: chainDir + "gap.go",
		old:    "		if err != nil || m != nil && l.GenerationAt(m.Hour) == g {\n			return m, err\n		}\n	}\n	return nil, nil\n",
		new:    "		if err != nil || m != nil {\n			return m, err\n		}\n	}\n	return nil, nil\n",
		why:    "what a replay has given up is given up by all that take its place",
		masked: "it takes a replay that gives up what begins its hours, and another one from the same hour on that has it", test: "processor/chain.TestGapOfAReplayIsNoneOfTheNextOne",
	},
	{
		name: "gap/in-each-generation", file: chainDir + "gap.go",
		old:    "		if err != nil || l.GenerationAt(m.Hour) == g {\n			return m, err\n		}\n	}\n	return nil, fmt.Errorf(\"gap of %s",
		new:    "		if err != nil || l.GenerationAt(m.Hour) == g && l.GenerationAt(mark.Hour) == g {\n			return m, err\n		}\n	}\n	return nil, fmt.Errorf(\"gap of %s",
		why:    "two whose maps differ behind the end of a chain accept different gaps there",
		masked: "whoever accepts a gap has waited until nobody is left who has another map", test: "processor/chain.TestGapIsAcceptedOnceUnderAllMaps",
	},
	{
		name: "gap/hour-is-forgotten", file: chainDir + "gap.go",
		old: `Hour: max(e.hour(), m.Hour)}`, new: `Hour: e.hour()}`,
		why: "a takeover puts what comes behind a gap into another hour than the one that accepted it",
	},
	{
		name: "gap/what-arrived-since", file: "worker/gap.go",
		old:    `return r.Arrival.UnixMilli() >= ms && chain.Compare(r.SequenceNumber, first.SequenceNumber) > 0`,
		new:    `return r.Arrival.UnixMilli() >= ms && first.SequenceNumber != ""`,
		why:    "a record that looks as if it had arrived later, before those that are given up, ends the gap that begins behind it",
		masked: "a page that begins with such a record is not skipped", test: "worker.TestSkipOverStragglers",
	},
	{
		name: "gap/audited-after-undo", file: "processor/audit/gap.go",
		old: `return i > 0 && w.chain[i-1].hour < g.hour`, new: `return i < 0`,
		why:    "what an undone replay has given up is called a contradiction",
		masked: "the audit is not simulated", test: "processor/audit.TestGapOfAReplay",
	},
	{
		name: "gap/with-what-is-left", file: chainDir + "writer.go",
		old: `next != "" && Compare(b.First, next) != 0 {`, new: `next == GapToEnd {`,
		why:    "a chain goes on somewhere behind a gap, not where the mark says",
		masked: "processors begin where they are told to", test: "processor/chain.TestChainGoesOnWhereTheGapEnds",
	},
}
