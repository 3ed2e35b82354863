// Command soak lets a fleet of real processes live through faults for an hour, or as long as you like, and proves that nothing was lost.
//
//	nice -n 5 go run ./scripts/soak --duration 1h --rate 1000 --every 10s --seed 7 --picture soak.svg
//	go run ./scripts/soak --seed 7 --list        # what would happen
//
//	                    deck: one fault after the other, as the seed says
//	                                 │
//	streamrec produce --shop ──► streamrec local ◄── streamrec worker × n, each with its own access key
//	       │                   Kinesis, DynamoDB, S3        │
//	       ▼                         │                      ▼
//	acknowledgement log              ▼               samples: memory, goroutines, files, requests
//	       └──────────────► streamrec audit
//
// It ends when the time is over: whatever is broken is repaired, the shop is closed, the fleet catches up, the workers leave, and the audit reads everything.
// The verdict is good when no acknowledged record is missing in what readers see or there twice, the audit finds nothing else, no worker has ended by itself
// but for want of a service at its start, and no process grows; see judged for what that means.
//
// # The files
//
//	deck        which faults, from the seed alone
//	acts        how each happens to the fleet, and how it ends
//	fleet       the workers' processes, supervised; member is the place of one
//	looks       streamrec status, all the time
//	samples     what processes use; flat judges it, processes chooses what to judge
//	report      the summary and the verdict; picture draws it over time
//
// # Non-obvious
//
//   - The seed decides the sequence; what it does depends on the moment. The number by which a fault chooses its victim is of those that there are.
//   - The first worker is frozen, cut off and rewound like all, but never ended: it is the one that may grow old, and whose memory tells.
//   - A fault that makes no sense at its moment is passed over, and counted as such: a split at 8 shards, a replay of more than --replay-most records. A replay
//     reads from the full hour on, so early in an hour it is short.
//   - Whoever supervises a worker starts it again when it refuses to start because a service is not there. Any other end that nobody asked for is a failure.
//   - A worker's requests to DynamoDB are counted by a rule of the fault control that never takes one.
//   - The services keep all records, so their memory grows with them; it is told per record, and not judged.
package main
