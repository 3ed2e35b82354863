// Package processor turns the records of one shard into the log: decode → dedupe → model → recommend → batch → commit.
//
//	record ─► event.Decoder ─► duplicates ─► model.Model ─► table.Row ─► batch ─► chain.Writer ─► bookmark
//	             one event per     marks a       learns the     with its recom-    one Parquet       in the
//	             user record       repeated id   event          mendations         object, one PUT   lease row
//
// A Processor belongs to one term of one shard's lease and to one goroutine. The exception is Ask, for whoever serves recommendations: one
// lock makes questions come between two records, and an answer know every record that has been processed. Everything that it
// knows is a function of the records that the log says are committed, and of those after them: a new owner restores it
// from the log and goes on.
//
// # The life of a Processor
//
//	         Open                    Process, Tick             Drain, End
//	new ──────────────► opened ──────────────────► … ──────────────────► drained
//	     find the end       │ one record after the other        what is under way and what is open is committed,
//	     of the chain,      │ a full, old or finished hour's    the shard's end is marked
//	     restore            │ batch is sealed and sent
//	                        └──► ErrAdopted: another writer's link stands where a batch should; open a new Processor
//
// # The life of a batch
//
//	        first record           due              PUT answered          lease row written
//	(none) ─────────────► open ─────────► uploading ─────────────► bookmark ───────────────► committed
//	                       ▲                 │ one at a time: the next one that is due waits
//	                       └─ the next one ──┘ is filled meanwhile
//
// An upload, the PUT and then the bookmark, has a goroutine of its own, so that nobody waits for a recommendation while it lasts. What
// has become of it, the shard's goroutine learns at its next call. The next batch begins at the end which the chain will have; should the
// upload fail, or adopt another writer's link, the next batch dies with this Processor and was never sent. The end of the term
// interrupts an upload; Drain, when there is one, sends the same bytes again. Close leaves no goroutine.
//
// # Goroutines and locks
//
//	whose                          what
//	the shard's goroutine          everything that follows is not in; the observer's Processed and Committed are called in it
//	an upload's                    chain.Writer, the states that were put, and the upload itself, from send until it is over; Bookmark is called in it
//	anybody's                      Ask and OpenVisits, from the return of Open on, also after Close
//
//	turn                           the model and the ids of sessions: had while one record is learnt and recommended for, or one question answered, in the order of asking
//	Budget                         a lock around what the processors of a worker hold: nobody waits in it
//
// Under turn the model asks Config.Sells, and nothing else is called; Config.Merged, Observer, the bucket and the table's encoder are not.
//
// # Crash points
//
//	crash …                        what the next owner finds                what it does
//	with an open batch             nothing of it                            reads the same records again
//	with a sealed batch            the same                                 the same
//	while a PUT is under way       a link, or none, or one that comes       follows the chain, then reads after its end; meets it, if
//	                               later                                    it comes later, where its own next link should be
//	after the PUT                  a link that the bookmark does not know   the same
//	after the bookmark             a link that the bookmark names           the same, listing less
//	with the next batch open       of that one nothing                      the same
//	before the end mark            a complete chain without end             reads the end of the shard again, marks it
//	before or after a gap mark     the end, or a gap behind it              reads on after the end, or at the record that the mark names
//	after the end mark             an ended chain, a row without SHARD_END  writes the equal mark again (412), then SHARD_END
//
// # States
//
// What the records of a shard have made of it, besides facts that everybody learns, is kept behind some links: the open visits of the model and the
// event ids of open sessions (state.go, sessions.go; chain/state.go has the key). A takeover loads the newest state that it can use and folds the links
// after it; a child of a split or merge begins with its parents' last ones and takes the sessions in its part of the hash range. It can use a state if
//
//   - it lies behind a link of the chain as it stands, which is so for every state: it is put after its link;
//   - the edition of the merged model has the shard's log up to there, so that what was learnt before is known too (Contents.Covers);
//   - it was made heeding all erasures of today.
//
// A state that is damaged or gone costs time: the one before is taken, or the log alone.
//
// # Reading back
//
// A replay may take its input from the log instead of the stream (Config.Source): from retention on there is no other. Then, between Open and the first Process,
// ReadBack makes one link of each link that follows on the other chain, a chain.Trail:
//
//	rows ─► table.ToEvent ─► erased since? ─► duplicates ─► model.Model ─► table.Row ─► batch ─► the same key, first, last, hour, records, rows and hash
//
// What the rows say of the input stays as it is: identity, arrival, pseudonyms and what is sealed under the key that they name; poison stays poison. Visits, lists,
// versions and the mark of a duplicate are made anew. Gaps that were accepted are taken over once nobody can fill them any more, and the end mark with its children. The
// links are not cut, so that the hash of the original bytes, which are gone, holds for the new link as well; where the stream still has them, the audit compares. A term
// that ends within a link commits nothing of it. The trail is left where the two chains part: at a link of other records, or of another hash. From there on
// the stream is read.
//
//	crash …                      what the next owner does
//	within a link                begins with that link
//	after the PUT of a link      goes on behind it: each end of a chain is a place on the trail
//	after the last link          finds no more on the trail, and reads the stream after it
//
// # When a batch is committed
//
//   - before a record that arrived in a later hour: a link never spans two hours of its chain
//   - when it has Config.MaxBytes, as Parquet, or Config.MaxRows rows
//   - when it is Config.MaxAge old, by a timer and not by the next record; a chain's first batch after a second,
//     so that a new shard shows in the bucket at once
//   - when the processors of the worker hold more heap than their Budget, the largest batch first
//   - when the shard moves, ends, or the worker leaves
//   - where the link ends that is read back, and not before. Such a batch begins when the Budget has room for it, or for no other one
//
// A Kinesis record is never cut: a KPL aggregate or a payload of many lines is in one link, whatever its size.
//
// # Not guaranteed
//
//   - That a list which somebody was told is the one that is committed: after a crash the next owner makes it anew, perhaps from more of what other shards have learnt.
//   - That a repeated event_id is noticed for ever: only within its session, while that is open, as far as duplicates remembers (see its bounds).
//   - That what is older than Config.RestoreWindow is known after a takeover, where neither a state nor an edition has it.
//   - That an object is no larger than Config.MaxBytes: one Kinesis record is never cut.
//   - That a state is there: it is put when its link is in the log already, and failures to do so are only told to Env.Trouble.
//
// # Non-obvious
//
//   - The lock of Ask is about the model alone: decoding, encoding and uploads go on meanwhile. Nobody waits for it unless somebody asks.
//   - A shard that is not behind pauses for a millisecond behind each millisecond of records, and so does what merges the logs of other shards; one that catches
//     up pauses behind each four: the core is somebody else's meanwhile. A new edition is adopted 128 facts at a time, between records; until it is, lists
//     are by the one before.
//   - A batch's hour is max(hour of the chain's end, arrival hour of its first record), so a record that arrived earlier stays in
//     the current hour. The column arrival_time has the truth.
//   - PUT n+1 never begins before n and its bookmark are done: a later one that survives an earlier one would leave its records in two
//     links. So a store that is slow holds the shard back when its second batch is due.
//   - An upload that lasts longer than Config.MaxAge is waited for, although nothing else is due: should it hang, the shard shows it.
//   - The chained hash covers the bytes of the records as Kinesis delivered them, not the rows: two owners with other
//     recommendations for the same records have equal hashes, and need drop nothing.
//   - After ErrAdopted the model has already learned from records that the adopted link does not cover, and duplicates has seen
//     their ids. Starting anew from the log is the simple way to be right, and it happens only when two owners overlap.
//   - What cannot be decoded is a row too, with error and raw: skipping it would be a gap that no audit can tell from a loss.
package processor
