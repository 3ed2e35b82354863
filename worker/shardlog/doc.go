// Package shardlog joins the two halves of a shard's life: package worker, which knows leases and reads the stream, and package
// processor, which knows the log and what records become.
//
//	lease row: owner, leaseCounter, bookmark ──► processor.Shard ──► processor.Processor ──► chain of links in S3
//	     ▲                                                                   │
//	     └────────────────────── Checkpoint, after each commit ◄─────────────┘
//
// It translates positions and errors, and decides nothing else:
//
//	chain.ErrAdopted                            worker.ErrRestart: the shard is opened again from the log, in the same term
//	chain.ErrBroken, processor.ErrPastRetention worker.ErrStop: the row says why, and nobody takes the shard until a reset
//
// What a replay changes is in the lease row: the map of generations under which a term writes, and the one that it reads back before it reads the stream. Models keeps what all shards have learnt for each plan, so that
// a shard which begins again in some hour recommends with a model that has not seen that hour either.
package shardlog
