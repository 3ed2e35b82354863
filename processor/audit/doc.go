// Package audit proves, from the bucket alone, that every record is in exactly one committed object (G1), and compares the log with
// whatever else is at hand.
//
//	what is given     what it proves
//	bucket            the links of each shard tile its sequence numbers from the start mark to the end mark, marks of parents and
//	                  children agree, nothing else lies among the links; the rows of each object are those its metadata promise
//	checkpoints       no lease row leads its chain, each names the end of a link
//	stream            what retention still has is in exactly one link each, and the links were made from those bytes
//	acknowledgements  what the stream confirmed to a producer is committed exactly once
//
// [Run] returns a [Report]: the verdict ([Report.Clean]), totals, a line per shard, and an [Anomaly] per contradiction, with the key of
// the object that is wrong, or that should be there, and what it means in one sentence. It changes nothing and deletes nothing.
//
// # How it works
//
//	list end marks ─► list links, HEAD each ─► list and read marks ─► walk each chain ─► lineage, checkpoints
//	                                                                      │
//	                     report ◄─ acknowledgements ◄─ stream, once ◄─ rows of each link
//
// A walk follows prev from the start mark on, and goes over the gaps that somebody has accepted: those are reported, and no anomalies. Where a chain is broken it blames one object, takes the nearest link behind the break and
// goes on, so that one lost object is one anomaly and not one for every link after it. For the same reason a link with a wrong total or
// hash is not held against its successor.
//
// # Memory
//
// A link is kept in 152 bytes, an acknowledgement in 25. Objects are in memory while their rows are read, some hundred rows at a time,
// but never more than 256 MiB of objects, or a single larger one. The stream is read page by page.
//
// # While workers write
//
// A log may be audited while it grows. Marks and links are listed in the order that the protocol's order of writes asks for: see
// auditor.readLog. A hole that the listing shows is looked at once more before it is called one. Checkpoints have to be read before
// Run begins. Records of the stream after the end of an open chain are not committed yet; they are counted, with their age,
// and an acknowledgement of one is not held against the log.
//
// # Non-obvious
//
//   - From the bucket alone, an open chain without its last link is a shorter open chain, and an ended one without its end mark is open.
//     The first shows against checkpoints, stream or acknowledgements, the second also when a child has been begun.
//   - The hour of a link follows from its metadata alone: a batch is closed before a record of a later hour, so the hour of the
//     latest arrival decides as well as that of the first one.
//   - The hash of a link begins with that of its predecessor, so the links before retention need not be read to verify those in it.
//   - A stray is an anomaly although no chain has it: whoever reads the table by listing sees its rows.
//   - A stream that has trimmed the first record of a link proves nothing about that link, and one that trims it during the
//     audit does not either.
package audit
