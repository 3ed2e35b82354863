// Package reshard changes the number of shards of a stream: it plans the operations, and carries them out.
//
//	Request ─► Plan, from the stream as it is ─► steps: UpdateShardCount, SplitShard, MergeShards ─► Run does the first, waits, and plans anew
//
// A plan is a pure function of the request and the shards, so a run that was interrupted is resumed by asking again: what has been done is not in
// the plan any more.
//
// # Limits of Kinesis that a plan respects
//
//   - UpdateShardCount goes at most to double and at least to half of the open shards, so 3 to 16 is 6, 12, 16. It may be called ten times in 24 hours.
//   - Only shards that are neighbours in the hash range are merged.
//   - A stream does one of these at a time. In on-demand mode AWS decides by itself, and refuses all three.
//   - The account has a limit of open shards.
package reshard
