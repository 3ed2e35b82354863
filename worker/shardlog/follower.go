package shardlog

import (
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/worker"
)

// NewFollower returns what follows the logs of all shards for a worker. w returns the worker, which may be made later; it has to be there when the
// Follower is opened.
func NewFollower(cfg follow.Config, env worker.Env, bucket chain.Bucket, w func() *worker.Worker) *follow.Follower {
	return follow.New(cfg, followEnv{env, w}, bucket)
}

// followEnv tells the worker of the requests that fail.
type followEnv struct {
	worker.Env
	worker func() *worker.Worker
}

// Trouble implements chain.Env.
func (e followEnv) Trouble(err error) { e.worker().Trouble("follow the logs of all shards", err) }

// Answered implements chain.Env. No shard depends on it.
func (followEnv) Answered() {}
