// Package e2e proves the guarantees with real processes: it builds the streamrec binary, runs it over loopback as operators do,
// and does to it what happens to processes.
//
//	scripts/duckdb/install.sh
//	STREAMREC_E2E=1 STREAMREC_DATA=/path/to/event/files go test ./scripts/e2e
//
//	                     SIGKILL, SIGTERM, SIGSTOP, faults
//	                                 │
//	event file ─► streamrec produce ─┼─► streamrec local ◄─┼─► streamrec worker × n
//	                    │            │   Kinesis, DynamoDB, S3
//	                    ▼                          │
//	          acknowledgement log                  ▼
//	                    └──────────► DuckDB ◄── Parquet objects
//
// The tests:
//
//	TestRealInput     a shop's real events through a crash, a deploy and a worker that comes back from the dead
//	TestBadInput      everything that is no event, among good ones; also with a privacy key
//	TestEnvironment   every command where it cannot work: one sentence, no trace
//	TestUsage         mistakes on the command line
//	TestFailover      how long a shard stands still; prints numbers
//	TestPartition     one worker cut off one service
//	TestObjectStoreFaults  S3 fails in its ways for everybody; nobody loses a lease over it
//	TestRollingRestart  every worker is replaced under traffic; nothing is processed twice
//	TestScaling         64 shards on one, four and two workers
//	TestResharding      splits and merges under traffic, and a worker that dies in the middle of a split
//	TestReshardingAtBadMoments  shards that close while nobody runs, unread, during a failover, and twice in a row
//	TestTrimmedParents  parents that are past retention when workers start; its stack is in the test's process and has a clock of its own
//	TestReplay        a fleet is rewound under traffic, while a worker is killed and the stream is resharded, and then the replay is undone
//	TestReplayFromTheLog  the same of what is past retention, and of shards that are gone: what came in stays as it was
//	TestSkipToTheLatest   what nobody has read is given up
//	TestCommandsOfTheReadme  what a newcomer pastes into a shell
//	TestOracle        planted mistakes that the oracle has to notice; needs no processes
//
// # The oracle
//
// What is right is decided by DuckDB (oracle.mjs), an independent reader of Parquet, from three sources: the objects in the bucket, what the
// service acknowledged to the producer, and the input file. See [Oracle] for how it is asked, and checks.go for what must not be.
// The project's own audit runs afterwards and has to agree. Where DuckDB is not installed it is the only judge, and tests of what is in the
// rows are skipped; STREAMREC_DUCKDB=1 makes that a failure.
//
// # Non-obvious
//
//   - Nothing waits for a fixed time. A test waits until it sees what it needs (lines of the acknowledgement log, objects
//     in the bucket, log entries) and fails with the last thing seen when its own time is over, which is before that
//     of the test binary: so no process is left behind, and each says what it said.
//   - Who reads what is known from the workers' JSON logs; the times in results are those at which the test received the
//     lines, by one clock.
//   - Each worker has an access key of its own. That is how the stack's fault control tells them apart.
//   - A process sees nothing of the test's environment: no AWS profile, no STREAMREC_ variables.
//   - STREAMREC_E2E_LOGS names a folder that keeps the whole output of all processes.
//   - STREAMREC_BINARY names a binary to test instead of a new build, for instance one with the race detector.
package e2e
