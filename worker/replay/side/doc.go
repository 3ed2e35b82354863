// Package side writes some hours of the past anew beside live traffic: what readers see of them is read back from the log, gets new recommendations, and goes into
// a generation of its own. Nobody sees that before it is published.
//
//	Prepare ──► Draft ──► Draft.Make ──► rows ──► workers, as many as one likes ──► all shards ended ──► Publish ──► Withdraw
//	 are the hours over?   reserves the generation                                                 └──► Drop
//
// A side replay is an application within the application: it has lease rows, heartbeats and a plan row of its own in the same table, and its workers are those of package
// worker, with package shardlog's processors. What differs is that there is no stream (Stream), that a shard ends where the hours do (processor.Config.Until),
// and that its shards keep together and below a rate (Pace). The plan of its rows is fenced from the beginning, for nobody writes any more in what it reads.
//
// # When an hour is over
//
// When no link of it can come: the chain of the shard has a link of a later hour, or its end mark, and its children have rows; or the shard goes on, the stream has nothing
// after the chain that arrived in the hour, and the clock that stamps arrivals says that it is over: the service's, whatever that of this machine says. Of a shard that is closed
// without an end mark nobody knows the children: they may have records of the hour, and no rows. Prepare says of which shards that is not so, and Make must not be called
// before it is of all. Once true it stays true. Marks may come in such an hour nevertheless, when an idle shard ends; they are not part of what is replaced.
//
// # Publication
//
// Publish gives the hours to the generation in the map that readers see, by one conditional write of the application's plan row that rewinds nothing
// (lease.Operator.Switch), and then of the map itself. It does so only if readers see there what was read, and no live replay is on its way. A live replay that is
// made later begins from the new map, and its undo keeps the hours.
//
// What it gives are the links. The marks that count in these hours are those of the generation which lives there, before and after (chain.Span.Beside): its workers go on
// putting them there, whatever readers see. Those that the replay has put itself are for its own workers.
//
// # Crash points
//
//	before the row of the replay      a reserved generation that is never used
//	after it, before Running          nobody works on it; Make with the same request goes on
//	a worker                          expiry, as with any worker: links are put if absent, and have the first records of those that are read
//	after the plan row, before the map  whoever steps next shows the map: a live worker, or Publish again
//	while dropping                    Drop again goes on; the row of the replay goes last
//
// # Non-obvious
//
//   - The chain of a side replay has the links and hashes of what it was read from, and the marks that were there, so that the hours around it fit whether it is published
//     or not. A shard that goes on in later hours gets no end mark, although its row says SHARD_END.
//   - A map that says where marks are, 2/1, is refused by programs that do not know such maps: the fleet has to be as new as who publishes. In a map without, as they were
//     once published, the marks are those of the replay; withdrawn and published again, it says so.
//   - Its workers' map gives all later hours to the generation, not only those of the replay: so they do not learn from the future. Readers' map does not.
//   - Publish reads the plan row, then the row of the replay, and then writes the former if it is the same. Drop changes the latter and then the former. So one of the
//     two fails, whatever comes between.
//   - Shards are kept together within a worker, by the time of arrival. Those of two workers are not: what a model has learnt by then may differ by what one is ahead.
package side
