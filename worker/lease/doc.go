// Package lease is the protocol by which workers share the shards of a stream: who may work on which, how the death of a worker
// is noticed, and how a shard moves. It is pure: it knows no DynamoDB, no clock but its Env's, and nothing of what is done
// with a shard. Store is the table, Consumer is whoever does the work.
//
// # Rows
//
//	worker   one heartbeat row for each worker; its counter grows every 2 s. Writes grow with workers, not with shards.
//	lease    one row for each shard: owner, leaseCounter, checkpoint, parents
//	plan     the row that serialises replays; no lease row older than the plan may be taken
//	genesis  where the application began; it resolves LATEST once
//
// # The life of a lease
//
//	             take (planned, or rescued)          hand off: owner := next
//	unowned ───────────────────────────► owned ─────────────────────────────► owned by the next
//	   ▲                                 │ │ │
//	   ├── release ◄── shutdown, failure ┘ │ └── SHARD_END, after the rows of the children
//	   │                                   │
//	   └── the owner is dead: its heartbeat counter stood still for T, on the clock of whoever takes
//
// A plan is applied to a lease in any of these states: what the owner did before is over, and it, or the next one, begins where the plan says. A lease at
// SHARD_END may begin again.
//
// Every arrow is one conditional write that names (owner, leaseCounter, checkpoint, plan) of the row that it replaces, and every
// change of owner, also to the same worker, raises leaseCounter by one. The counter is the fencing token.
//
// # Time
//
// Nobody compares another machine's clock. A worker is dead when a read that began at least T after the end of the read in
// which I first saw its counter returns the same counter. T is 5 s. A worker trusts its own leases until the start of its last
// confirmed heartbeat + T − margin, and then stops its shards by itself. Trust saves work; it is not what safety rests on:
// that is the conditions, and the put-if-absent chain of the log.
//
// # Moves
//
// Decide is a pure function of the rows: who sees the same, plans the same for the whole fleet. Nobody leads.
//
//	unowned   a cold start, a child, a lease given back: each goes to the worker that ranks first for it (a hash of both names) among
//	          those with room below an even share of the load. The plan for the rest is the same before and after some have
//	          taken their part, so takes meet seldom.
//	expired   the owner is dead: to the worker that ranks first, whatever anybody's load is. Views may differ in everything but in
//	          who is alive, and still no two workers leave a lease to each other; balance comes later. A worker that cannot
//	          know yet that the owner is dead, since it came later, is not waited for.
//	left      what nobody has taken is rescued after T/5 for each better-ranked worker, by rows that have been read again.
//
// The load of a worker is what its leases' owners measured, in records/s, and 10 for each lease. For balance a worker asks another one
// through the inbox in its heartbeat row; the owner consents when the move is good in its own view too and the lease has been
// unchanged for 6 T, or the asker has none. A move needs a reason:
//
//	load      the two loads are apart by more than the noise of measurement explains (20 % in every rate), by a tenth, and by 100
//	          records/s; and the moves that are possible lower the heavier one by 5 %, and by 50 records/s. Idle leases stay.
//	number    one has two leases or more fewer, and either all leases of both weigh about the same, or the loads are apart as well.
//
// That is planned greedily, the move that lowers the higher load most first, with at most Config.Moves leases in flight from, and
// to, a worker. The owner stops fetching, flushes, commits, and then makes the asker the owner, in one write. Who has asked, or
// foresees what a worker that leaves will hand to it, looks at those rows every T/25 and at the whole table every T.
//
// A consumer that hangs cannot be ended from outside. Term.Abandon gives its lease up nevertheless, and this worker leaves it to others
// until the consumer does end.
//
// # Replays
//
// A plan rewinds the shards of the whole application. Operators and workers bring it forward, each step is one conditional write by whoever finds it true:
//
//	made ── every row applied, every worker obeys or is dead ──► fenced ── every shard ended, or caught up since ──► published
//
//	apply        Plan.applied: the row gets the plan's number, map and position, and the next counter; its owner stays. Tools do it, and workers
//	             to their own rows and those of nobody. It may find its parents rewound too: Startable is asked again.
//	acknowledge  a heartbeat names the plan that the worker obeys: no consumer of an older term runs in it, not even one that hangs
//	catch up     a reading that began after the worker knew of the fence finds the tip, and everything is committed: TipPlan
//	publish      the plan row says what readers have to see; only then are they shown it. The next plan waits for that
//
// Where a shard reads its past back from, before it reads the stream, the row is told by the plan (Source), as it is of its Map. Its Tip then stays: it is that of
// the past.
//
// Here trust is more than efficiency: a worker that is held for dead is not waited for, and has to have stopped.
//
// # Goroutines and locks
//
//	Run          looks at the table (scan.go), carries out what follows from it (take.go, obey.go), and leaves (leave.go)
//	heartbeats   writes the heartbeat row and learns the plan (heartbeat.go)
//	guard        ends all terms when trust runs out
//	sync         lists the shards and makes their rows (shards.go), one at a time; Run waits for it no longer than for its next look, and before it leaves
//	consumers    theirs: between Start and Close of a Term they write its row through it (term.go)
//
// One lock guards what they share in a Coordinator: all that is below it in the struct; functions that say so are called with it. Another one guards the row of each Term.
// The first may be held when the second is taken, never the other way round. No request is made under either, and nothing outside of the package is called but Env.Now and
// Env.Wall: Store, Consumer and Reporter may call back.
//
// # Crash points
//
//	after a take                       the row names a dead worker: expiry
//	while handing off, before the write  the same, or the old owner goes on
//	after the hand-off                 the row names the next owner, who finds it when it looks; dead: expiry
//	between a heartbeat and its answer the inbox is lost: requests are repeated with every heartbeat while they are wanted
//	after the children's rows          the parent is not at SHARD_END: the next owner reads its end again, finds the rows
//	after SHARD_END                    the children are unowned and startable: the plan
//	before the plan row                positions that nobody reads
//	after the plan row                 workers apply and acknowledge it; any operator goes on
//	after published                    the plan row says what readers have to see: the next operator shows it, or the next plan
//	answer lost                        a consistent read: as I wrote it, so it is done; as before, so it is tried again
//
// # Non-obvious
//
//   - A write whose answer was lost may take effect much later. It then finds another counter or checkpoint, and changes nothing.
//     That is why the condition names the checkpoint too: two checkpoints of one term have the same counter.
//   - A worker that lost its trust in an outage is still named by its rows. Nobody else takes them, since it lives; it takes them
//     anew itself, under the next counter.
//   - A lease may arrive without having been taken: somebody handed it over. Whoever sees a row with its own name and a higher
//     counter than it ever had begins the term.
//   - Lease rows are read before the workers. An owner that is missing among workers read later is gone; the other way round it might
//     have just registered.
//   - Heartbeats go on while a worker leaves. Its row is deleted when the last shard is handed over, so nobody takes anything early.
//     Before that its heartbeats end: one that found no row would register a new worker.
//   - The child of a merge gets its row from the parent that ends first. The other parent may have no row yet, being itself the child
//     of a shard that is still read; only a row that says SHARD_END lets the child start. A parent that the stream has no more
//     gets such a row when the shards are listed.
//   - A write whose answer never came may have given the lease up. A term that finds that out writes nothing more.
//   - What names a worker before it has read anything is another process's of the same id: it is taken anew, not continued.
//   - A worker whose heartbeat row is gone registers under a new id: others may remember the counters of the old one.
package lease
