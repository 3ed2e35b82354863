package main

// pasts are the mutants of the rules by which a replay reads its input back from the log.
var pasts = []mutant{
	{
		name: "past/hash-of-what-is-left", file: processorDir + "batch.go",
		old: `cmp.Or(b.hashed, b.hash.Sum())`, new: `cmp.Or(b.hash.Sum(), b.hashed)`,
		why: "the hash of a link that is read back is not that of the input",
	},
	{
		name: "past/half-a-link", file: processorDir + "commit.go",
		old: ` || p.batch != nil && p.batch.hashed != "" {`, new: ` {`,
		why: "a term that ends within a link commits what it has of it, under the hash of the whole",
	},
	{
		name: "past/within-a-link", file: chainDir + "trail.go",
		old: `link == nil || link.Last != from.Last || link.Hash != from.Hash {`, new: `link == nil {`,
		why:    "a chain that ends within a link of the past goes on behind that",
		masked: "nobody writes links of other sizes here", test: "processor.TestWhatCannotBeReadBack",
	},
	{
		name: "past/over-other-links", file: chainDir + "trail.go",
		old: `link.Last != from.Last || link.Hash != from.Hash {`, new: `link.Last != from.Last {`,
		why:    "a chain that has come to the same record over other links takes the hashes of the past over",
		masked: "it takes a link that was put into the past after a new term had looked", test: "processor/chain.TestTrailIsNotFound",
	},
	{
		name: "past/rows-without-source", file: leaseReplay,
		old: `p.Number, p.Map, p.Source, 0, ""`, new: `p.Number, p.Map, "", 0, ""`,
		why: "workers look in the stream for what is in the log alone",
	},
	{
		name: "past/tip-of-another", file: leaseReplay,
		old: `p.Source == "" || l.Map != p.Published`, new: `p.Source == ""`,
		why:    "what was committed under a plan that nobody has published counts as being in what is read back",
		masked: "the tip is noted once in half an hour", test: "worker/lease.TestApplyOfWhatIsReadBack",
	},
	{
		name: "past/of-the-new-generation", file: draft,
		old: `to.Source = d.Before.String()`, new: `to.Source = after.String()`,
		why: "what is to be written is read back, and not what readers see",
	},
	{
		name: "past/without-its-end", file: chainDir + "trail.go",
		old: `if err == nil && end != nil && end.Last == t.end.Last {`, new: `if err == nil && end != nil && end.Last != t.end.Last {`,
		why: "the end of a shard is looked for in the stream, which has it no more",
	},
	{
		name: "past/end-of-an-empty-shard", file: chainDir + "trail.go",
		old: `for t.start.First != "" {`, new: `for t.start != nil {`,
		why:    "all hours since 1970 are listed for the links of a shard that never had any",
		masked: "it takes an empty shard whose parents were gone when the application began", test: "processor/chain.TestTrailOfAShardThatWasEmpty",
	},
	{
		name: "past/first-link-alone", file: "worker/past.go",
		old: `if s.note(&n); n.Over {`, new: `if s.note(&n); n.Over || n.Records > 0 {`,
		why: "reading goes on in the stream before all has been read back",
	},
	{
		name: "past/from-the-beginning", file: "worker/past.go",
		old: `if s.reader.at = n.At; n.Whole {`, new: `if n.Whole {`,
		why: "what has been read back is read again in the stream",
	},
	{
		name: "past/adopted", file: "worker/past.go",
		old: `		if errors.Is(err, ErrRestart) {
			return s.restart(ctx)
		}
`, new: `		if errors.Is(err, ErrRestart) {
			return nil
		}
`,
		why:    "a term goes on with a state that another writer's link has made obsolete",
		masked: "two that read the same back put the same link", test: "worker.TestPastIsReadBeforeTheStream",
	},
	{
		name: "past/listed-once", file: chainDir + "trail.go",
		old: `looks > 1 && (!stray || met)`, new: `looks > 0 && (!stray || met || stray)`,
		why:    "a link that was put after its hour had been listed is overlooked",
		masked: "nothing is put into a log that is read back but by those who have not stopped yet, which the stream still has", test: "processor/chain.TestTrailOfAChainThatGrows",
	},
	{
		name: "past/stray-at-the-second-look", file: chainDir + "trail.go",
		old: `looks > 1 && (!stray || met)`, new: `looks > 1 && (!stray || met || stray)`,
		why:    "a link is taken for one that does not follow, since what it follows was put when that hour had been listed",
		masked: "one in 100,000 schedules does that", test: "processor/chain.TestTrailOfAChainThatGrowsIntoTheNextHour",
	},

	{
		name: "past/gap-before-the-fence", file: processorDir + "readback.go",
		old: "	if err := settled(ctx); err != nil {\n		return err\n	}\n", new: "",
		why:    "a gap is taken over while somebody could still fill it",
		masked: "nobody gives anything up here", test: "processor.TestReadBackGoesOverGaps",
	},
}
