package main

// logs are the mutants of the rules by which a shard is read, and written to the log.
var logs = []mutant{
	// The chain.
	{
		name: "chain/unconditional-put", file: "processor/chain/chaintest/bucket.go",
		old: `if _, ok := b.objects[key]; ok && !b.IgnoreConditions {`, new: `if _, ok := b.objects[key]; ok && b.IgnoreConditions {`,
		why: "objects are overwritten",
	},
	{
		name: "chain/unique-key", file: chainDir + "writer.go",
		old: "	hour := w.end.HourOf(b.FirstArrival)\n", new: "	hour := w.end.HourOf(b.FirstArrival) + Hour(w.leaseCounter)\n",
		why: "the key depends on who writes: two owners commit the same records",
	},
	{
		name: "chain/hour-by-own-clock", file: chainDir + "writer.go",
		old: "	hour := w.end.HourOf(b.FirstArrival)\n", new: "	hour := w.end.HourOf(w.env.Wall())\n",
		why: "the key depends on a clock",
	},
	{
		name: "chain/hour-decreases", file: chainDir + "link.go",
		old: `return max(e.hour(), HourOf(arrival)) }`, new: `return HourOf(arrival) }`,
		why: "a straggler's link lies in an hour before its predecessor's",
	},
	{
		name: "chain/parents-hour-ignored", file: chainDir + "takeover.go",
		old: "	w.end.Hour = hour\n", new: "	w.end.Hour = hour - hour\n",
		why: "a child's link lies in an hour before its parents'",
	},
	{
		name: "chain/gives-up-on-412", file: chainDir + "writer.go",
		old: "	return w.adopt(ctx, link)\n", new: "	return fmt.Errorf(\"put %s: %w\", link.Key, err)\n",
		why:    "after a crash between PUT and checkpoint, or a lost answer, the shard never goes on",
		masked: "safe, and it goes on: the failed shard is opened again and finds the link by listing",
	},
	{
		name: "chain/412-is-mine", file: chainDir + "writer.go",
		old: "	return w.adopt(ctx, link)\n", new: "	w.end = link.End()\n	return nil\n",
		why: "another writer's link, with another end, is taken for the own one",
	},
	{
		name: "chain/adopts-the-end-only", file: chainDir + "writer.go",
		old: "	return ErrAdopted\n", new: "	return nil\n",
		why: "the chain goes on from another writer's end, and the batch from the own one",
	},
	{
		name: "chain/equal-first-is-mine", file: chainDir + "writer.go",
		old: `if theirs.Last == mine.Last && theirs.Hash == mine.Hash {`, new: `if theirs.First == mine.First {`,
		why: "a link that begins like mine is taken for mine",
	},
	{
		name: "chain/own-writer-is-mine", file: chainDir + "writer.go",
		old: `	if theirs.Last == mine.Last && theirs.Hash == mine.Hash {`, new: `	if theirs.LeaseCounter == mine.LeaseCounter {
		w.end = mine.End()
		return nil
	}
	if theirs.Last == mine.Last && theirs.Hash == mine.Hash {`,
		why:    "a link of the same term is taken for the answer to this PUT, whatever its end",
		masked: "safe here: the same bytes are put until the outcome is known, so no other link of the term begins alike; the model OWNWRITER shows the scheme that it breaks",
	},
	{
		name: "chain/key-of-the-end", file: chainDir + "writer.go",
		old: `key, err := w.layout.LinkKey(hour, w.shard.ID, b.First)`, new: `key, err := w.layout.LinkKey(hour, w.shard.ID, b.Last)`,
		why: "two batches that begin alike and end differently have different keys",
	},
	{
		name: "chain/unknown-is-done", file: chainDir + "writer.go",
		old: "	if err == nil {\n		w.end = link.End()\n		return nil\n	}\n", new: "	if !errors.Is(err, ErrExists) {\n		w.end = link.End()\n		return nil\n	}\n",
		why:    "a PUT that never got an answer is taken for done",
		masked: "safe here: requests are repeated until their outcome is known or the term has ended, and then the bookmark cannot be written either; see no-answer-is-done",
	},
	{
		name: "chain/one-try", file: chainDir + "bucket.go",
		old: "		if Definite(err) {\n			env.Answered()\n", new: "		if Definite(err) || true {\n			env.Answered()\n",
		why:    "requests to the store are not repeated",
		masked: "safe: the shard fails and is opened again",
	},
	{
		name: "chain/no-answer-is-done", file: chainDir + "bucket.go",
		old: "			env.Answered()\n			return err\n		}\n", new: "			return err\n		}\n		if wait > 100*time.Millisecond {\n			return nil\n		}\n",
		why: "after two tries a PUT without answer is taken for done: records are lost",
	},
	{
		name: "chain/no-start-mark", file: chainDir + "writer.go",
		old: `mark, err := writeStart(ctx, w.env, w.bucket, w.layout, w.mark(first, w.end.HourOf(arrival)))`,
		new: `mark, err := w.mark(first, w.end.HourOf(arrival)), error(nil)`,
		why: "where a chain begins depends on who reads first",
	},
	{
		name: "takeover/from-the-bookmark", file: chainDir + "takeover.go",
		old: "	return w.follow(ctx)\n", new: "	return nil\n",
		why: "links behind the bookmark are overlooked",
	},
	{
		name: "takeover/first-hour-only", file: chainDir + "takeover.go",
		old: `w.shard.ID, max(HourOf(w.env.Wall()), w.end.Hour)+1)`, new: `w.shard.ID, w.end.Hour)`,
		why: "links of later hours are overlooked",
	},

	// The processor.
	{
		name: "bookmark/leads", file: processorDir + "upload.go",
		old: "		if err := p.writer.Commit(ctx, u.link); err != nil {",
		new: "		if err := p.bookmark(ctx, chain.End{Last: u.link.Last, Hour: p.writer.End().HourOf(u.link.FirstArrival)}); err != nil {\n			return err\n		}\n		if err := p.writer.Commit(ctx, u.link); err != nil {",
		why: "the checkpoint is written before the object",
	},
	{
		name: "bookmark/never", file: processorDir + "upload.go",
		old: "	if err := p.bookmark(ctx, p.writer.End()); err != nil {\n		return fmt.Errorf(\"move bookmark: %w\", err)\n	}\n	p.putState", new: "	p.putState",
		why:    "the checkpoint stays where the shard was opened",
		masked: "safe: it lags, which costs a longer listing",
	},
	{
		name: "upload/next-before-confirmed", file: processorDir + "commit.go",
		old: "	if err := p.settle(ctx); err != nil {\n		return err\n	}\n	link := p.batch.seal()", new: "	link := p.batch.seal()",
		why: "a PUT begins while the one before it is under way",
	},
	{
		name: "upload/idle-in-flight", file: processorDir + "commit.go",
		old: "return p.upload == nil && (p.batch", new: "return (p.batch",
		why: "a shard calls itself idle while its last batch is on its way: its tip says too much",
	},
	{
		name: "upload/drain-does-not-wait", file: processorDir + "commit.go",
		old: "	if err := p.commit(ctx); err != nil {\n		return err\n	}\n	return p.settle(ctx)\n", new: "	return p.commit(ctx)\n",
		why: "the lease goes to the next owner while the last batch is on its way",
	},
	{
		name: "upload/interrupted-is-dropped", file: processorDir + "upload.go",
		old: "	if u.interrupted() && ctx.Err() == nil {\n		u.err = p.push(ctx, u)\n	}\n", new: "",
		why: "a batch whose upload the end of the term has interrupted is processed again by the next owner",
	},
	{
		name: "upload/failed-is-dropped", file: processorDir + "upload.go",
		old: "	if u.err != nil {\n		return u.err\n	}\n	u.stop()\n", new: "	u.stop()\n",
		why: "a batch that was not committed is forgotten, and the next one sent",
	},
	{
		name: "upload/close-does-not-wait", file: processorDir + "upload.go",
		old: "	if u := p.upload; u != nil {\n		u.stop()\n		u.wait()\n	}\n", new: "",
		why: "a term that is over goes on uploading",
	},
	{
		name: "upload/next-begins-at-the-old-end", file: processorDir + "commit.go",
		old: "	p.end = p.batch.end(link)\n", new: "",
		why: "a batch that is filled during an upload takes the chain's end without it for its own beginning",
	},
	{
		name: "budget/nothing-is-due", file: processorDir + "budget.go",
		old: "	if over <= 0 || s.gain() == 0 {\n		return false\n	}\n", new: "	if over >= 0 || s.gain() == 0 {\n		return false\n	}\n",
		why: "open batches grow past the memory that the processors share",
	},
	{
		name: "budget/largest-only", file: processorDir + "budget.go",
		old: "return over > b.limit/8 || slices", new: "return slices",
		why: "one large batch of a shard that is not being read keeps all others from giving way",
	},
	{
		name: "budget/upload-not-waited-for", file: processorDir + "processor.go",
		old: "if p.upload != nil && p.share.exhausted() {", new: "if p.upload != nil && p.upload == nil {",
		why: "a shard takes more in while the store is slow",
	},
	{
		name: "budget/never-given-back", file: processorDir + "upload.go",
		old: "	if p.share != nil {\n		p.share.leave()\n	}\n", new: "",
		why: "what a shard held that has moved counts for ever",
	},
	{
		name: "batch/spans-hours", file: processorDir + "processor.go",
		old: `(chain.HourOf(r.Arrival) > p.batch.hour || p.full())`, new: `p.full()`,
		why: "a link has records of a later hour",
	},
	{
		name: "batch/no-timer", file: processorDir + "commit.go",
		old: `return p.full() || p.env.Now().Sub(p.batch.opened) >= age`, new: `return p.full() && age > 0`,
		why: "an old batch waits for records that do not come",
	},
	{
		name: "restore/beyond-the-takeover", file: chainDir + "lineage.go",
		old: `> 0 && Compare(k.First, until.Last) <= 0 {`, new: `> 0 && Compare(k.First, until.Last) <= 1 {`,
		why: "what another writer puts between takeover and restore is folded twice",
	},
	{
		name: "restore/without-ancestors", file: chainDir + "lineage.go",
		old: "	for _, p := range parents {\n", new: "	for _, p := range parents[:0] {\n",
		why: "the sessions of a split shard begin anew",
	},
	{
		name: "restore/other-order", file: chainDir + "fold.go",
		old: "	for _, f := range held {\n", new: "	for i := range held {\n		f := held[len(held)-1-i]\n",
		why: "the log is folded backwards",
	},
	{
		name: "restore/not-the-last-object", file: chainDir + "fold.go",
		old: "		n := fetchable(objects)\n", new: "		n := fetchable(objects)\n		if len(objects) == 1 {\n			return nil\n		}\n",
		why: "the state is older than the chain",
	},
	{
		name: "adopted/goes-on", file: "worker/shardlog/processor.go",
		old: "	case errors.Is(err, chain.ErrAdopted):\n		return fmt.Errorf(\"%w: %w\", worker.ErrRestart, err)\n", new: "	case errors.Is(err, chain.ErrAdopted):\n		return nil\n",
		why: "a batch that lost against another writer's is kept",
	},

	// The reader and the shard.
	{
		name: "reader/last-record-twice", file: "worker/reader.go",
		old: `lease.AtSequenceNumber, at.Value, true, at.Value`, new: `lease.AtSequenceNumber, at.Value, false, at.Value`,
		why: "the record at which the log ends is processed again",
	},
	{
		name: "reader/expired-iterator-starts-anew", file: "worker/reader.go",
		old: `errors.Join(err, r.again(ctx))`, new: `errors.Join(err, r.iterate(ctx, r.at))`,
		why: "after an expired iterator the shard is read from where it was opened",
	},
	{
		name: "reader/overtaken-while-the-iterator-expired", file: "worker/reader.go",
		old: `return r.begin(ctx, lease.After(r.last, 0))`, new: `return r.iterate(ctx, lease.After(r.last, 0))`,
		why:    "what retention has taken since the last page is skipped silently",
		masked: "one in some ten thousand schedules meets it, such as 19,394",
		test:   "worker.TestRetentionOvertakesAReader",
	},
	{
		name: "reader/overtaken-by-retention", file: "worker/reader.go",
		old: "	if r.overtaken() {\n", new: "	if false {\n",
		why:    "an iterator that has been overtaken goes on with what is left",
		masked: "retention takes records here that are seconds old, and an iterator that it has overtaken expires at once",
		test:   "worker.TestRetentionOvertakesAReader",
	},
	{
		name: "reader/an-empty-page-proves-it", file: "worker/reader.go",
		old: "	if r.expect != \"\" || r.doubt {\n		return\n	}\n	r.begun", new: "	r.begun",
		why:    "while the record at which reading has to begin is not found, an empty page counts as proof that nothing is missing",
		masked: "there are no empty pages before the first record",
		test:   "worker.TestWhatHasNotBegunIsNotOvertaken",
	},
	{
		name: "reader/overtaken-forgets-the-batch", file: "worker/shard.go",
		old: "	if err := s.proc.Flush(ctx); err != nil && !errors.Is(err, ErrRestart) {\n		return fmt.Errorf(\"commit before records", new: "	if err := error(nil); err != nil {\n		return fmt.Errorf(\"commit before records",
		why:    "what had been read when retention took what comes next, and may be past it, too, is not committed",
		masked: "what has been read can be read again there",
		test:   "worker.TestRetentionOvertakesAReader",
	},
	{
		name: "reader/expired-iterator-skips", file: "worker/reader.go",
		old: "	r.iterator, r.children, r.ended = page.Next, page.Children, page.Next == \"\"\n",
		new: "	r.iterator, r.children, r.ended = page.Next, page.Children, page.Next == \"\"\n	if n := len(page.Records); n > 30 {\n		page.Records = page.Records[:30]\n	}\n",
		why: "records of a large page are skipped",
	},
	{
		name: "consumer/two-at-a-time", file: "worker/registry.go",
		old: "	if r.current[s.term.Key()] != s {\n		return false\n	}\n	r.claimed[s] = true\n	return true\n", new: "	r.claimed[s] = true\n	return true\n",
		why:    "a shard that was lost and won again is consumed while its last consumer still ends",
		masked: "safe: the older one is over and commits nothing; real processors would work beside each other for a moment",
	},
}
