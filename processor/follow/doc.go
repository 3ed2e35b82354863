// Package follow keeps what all shards of a stream have learnt in one model.Merged, by reading the log of each: the models of a worker's
// own shards recommend from its editions, and from what they have learnt themselves since.
//
//	lease rows: where each log ends ──► Follower ──► list, get the new links ──► facts of their rows ──► model.Merged ──► an Edition
//	                                       │   ▲                                                                             │
//	                           every 15 min│   │at the start                                               processor.Config.Merged: Adopt
//	                                       ▼   │
//	                              snapshot of all facts in the bucket
//
// A Follower belongs to a process, whichever and however many shards the process owns. It reads the logs of its own shards too: their models
// need not keep for ever what is in an edition. Only links that a bookmark covers are read, so what is merged is committed.
//
// # Snapshots
//
//	<prefix>/_model/gen=G/dt=2026-11-23/hour=09.facts      format: package model/snapshot
//	<prefix>/_model/gen=G/dt=2026-11-23/hour=09.45.facts
//
// The first is all that was merged when the first link of that hour came: facts of earlier hours only, with a mark for each shard that says up to where its
// log is in it. It is put if absent by whoever comes first among those whom Fleet.Keeper names, so a replay that begins in that hour finds a model
// that has not seen it. A Follower begins with the newest snapshot that is whole, and reads the logs from its marks on. Without one it begins
// Config.Window ago. The second has some of the hour, too, and belongs to its generation, so that no replay of the hour begins with it: it spares a worker that starts
// late in an hour most of the reading. Old ones are removed when a new one is written. Losing all of them costs time, never data.
//
// # Time
//
// A link is merged only when all shards of this process have reached the arrival time of its last record: a shard that replays, or is behind,
// must not learn from its future. Until then the log waits.
//
// # Non-obvious
//
//   - Everything here is derived and may be read twice: facts that are added again change nothing. So no error is fatal; what could not
//     be read in one round is read in the next.
//   - A link that is damaged is passed over, and reported: nothing heals it, and the audit names it.
//   - Rows of schema version 1 do not say what the model has learnt from them; they are passed over.
//   - An erased customer's sessions cannot be told in a snapshot: one that was made without heeding all of today's tombstones is not used. A
//     running Follower keeps what it has, and says in its snapshots which tombstones they heed; the next one to be opened after an erasure
//     reads the log's Window.
package follow
