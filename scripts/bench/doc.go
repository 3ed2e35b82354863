// Command bench measures streamrec beside stock vmware-go-kcl-v2 and the physical limit, in one harness: how workers share shards, how long an
// event is under way, and what it costs. Run it through scripts/bench.sh; BENCHMARKS.md at the top says what its lines mean.
//
// # How it measures
//
//	bench ── services   Kinesis and DynamoDB of package infra/local, on loopback, behind a meter that counts what DynamoDB is asked
//	  │                 and what it costs
//	  ├─ traffic        a producer that remembers every acknowledged record
//	  ├─ workers        child processes: this binary again, with the trivial processor of streamrec (worker.go) or of the stock
//	  │                 library (kcl_stock.go); each writes a diary, one write(2) for each record it processes
//	  └─ real workers   processes of the streamrec binary, and what is compared with them (kcl_plain.go, bare.go): of these it is measured
//	                    what they use, by /proc, by their metrics and by their profiles (measured.go, stage.go)
//
// A section (failover, handoff, …) has one cell for each side: streamrec, stock tuned to the same failover time, stock
// with its defaults, and the limit, which is what nobody can do without. A cell has services of its own, does something to its workers, and
// reads from the diaries what became of it. What is computed from events is in analysis.go, without clock or process. Sections about what the
// machine can do are measured alone, the others two at a time.
//
// # A new section
//
// Add a value of type section to the list in section.go: the lines that it fills, and a function that fills them for one side.
//
// # Non-obvious
//
//   - The CPU time of a stage is that of the outermost function that a stage is known by. Its share is that in the profiles of the drain, its microseconds are
//     that share of all CPU time of the process, start included.
//   - Both processors checkpoint after each batch, as soon as its records are in the diary.
//   - All processes run on one machine, so that times of different diaries can be compared.
//   - Both sides have the same HTTP client, with the guard of package infra/transport.
//   - A worker's stdin is a pipe that only the harness holds. However the harness ends, its workers end with it.
package main
