// Package produce is the produce command without its flags: it puts an event file, the activity in the log of a web server, or what the shoppers of a
// synthetic shop do, into a stream.
//
//	source ─► pace ─► kinesis.Producer ─► stream
//	                        │
//	                        └─► acknowledgement log, tally, summary
//
// Run does everything: it looks whether the stream is there, reads or generates, keeps the pace, and returns when every
// record is acknowledged. The order of the records of a session is kept; see infra/kinesis for what else a producer
// promises.
//
// # The acknowledgement log
//
// One JSON object per line and acknowledged record, in the order of acknowledgement:
//
//	{"n":17,"key":"s-1","shard":"shardId-000000000002","seq":"4959…","sha256":"9f86…"}
//
// n counts the records of this run from 1, key is the partition key, sha256 is that of the payload. A log that exists is
// continued. It is written at least five times a second; a producer that is killed loses the end of it, never the truth
// of what is there. It is what an audit compares the output with, and holds session ids: treat it as such.
//
// # Following a log
//
// Package tail reads the log through rotations, package weblog finds the activity in it. The position file moves up to where every record is
// acknowledged, and every line before it was no activity, at most once a second and after the acknowledgement log. A follower that is killed puts again
// what came after that: the same payloads with the same event_id, so that workers mark the second one as duplicate. A line that cannot be read is
// counted and passed over; with Malformed stop it ends the run, and will again.
//
// # Non-obvious
//
//   - The pace is absolute: each record has its time, counted from the start. Whoever falls behind, because the stream is
//     slow, catches up instead of letting all later records slip, so that lag shows as lag.
//   - An interrupt is a normal end: nothing more is read, what was accepted is still put, for up to 20 seconds.
//   - A read of standard input that never returns cannot be ended. After an interrupt it is left behind in its goroutine.
package produce
