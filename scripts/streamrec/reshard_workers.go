package main

import (
	"context"
	"fmt"
	"time"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker/lease"
)

// reshardWorkers are the workers that have to follow.
type reshardWorkers struct{ store lease.Store }

func (o reshardOptions) workers(ctx context.Context, c clients) (*reshardWorkers, error) {
	if o.app == "" {
		return nil, nil
	}
	if err := checkTable(ctx, c, o.app, false); err != nil {
		return nil, err
	}
	if err := (deployment{app: o.app, stream: o.stream}).checkBinding(ctx, c); err != nil {
		return nil, err
	}
	return &reshardWorkers{infradynamo.NewStore(c.dynamodb, o.app)}, nil
}

func (w *reshardWorkers) count(ctx context.Context) (int, error) {
	workers, err := w.store.Workers(ctx)
	return len(workers), err
}

// wait returns when every open shard is owned and every other one that has a row has ended, or when there is nobody to do it.
func (w *reshardWorkers) wait(ctx context.Context, shards reshard.Topology, say func(string, ...any)) error {
	last := ""
	for {
		rows, _, err := w.store.Leases(ctx)
		if err != nil {
			return err
		}
		if n, err := w.count(ctx); err != nil || n == 0 {
			say("no worker is running: the shards wait")
			return err
		}
		owned, unread := followed(shards, rows)
		open := len(shards.Open())
		if now := fmt.Sprintf("workers: %d of %d shards have an owner, %d parents have records left", owned, open, unread); now != last {
			say("%s", now)
			last = now
		}
		if owned == open && unread == 0 {
			return nil
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
}

// followed counts the open shards that have an owner, and the others that have not ended.
func followed(shards reshard.Topology, rows []lease.Lease) (owned, unread int) {
	for i := range rows {
		switch s := shards.Find(rows[i].Key); {
		case s == nil:
		case s.Open && rows[i].Owner != "":
			owned++
		case !s.Open && !rows[i].Ended():
			unread++
		}
	}
	return owned, unread
}
