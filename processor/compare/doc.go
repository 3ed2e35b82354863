// Package compare tells what another model would have recommended: it reads the rows of some hours in two generations of a log, which differ in nothing but
// their lists, and says how much these differ and how often each had the next product of the session in it.
//
//	Compare ──► for each hour, for each link of the new generation: its rows beside those of the old one ──► Report
//
// # What counts
//
// A prediction is a row whose product differs from that of the row before it in its session, when that row had a list in either generation. It is a hit if the
// product is among the first K of the list of the row before. That is how a shopper meets the lists: each is there until the next thing is done.
//
// # Non-obvious
//
//   - Rows are compared hour by hour, and shard by shard within an hour. A session that moves to another shard when the stream is resharded goes on there, since a
//     child's id is higher than its parent's.
//   - Both generations are judged by the same predictions. So their hit rates can be compared with each other, and not with those of another program.
//   - Sessions are forgotten when many others have come since. Then the first row after a silence is not predicted by the one before it.
package compare
