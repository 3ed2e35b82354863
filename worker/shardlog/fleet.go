package shardlog

import (
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Fleet tells a follow.Follower what a worker knows of the logs that are written under a plan.
type Fleet struct {
	Worker *worker.Worker
	Plan   int64
}

var _ follow.Fleet = Fleet{}

// Shards implements follow.Fleet.
func (f Fleet) Shards() ([]follow.Shard, time.Time) {
	rows, at := f.Worker.Leases()
	return logs(rows, f.Plan), at
}

// logs returns where the logs of the shards end under a plan, as their rows say. Of a row that belongs to another plan nothing is known.
func logs(rows []lease.Lease, plan int64) []follow.Shard {
	logs := make([]follow.Shard, len(rows))
	for i := range rows {
		if logs[i].ID = rows[i].Key; rows[i].Plan == plan {
			logs[i].Ended, logs[i].Bookmark = rows[i].Ended(), bookmarkOf(&rows[i])
		}
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
