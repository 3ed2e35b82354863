// Package worker runs the shards of a Kinesis stream whose leases it holds. It is a library: give New a lease.Store, a
// Stream and a Factory of Processors.
//
//	w, err := worker.New(worker.Config{Name: "w", Application: "app", Stream: "clicks"}, worker.Dependencies{…})
//	err = w.Run(ctx) // until ctx ends; then all shards are handed over
//
// Processor says what a consumer has to do and what it can rely on; Eager is the beginning of a simple one. The examples are
// whole programs: a printer, exactly-once into a database of your own, a deployment, and how terms end.
//
// # Goroutines
//
//	Run
//	├─ lease.Coordinator   heartbeats, the guard of trust, the look at the table; takes, hands over
//	├─ watch               releases the leases of shards that give no sign of progress
//	└─ vmware-go-kcl-v2    its event loop starts one consumer for each shard that is granted; for simulators a plain loop does (loop.go)
//	   └─ consumer         one goroutine per shard: open → read → process → … → finish; it owns shard, reader and Processor
//	      └─ upload        at most one, of a Processor that overlaps its commits; it ends before Close returns
//
// Shoppers' questions are answered beside Run: package serve asks the processors through Live, which knows those that have been opened, and
// finds the owners of the others by Leases and Workers. Nothing of that is waited for here.
//
// Run returns when all of them have; of a consumer that hangs it says so, and leaves after Config.Lease.Grace and the failover time.
//
//	state                                  whose it is
//	shard: reader, proc, past, lost, …     the consumer's goroutine alone, from open to finish
//	shard: records, behind, reached, sign  atomic; the consumer writes, whoever asks reads. Requests to the log write sign too (Alive)
//	registry, penalties, rate, reporter    each has a lock of its own around a map or a few numbers
//	lease.Coordinator                      one lock for all below it in the struct: scans, heartbeats, guard and the ends of terms share it
//	lease.Term                             one lock for the row as it was last written. Consumer, upload and watch write it, hardly ever at a time:
//	                                       the condition of the write decides
//	Processor, Stream, Store               not ours: nothing is locked while they are called
//
// Locks are held while something is computed, the longest for one plan (lease.Decide). A Coordinator's may be held when a Term's is taken, and no other two are ever
// held together. Under none of them is there a request, a wait, a log line or a call of anything outside the package but Env.Now and Env.Wall: so whoever is
// called may call back.
//
// Files are named from this folder in the two lists that follow, those of other packages from the top.
//
// # The way of a record
//
//	infra/kinesis/stream.go          Stream.Read: GetRecords
//	reader.go                        next: the pace, over failures and expired iterators; unseen: is anything missing?
//	shard.go                         read, for
//	kcl_client.go                    readShard, which answers the KCL's GetRecords with the page
//	kcl_processor.go                 ProcessRecords takes it back
//	shard.go                         process
//	shardlog/processor.go            Process translates errors
//	processor/processor.go           Process, processRecord: does the record belong into the open batch?
//	processor/rows.go                Add: decode, learn, recommend, append a row
//	processor/commit.go              due, commit: the batch is sealed
//	processor/upload.go              push, in a goroutine of its own: first
//	processor/chain/writer.go        Commit: the PUT, if absent; then the bookmark:
//	lease/term.go                    Checkpoint
//	infra/dynamo/store.go            Update: one conditional write
//
// # The way of a lease
//
//	infra/kinesis/stream.go          Shards: ListShards
//	lease/shards.go                  syncShards makes a row for each
//	lease/scan.go                    scan reads the rows, act does what
//	lease/plan.go                    Decide says; take in lease/free.go, request in lease/move.go, agree in lease/agree.go
//	lease/take.go                    take, by one conditional write; begin makes the Term
//	worker.go                        Start: newShard
//	registry.go                      add: granted
//	kcl_checkpointer.go              GetLease: claimed by a consumer
//	kcl_client.go                    openShard
//	shard.go                         open, begin, read, process, …
//	lease/scan.go                    act: another worker has asked (lease/heartbeat.go brings the inbox), and this one agrees
//	lease/term.go                    handOff ends the context, with ErrHandOff
//	kcl_client.go                    readShard returns an error, and the KCL's consumer ends
//	kcl_checkpointer.go              RemoveLeaseOwner
//	shard.go                         finish: drain commits
//	lease/term.go                    Close: owner := next, leaseCounter + 1
//	lease/expect.go                  in the other worker: glance sees it, arrived begins the next term
//
// # The life of a shard
//
//	   Coordinator wins a term        the KCL's tick               GetShardIterator           GetRecords, ProcessRecords
//	(none) ──────────────► granted ─────────────────► claimed ───────────────────► open ───────────────────────────► …
//	                          │                                                     │ │
//	       the term ends first│        ErrRestart: from the log again, same term ◄──┘ │ end of the shard, the term's context
//	                          ▼                                                       ▼ ends, or an error
//	                       finish ◄──────────────────────────────────── RemoveLeaseOwner, the hook that always runs
//
// finish drains what may be committed (hand-off, shutdown: yes; lease lost, processor failed: no), gives the lease up, and only then
// can the shard be claimed again.
//
// # How the KCL is contained
//
// Only the files kcl*.go import github.com/vmware/vmware-go-kcl-v2, whose own checkpointer loses data in normal operation. Its
// worker, event loop and consumers run the shards; three seams of its own design give it our truth:
//
//	Checkpointer        GetLease claims what the registry grants; RemoveLeaseOwner is the end of every consumer; renewal is off
//	*kinesis.Client     a middleware answers in the process: ListShards with what is granted, GetShardIterator with a token of the
//	                    term, GetRecords with the next page of the reader
//	IRecordProcessor    hands pages to the shard; errors and panics end the term, since its methods cannot fail
//
// # Crash points
//
//	kill -9 after a take            the row names a dead worker: expiry after T; the next owner opens the shard from the log
//	kill -9 in open                 the same: nothing has been written but, perhaps, the bookmark, forward to the end of the log
//	kill -9 while reading           the same; what has been processed since the last commit is processed again
//	kill -9 in a commit             the same, and the end of the log may be ahead of the bookmark: see package processor
//	kill -9 in finish               the same, or the hand-off has been written and the next owner begins at once
//	kill -9 in end                  after the end mark: the next owner reads the end again, and finds the mark. After the children's rows: so it does, and them.
//	                                After SHARD_END: the children begin
//	kill -9 after a tip was noted   a hint less or more: it tells an idle shard from a loss
//	paused longer than T            the guard stops the shards when the process goes on; what is committed meanwhile is another
//	                                owner's, and the chain refuses this one's
//	the table cannot be reached     trust runs out, the shards stop, and begin again when it can
//	the stream cannot be read       the shard keeps its lease and tries again, every five seconds at most
//	ListShards hangs                the scans go on beside it; it is given up after 2 T, and asked again
//	a closed shard passes retention there are records that nobody has read: ErrStop, and its children wait. A Finisher that has
//	                                marked its end has none, and the children begin
//	nobody reads a shard for longer than retention, before its first record is in the log: ErrStop, as its tip says
//	a Processor fails               the lease is released; a worker that has failed with it waits longer each time before it opens it again, 30 s at most
//	a Processor hangs               no sign of progress for Config.Stall: the lease is released, loudly; this worker leaves it to
//	                                others until the Processor returns. Its other shards go on.
//	the log contradicts itself      ErrStop: the row says why, and nobody takes it before a reset
//	somebody makes a replay         a heartbeat brings its plan; older terms are lost, without flush. The row, to which the plan has been
//	                                applied, still names this worker, which begins again where it says
//
// # Replays
//
// A lease row names the plan under which it is read, and the generations that its term writes. Once the plan is fenced, and a page that was asked for after that
// ends at the tip of the stream, the shard commits what it has and notes in the row that it has caught up. Package replay makes plans, and brings them
// to their end from within any worker. Where the plan gives up what is past retention, a shard that misses records waits for the fence, marks the gap in the log,
// and goes on behind it; otherwise it stops. A plan may also give up
// what the stream still has (SkipTo): the first record is kept, and the gap behind it ends at the first record that arrives later. A gap is not where a request of somebody
// who still had the records could come too late: that of the first one meets the link of this term, nobody has sent the next one before, and what is past retention has
// been so for longer than a request can be under way.
//
// A Processor that has kept the input of the past (a Rereader) may process that first, and the stream after it: open ─► reread … ─► begin ─► read …. Meanwhile the
// KCL is given empty pages, and the shard counts as so far behind as what it reads. Where the past has the end of the shard, the stream is not asked.
//
// # Non-obvious
//
//   - Reading begins AT the last committed record, which is then dropped. When it is not there, it is past retention, and records after
//     it may be missing; the row's tip tells an idle shard from a loss.
//   - A shard of which nothing has been read begins with its oldest record, and that one does not tell whether there were older ones. Its row does: its tip is
//     a moment until which it had none, which a child has from its parents. When that is older than retention, the shard stops. A plan that accepts gaps lets it begin
//     with what is left.
//   - A tip is the moment at which the page was asked for, not that at which it had come: the process may have been paused in between.
//   - An iterator that retention has overtaken goes on with what is left, and says nothing. So whoever reads records that are nearly as old as retention, or comes back
//     with an iterator that has expired, begins AT the last record again. When it is gone, the shard commits what it has read and is opened again, which finds out
//     whether the log goes on.
//   - The KCL counts a GetRecords when it asks for it, which is before the wait for it. Its first second therefore has one read
//     more; without leaving one out it would sleep for the rest of that second, and spin where the clock stands still.
//   - The KCL's event loop goes round every 20 ms, to start one consumer each time. When there is nothing to start it waits in ListShards, which is
//     answered when the registry has news, or after a second.
//   - A shard without records for five seconds is read less often (Config.IdleReadInterval), and one without for a minute again
//     (Config.SilentReadInterval): a request is most of what an idle shard costs. The idle shards of a worker are read at the same moments, so that an
//     idle process sleeps between them.
//   - The KCL would take KPL aggregates apart itself and drop a whole batch for one that is damaged. It sees empty pages: the shard keeps those that it has
//     read until the KCL calls ProcessRecords, from the same goroutine. So its limit of 2 MB/s counts nothing, and the reader keeps its own.
//   - ProcessRecords is called for empty pages too: they are the timer of the batches.
//   - Processors may be around others, to measure them, say: what one can do besides (Finisher, Skipper, Rereader) is found through Wrapper.
//
// # Not guaranteed
//
//   - That Process is called once for a record: it is called at least once. What is exactly-once is what a Processor commits under the term's counter.
//   - That one worker at a time calls it for a shard: one that was paused does not know better before its guard runs, or its next request is refused.
//   - An order between records of different partition keys, or between shards that are not parent and child.
//   - That the checkpoint in the row is the end of the log: it lags behind what was committed after its last write that succeeded. It never leads.
//   - What Shards, Leases, Workers and Reached return is what was seen last, not what is.
//   - Progress without the lease table: when it cannot be reached for T − margin, all shards stop, and go on when it can.
package worker
