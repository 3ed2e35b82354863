// Package chain is the S3 log: the objects that are at once the output, the commit and what recovery starts from.
//
// Per shard and generation the log is a chain of links. A link is one immutable Parquet object, written by one conditional PUT
// (If-None-Match: *), and that PUT is the commit of the batch: there is no second step. The next link begins at the first
// record after the end of the previous one.
//
//	<prefix>/gen=1/dt=2026-11-23/hour=09/shardId-000000000000-0049….parquet   a link
//	<prefix>/_log/owner.json                                                  which application writes it
//	<prefix>/_log/gen=1/config.json                                           what keys depend on, frozen
//	<prefix>/_log/gen=1/shardId-000000000000.start.json                       where the chain begins
//	<prefix>/_log/gen=1/shardId-000000000000.end.json                         where it ended, and the children
//	<prefix>/_log/gen=1/shardId-000000000000-0049….gap.json                   what was lost behind a record, and accepted
//
// # Why a zombie cannot harm
//
// The key of a link is a pure function of (predecessor, first record): the hour is max(hour of the predecessor, arrival hour of the
// first record). Two owners of a shard, one of them a zombie, that stand at the same end of the chain therefore name the same key,
// and the store lets one of them win. The loser reads the winner's metadata (HEAD) and goes on from the end found there, whatever
// that end is. Nobody compares writers.
//
//	412, the winner's last and hash are mine      the object says what I wanted to say: committed
//	412, any other end                            the link is adopted, ErrAdopted; the caller reads the stream again from there
//	412, then 404, or another shard, generation   ErrBroken: the shard stops loudly
//	or predecessor
//	409, 5xx, no answer                           the same bytes again
//
// # Crash points
//
//	before the PUT                nothing happened; the next owner reads the same records again
//	after the PUT                 the link counts; the next owner finds it by LIST and continues after it
//	after the bookmark            the same, with a shorter LIST
//	between start mark and link   the next owner reads the start mark and begins there
//	after the last link           the next owner writes the end mark; it can only be equal
//	after a gap mark              the next owner passes it and reads from the record that it names
//
// # Non-obvious
//
//   - Hours never decrease along a chain although arrival times may: an earlier straggler stays in the later hour. A takeover can
//     therefore list from the bookmark's hour on and miss nothing.
//   - The unit of the chain is the Kinesis record. A KPL aggregate is never cut, however many rows it has.
//   - The bookmark in the lease row is a hint where to begin listing. It may lag; it never leads.
//   - A gap mark cannot keep a writer away that stands at the same end and still has the records: the keys differ. Whoever accepts
//     a gap fences the shard first. A link that follows the end itself counts more than a mark that no link has followed yet; two links,
//     one behind each, are a fork, which the audit names.
//   - Behind a gap no link lies in an hour before that of its mark. A replay's gap may begin in the hours before those that it writes anew; what comes next belongs to
//     these, although it may have arrived before them, and the mark counts only where they belong to the generation in which it lies. Such a mark is put
//     into the generations of the hours before, too, where it does not count: so all writers meet whose maps are the same up to there.
//   - Where a replay beside live traffic has written an hour anew, the map gives it two generations, that of the links and that of the marks (Span.Beside). No link of the hour
//     can come any more, but a mark can: a shard that has been idle since, or has never had a record, may end at any time, and one that was idle may have lost what came
//     next. Who puts such a mark knows nothing of what readers see.
//   - A Trail follows another generation's chain, for whoever writes the same records anew. It leads on from an end where a link of that chain ends with the same hash: then
//     everything before it is the same as well, link by link.
//   - A shard that ended without a record may have its marks in the hour 0: nothing is listed for it.
//   - Begin PUT n+1 only when n is confirmed: a pipelined PUT survives its failed predecessor and leaves records in two links.
//   - 409 is a race that S3 could not decide, not "exists".
package chain
