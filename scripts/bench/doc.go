// Command bench measures streamrec's coordination of workers beside that of stock vmware-go-kcl-v2, in one harness. Run it
// through scripts/bench.sh; BENCHMARKS.md at the top says what its lines mean.
//
// # How it measures
//
//	bench ── services   Kinesis and DynamoDB of package infra/local, on loopback, behind a meter that counts what DynamoDB is asked
//	  │                 and what it costs
//	  ├─ traffic        a producer that remembers every acknowledged record
//	  └─ workers        child processes: this binary again, with the trivial processor of streamrec (worker.go) or of the stock
//	                    library (kcl_stock.go); each writes a diary, one write(2) for each record it processes
//
// A section (failover, handoff, …) has one cell for each side: streamrec, stock tuned to the same failover time, and stock
// with its defaults. A cell has services of its own, does something to its workers, and reads from the diaries what became of it.
// What is computed from events is in analysis.go, without clock or process.
//
// # A new section
//
// Add a value of type section to the list in section.go: the lines that it fills, and a function that fills them for one side.
//
// # Non-obvious
//
//   - Both processors checkpoint after each batch, as soon as its records are in the diary.
//   - All processes run on one machine, so that times of different diaries can be compared.
//   - Both sides have the same HTTP client, with the guard of package infra/transport.
//   - A worker's stdin is a pipe that only the harness holds. However the harness ends, its workers end with it.
package main
