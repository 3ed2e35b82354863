package shardlog

import (
	"github.com/streamrec/streamrec/worker"
)

// followEnv tells the worker of the requests that fail.
type followEnv struct {
	worker.Env
	worker func() *worker.Worker
}

// Trouble implements chain.Env.
func (e followEnv) Trouble(err error) { e.worker().Trouble("follow the logs of all shards", err) }

// Answered implements chain.Env. No shard depends on it.
func (followEnv) Answered() {}
