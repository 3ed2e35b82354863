// Package replay rewinds the shards of an application: what was written from some hour on is written anew, in a generation of its own, and readers switch to it in
// one step.
//
//	Prepare ──► Draft: where each shard begins ──► Draft.Make ──► plan row ──► lease.Operator.Step … ──► published
//	 reads the rows and the log                    reserves the generation,     applied, fenced, at the tip
//	                                               one conditional write
//
// A Draft is what would be done: it is for people to look at, and changes nothing. Made, it is a row that the workers obey. doc.go of package lease has the
// protocol of the plan row, and package chain how one log lies in several generations.
//
// # Where a shard begins
//
// At the end of its chain, read under the wanted map. The new generation is empty, so that is the predecessor of the shard's first link in the first hour of the
// replay. An undo wants a map of the past, under which the chain ends where its generation was left: work goes on there. A shard is left at SHARD_END if its
// row says so and its end mark counts under the wanted map: a mark alone may be one whose children have no rows yet.
//
// # Where the input comes from
//
// From the stream; or, as Request.FromLog says, from the log that readers see, as far as that goes, and from the stream after it. The plan and its rows name the map of
// that log (Source), in which nobody writes any more once the plan is fenced. In either case Survey asks the stream for what it has to have.
//
// # Crash points
//
//	before the plan row      a reserved generation that is never used, positions that nobody reads
//	after it                 the workers apply the plan themselves; whoever runs an Operator next brings it to its end
//	after published          the plan row says what readers have to see; the next Operator shows it to them
//
// # Non-obvious
//
//   - Readers see the old generation until the end, complete up to the fence. What is written meanwhile goes to the new one alone.
//   - An undo goes back to before the last plan that changed the generations. One that changes none, such as a resume, leaves the row that way back.
//   - A plan may take the place of one that is not published yet. It begins from the published map, as that one did.
package replay
