// Command simulate runs whole fleets in one thread on a virtual clock, through random failures, and checks after every step that nothing
// was lost, repeated or confused.
//
//	go run ./scripts/simulate                       # some thousand schedules, on all cores
//	go run ./scripts/simulate --seeds 1000000
//	go run ./scripts/simulate --seed 4711 --trace   # one schedule, every step of it
//
// What runs is the code of production: worker.Worker with its lease.Coordinator, its reader and its shards, processor.Processor, and the
// chain. Its Env is a node of the simulator, so that time, goroutines and randomness are the simulator's. Around it are a lease
// table, a bucket and a stream in memory (DynamoDB, S3 and Kinesis as far as the protocol can tell), and the nemesis. The KCL's
// loop and Parquet are left out; testing/synctest and real processes cover them.
//
// # How a schedule goes
//
// A few workers consume a stream of sessions in bursts of trouble: kill -9 and restart, pauses beyond the lease, clocks that are wrong
// and jump, requests that fail, are throttled, hang, or take effect although their answer is lost, some of them a minute later, services
// that are down for everybody, workers that are cut off from one service, deployments, splits and merges, shards that pass retention. Each burst is followed by a
// quiet spell, at the end of which all must be well again. In every fifth schedule nothing fails: there the fleet only grows,
// shrinks and reshards, and must not process a single record twice. Shards close on all sorts of occasions, see occasion.go: in how many schedules
// each came up is in the summary.
//
// In some schedules somebody replays hours beside all this, and has that published, withdrawn and dropped. In half of these the sessions of a shard are silent from the end
// of an hour on, so that it and those that follow it end where readers may be shown a replay.
//
// In every second schedule operators rewind the stream from some hour on, undo what others did, and race. They die, stand still and are cut off as workers
// are, often just after a step of a plan, and some lurk until a lease is handed over or a shard ends before they make theirs. Nobody has to come
// back: workers bring a plan to its end. In some of these schedules records that a replay needs go past retention; a shard that stops for that ends the schedule, unless
// it could have read them back from the log, as most replays of every second such schedule do: the stream loses whole shards there; or unless operators give records up.
// These also let the fleet go on with what comes, and give up what has not been read.
//
// # What is checked
//
//	at every PUT       the object continues its chain: its first record is the one after its predecessor's last, or after a gap behind that, in the order and number
//	                   in which the stream has them; hours do not decrease; its rows say what a fold of the shard's history says, where nothing of the session has
//	                   been given up, and its hash is that of the records. A gap is marked only where the stream has nothing, or its reading is to be skipped
//	at every write     leaseCounter grows by one with every change of owner and never falls; a checkpoint moves forward only, and never
//	                   beyond the log; SHARD_END is written after the end mark and the rows of the children
//	at every read      a child is read when all its parents have ended
//	at every record    sessions are processed in order, none is left out, across splits and merges
//	from Process on    a processor that calls itself idle has everything in the log; one that is closed has left no goroutine;
//	                   the processors of a worker hold no more memory than they share
//	at every plan      it begins from what readers see; a row's plan never falls, and changes with its counter; a shard begins where all its parents have ended
//	                   under its map; no generation has a record twice, and all give it the same hour where nothing is given up
//	at every look      what readers have seen under the published map they see for ever, unless it is given up by the plan, and they see a record once, as a part
//	                   of its shard's chain; maps are shown in the order of their plans
//	all the time       a worker that lost a lease works on the shard no longer than it takes to notice
//	after a quiet spell the last plan is published, every shard has an owner and readers see every record; the counters stand still: nothing moves without need
//	at the end         after SIGTERM to all, no lease has an owner and no heartbeat row is left
//
// # Non-obvious
//
//   - The same seed gives the same schedule, to the last step; TestSameSeedSameTrace holds it. It is why production code must not
//     range over a map where the order can be seen.
//   - A killed node's coroutines are unwound by a panic in their next call, which runs their deferred functions. Those change only
//     what the dead process had in memory.
//   - Requests are values: what they carry is copied when they are made, since they may take effect much later.
package main
