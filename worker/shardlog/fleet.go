package shardlog

import (
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Fleet tells a follow.Follower what a worker knows.
type Fleet struct{ Worker *worker.Worker }

var _ follow.Fleet = Fleet{}

// Shards implements follow.Fleet.
func (f Fleet) Shards() ([]follow.Shard, time.Time) {
	rows, at := f.Worker.Leases()
	return Logs(rows), at
}

// Logs returns where the logs of the shards end, as their rows say.
func Logs(rows []lease.Lease) []follow.Shard {
	logs := make([]follow.Shard, len(rows))
	for i := range rows {
		logs[i] = follow.Shard{ID: rows[i].Key, Ended: rows[i].Ended(), Bookmark: bookmarkOf(&rows[i])}
	}
	return logs
}

// Reached implements follow.Fleet.
func (f Fleet) Reached() int64 { return f.Worker.Reached() }

// Keeper implements follow.Fleet: it is who owns the first shard that has not ended.
func (f Fleet) Keeper() bool {
	rows, _ := f.Worker.Leases()
	for i := range rows { // in the order of their keys
		if !rows[i].Ended() {
			return rows[i].Owner == f.Worker.ID()
		}
	}
	return false
}

// bookmarkOf returns the end of the chain that a row names, or the zero Bookmark.
func bookmarkOf(l *lease.Lease) chain.Bookmark {
	if l.Checkpoint.Type != lease.AfterSequenceNumber {
		return chain.Bookmark{}
	}
	return chain.Bookmark{Last: l.Checkpoint.Value, Hour: chain.Hour(l.Checkpoint.Hour)}
}
