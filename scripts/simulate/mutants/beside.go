package main

const sideDir = "worker/replay/side/"

// besides are the mutants of the rules by which hours are replayed beside live traffic.
var besides = []mutant{
	{
		name: "beside/unread-is-over", file: sideDir + "draft.go",
		old: `case r != nil && chain.HourOf(r.Arrival) < to:`, new: `case r != nil && chain.HourOf(r.Arrival) < 0:`,
		why:    "an hour is replayed of which the log does not have everything yet",
		masked: "a shard would have to lag a minute behind while the table and the stream can be read", test: "worker/replay.TestWhichHoursAreOver",
	},
	{
		name: "beside/closed-is-over", file: sideDir + "draft.go",
		old: `case over: //`, new: `case over && r != nil: //`,
		why:    "an hour is replayed although children, of which the table knows nothing yet, have records of it",
		masked: "a shard would have to be read to its end, and not ended, while its children have no rows", test: "worker/replay.TestWhichHoursAreOver",
	},
	{
		name: "beside/own-clock", file: sideDir + "draft.go",
		old: `now, err := stream.Time(ctx) // before anything is read`, new: `now, err := s.Env.Wall(), error(nil)`,
		why:    "an hour that is over by the tool's clock gets more records",
		masked: "a shard would have to be idle just then", test: "worker/replay.TestHoursAreOverByTheServicesClock",
	},
	{
		name: "beside/own-clock-does-not-matter", file: sideDir + "draft.go",
		old: `if now.Before(wanted.To.Time().Add(closing)) {`, new: `if now.IsZero() {`,
		why:    "an hour counts as over when the stream has nothing more of it just now",
		masked: "nobody asks for hours to come here", test: "worker/replay.TestHoursAreOverByTheServicesClock",
	},
	{
		name: "beside/unfinished", file: sideDir + "publish.go",
		old: `if err == nil && !p.Done() {`, new: `if err == nil && p.Shards == 0 {`,
		why: "readers are switched to a replay that is not finished",
	},
	{
		name: "beside/whatever-is-there", file: sideDir + "publish.go",
		old: `case is == Other:`, new: `case is == Other && back:`,
		why:    "hours that have been replaced since are replaced again",
		masked: "what is replaced has the same records", test: "worker/replay.TestPublishASideReplayAfterALiveOne",
	},
	{
		name: "beside/while-a-plan-is-on-its-way", file: leaseDir + "switch.go",
		old: `!from.None() && from.State != PlanPublished`, new: `!from.None() && from.State == ""`,
		why: "readers are switched, and back by a plan that knows nothing of it; or to what is not complete",
	},
	{
		name: "beside/undo-forgets", file: leaseDir + "switch.go",
		old: "	if from.Previous != \"\" {\n		to.Previous = previous\n	}\n", new: "	_ = previous\n",
		why:    "the undo of a live replay takes the hours away that were published since",
		masked: "what comes back has the same records", test: "worker/replay.TestPublishASideReplayAfterALiveOne",
	},
	{
		name: "beside/shown-backwards", file: chainDir + "published.go",
		old: `p.Plan == o.Plan && p.Switched < o.Switched`, new: `p.Plan == o.Plan`,
		why: "a tool that wakes up late shows readers what they saw before",
	},
	{
		name: "beside/dropped-while-published", file: sideDir + "drop.go",
		old: `		err = d.touch(ctx)`, new: `		err = nil`,
		why:    "who publishes has looked before the replay was dropped, and writes after it",
		masked: "two tools would have to meet within two requests", test: "worker/replay.TestDropAgainstPublish",
	},
	{
		name: "beside/marks-a-chain-that-goes-on", file: processorDir + "commit.go",
		old: `if err := p.Drain(ctx); err != nil || p.closed {`, new: `if err := p.Drain(ctx); err != nil {`,
		why: "a shard that goes on in later hours gets an end mark",
	},
	{
		name: "beside/forgets-what-it-was-read-from", file: "worker/shardlog/processor.go",
		old: `	if until > 0 {
		return l.Source`, new: `	if until < 0 {
		return l.Source`,
		why:    "whoever ends a shard after another has read it back does not mark its end: its children begin without its model",
		masked: "a lease would have to move between the last link and the end", test: "worker/shardlog.TestHoursThatEndAreAlwaysReadBack",
	},
	{
		name: "beside/the-hour-after", file: processorDir + "readback.go",
		old: `return s.Link.Hour >= until`, new: `return s.Link.Hour > until`,
		why:    "an hour more is written than was asked for",
		masked: "nobody is shown it", test: "processor.TestReadBackUntilAnHour",
	},
	{
		name: "beside/begun-meanwhile", file: processorDir + "readback.go",
		old: `if start == nil || start.Hour >= p.cfg.Until {`, new: `if start == nil {`,
		why:    "a chain that has begun since then behind the hours stops the replay",
		masked: "a shard would have to put its first link within the few requests in which a term of it opens", test: "processor.TestReadBackUntilMeetsAChainThatBegins",
	},
	{
		name: "beside/ended-meanwhile", file: processorDir + "readback.go",
		old: `if err = p.lookBack(ctx); err == nil && p.trail == nil {`, new: `if err == nil {`,
		why:    "a shard without a record that has ended since then stops the replay",
		masked: "it would have to end within the few requests in which a term of it opens", test: "processor.TestReadBackUntilMeetsAShardThatEnds",
	},
	{
		name: "beside/forgotten-links", file: "processor/follow/source.go",
		old: `s.closed = true; chain.Compare(end.Last, s.end.Last) > 0 {`, new: `s.closed = true; chain.Compare(end.Last, s.end.Last) > 0 && false {`,
		why:    "the last links of a shard whose row says SHARD_END without a mark are not learnt from",
		masked: "no model is followed here", test: "processor/follow.TestShardThatEndsWithoutAMarkIsReadToItsLastLink",
	},
	{
		name: "beside/marks-go-with-the-links", file: sideDir + "publish.go",
		old: `to := from.Beside(r.Generation)`, new: `to := chain.Span{From: h, Generation: r.Generation}`,
		why: "readers look for the marks of hours where a replay has written these: a shard that ends there later seems to go on",
	},
	{
		name: "beside/mark-where-the-links-are", file: chainDir + "writer.go",
		old: `w.layout.Marks().At(want.Hour)`, new: `w.layout.At(want.Hour)`,
		why:    "a shard that ends, behind a live replay, in an hour of a side replay is marked where nobody looks",
		masked: "a live replay has to come between, and most go back beyond that hour", test: "worker/replay.TestShardEndsInTheHoursOfASideReplay",
	},
	{
		name: "beside/gap-where-the-links-are", file: chainDir + "gap.go",
		old: "shard, prev string, hour Hour) (*GapMark, error) {\n	l = l.Marks()\n", new: "shard, prev string, hour Hour) (*GapMark, error) {\n",
		why:    "a gap that is accepted in an hour of a side replay is not found, and what follows it seems to follow nothing",
		masked: "an idle shard would have to lose just what comes next", test: "processor/chain.TestGapBesideASideReplay",
	},
}
