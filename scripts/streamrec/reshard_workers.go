package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker/lease"
)

// reshardWorkers are the workers that have to follow.
type reshardWorkers struct {
	store       lease.Store
	app, stream string
}

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
	return &reshardWorkers{infradynamo.NewStore(c.dynamodb, o.app), o.app, o.stream}, nil
}

func (w *reshardWorkers) count(ctx context.Context) (int, error) {
	workers, err := w.store.Workers(ctx)
	return len(workers), err
}

// errWaitEnded says what an interrupt leaves: by then the stream is as it was wanted.
var errWaitEnded = errors.New("interrupted: the shards are split or merged as planned, and the workers follow by themselves; only the waiting for them has been ended")

// wait returns when every open shard is owned and every other one that has a row has ended, or when there is nobody to do it. A shard that is stopped is an error:
// nobody goes on with it.
func (w *reshardWorkers) wait(ctx context.Context, shards reshard.Topology, say func(string, ...any)) error {
	var told waiting
	for {
		done, err := w.look(ctx, shards, &told, say)
		if err == nil && !done {
			err = sleep(ctx, watchTick)
		}
		if ctx.Err() != nil {
			return errWaitEnded
		}
		if err != nil || done {
			return err
		}
	}
}

// look reports whether nothing is left to wait for, and tells what is.
func (w *reshardWorkers) look(ctx context.Context, shards reshard.Topology, told *waiting, say func(string, ...any)) (done bool, err error) {
	rows, _, err := w.store.Leases(ctx)
	if err != nil {
		return false, explain("lease table "+w.app, err)
	}
	n, err := w.count(ctx)
	if err != nil {
		return false, explain("lease table "+w.app, err)
	}
	if n == 0 {
		say("no worker is running: the shards wait")
		return true, nil
	}
	f := followed(shards, rows)
	if line := f.String(); told.tells(line, time.Now()) {
		say("%s", line)
	}
	return len(f.waiting) == 0, w.stopped(f.stopped)
}

// stopped says what to do about shards that nobody goes on with.
func (w *reshardWorkers) stopped(rows []lease.Lease) error {
	if len(rows) == 0 {
		return nil
	}
	var names []string
	for i := range rows {
		names = append(names, fmt.Sprintf("%s (%s)", rows[i].Key, strings.ReplaceAll(rows[i].Stopped, "\n", " ")))
	}
	return fmt.Errorf("the shards are split or merged as planned, but workers do not get on with what is stopped: %s. Remove the cause, and open it again: streamrec reset --resume --app %s --stream %s --bucket BUCKET --execute",
		strings.Join(names, ", "), w.app, w.stream)
}

// following is how far workers have followed a stream.
type following struct {
	open    int           // shards
	owned   int           // of these
	unread  int           // others that have not ended
	waiting []string      // shards that are waited for, with their state
	stopped []lease.Lease // of these
}

// String is for people.
func (f *following) String() string {
	return fmt.Sprintf("workers: %d of %d shards have an owner, %d parents have records left%s", f.owned, f.open, f.unread, some(f.waiting))
}

// followed looks at the open shards, which are to have an owner, and at the others that have a row, which are to end.
func followed(shards reshard.Topology, rows []lease.Lease) (f following) {
	byKey := map[string]lease.Lease{}
	for i := range rows {
		byKey[rows[i].Key] = rows[i]
	}
	for _, s := range shards {
		l, listed := byKey[s.ID]
		if s.Open {
			f.open++
		}
		switch {
		case s.Open && l.Owner != "":
			f.owned++
			continue
		case !s.Open && (!listed || l.Ended()):
			continue
		case !s.Open:
			f.unread++
		}
		f.waiting = append(f.waiting, fmt.Sprintf("%s (%s)", s.ID, standing(&l, listed)))
		if l.Stopped != "" {
			f.stopped = append(f.stopped, l)
		}
	}
	return f
}

// standing is the state of a shard that is waited for.
func standing(l *lease.Lease, listed bool) string {
	switch {
	case !listed:
		return "no worker has seen it yet"
	case l.Stopped != "":
		return "stopped"
	case l.Owner != "":
		return "read by " + l.Owner
	}
	return "no owner"
}
