package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// TestScale is the section scale of the benchmark.
func TestScale(t *testing.T) {
	text := os.Getenv(scaleTask)
	order := scaleOrder{Shards: 40, Workers: 4, Seconds: 10} // without a task: that it works
	if text != "" {
		if err := json.Unmarshal([]byte(text), &order); err != nil {
			t.Fatal(err)
		}
	}
	var outcome scaleOutcome
	synctest.Test(t, func(t *testing.T) { outcome = observeScale(t, order) })
	if text == "" {
		if o := outcome; o.Start.Moves < 40 || o.Crash.Moves < 10 || o.Join.Moves < 5 || o.Idle.Moves > 0 || o.Idle.Writes == 0 || o.Idle.Rows < o.Idle.Reads {
			t.Errorf("%+v", o)
		}
		return
	}
	result, err := json.Marshal(outcome)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(order.Result, result, 0o600); err != nil {
		t.Fatal(err)
	}
}

// counted is a lease.Store that counts what is read through it.
type counted struct {
	*leasetest.Store
	reads, rows *atomic.Int64
}

// Workers implements lease.Store.
func (c counted) Workers(ctx context.Context) ([]lease.Worker, error) {
	rows, err := c.Store.Workers(ctx)
	c.count(len(rows))
	return rows, err
}

// Leases implements lease.Store.
func (c counted) Leases(ctx context.Context) ([]lease.Lease, lease.Plan, error) {
	rows, plan, err := c.Store.Leases(ctx)
	c.count(len(rows))
	return rows, plan, err
}

// Lease implements lease.Store.
func (c counted) Lease(ctx context.Context, key string) (lease.Lease, error) {
	c.count(1)
	return c.Store.Lease(ctx, key)
}

func (c counted) count(rows int) {
	c.reads.Add(1)
	c.rows.Add(int64(rows))
}

// fleetOfMany is a fleet whose table is in memory.
type fleetOfMany struct {
	table       *leasetest.Table
	audience    *audience
	stream      emptyStream
	reads, rows atomic.Int64
}

// hire starts a worker, and returns its way to the table.
func (f *fleetOfMany) hire(ctx context.Context, g *errgroup.Group, n int) *leasetest.Store {
	store := &leasetest.Store{Table: f.table}
	log := logrus.New()
	log.SetOutput(io.Discard)
	name := fmt.Sprintf("w%d", n)
	g.Go(func() error {
		w, err := worker.New(worker.Config{Name: name, Application: appName, Stream: streamName}, worker.Dependencies{
			Store: counted{store, &f.reads, &f.rows}, Stream: f.stream, Log: log, Plain: true,
			Factory: func(t *lease.Term) worker.Processor { return &listener{audience: f.audience, worker: name, term: t} },
		})
		if err != nil {
			return err
		}
		return w.Run(ctx)
	})
	return store
}

// episode counts until something is true.
func (f *fleetOfMany) episode(t *testing.T, ctx context.Context, what string, cond func() bool) episode {
	t.Helper()
	began, moves, writes, reads, rows := time.Now(), f.audience.moves(), f.table.Writes(), f.reads.Load(), f.rows.Load()
	await(t, ctx, what, cond)
	return episode{
		Took: time.Since(began), Moves: f.audience.moves() - moves, Writes: f.table.Writes() - writes,
		Reads: int(f.reads.Load() - reads), Rows: int(f.rows.Load() - rows),
	}
}

func observeScale(t *testing.T, order scaleOrder) (o scaleOutcome) {
	f := &fleetOfMany{table: leasetest.NewTable(), audience: &audience{shards: order.Shards, held: map[string]int{}}, stream: emptyStream{order.Shards}}
	shards, _ := f.stream.Shards(t.Context()) // cannot fail
	for _, s := range shards {
		s.Checkpoint = lease.Position{Type: lease.TrimHorizon}
		f.table.Set(s)
	}
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	var last *leasetest.Store
	for n := range order.Workers {
		last = f.hire(ctx, g, n)
	}
	o.Start = f.episode(t, ctx, "the leases are spread evenly", f.audience.even)
	await(t, ctx, "nothing moves", func() bool { return f.audience.still(30 * time.Second) })
	ends := time.Now().Add(time.Duration(order.Seconds) * time.Second)
	o.Idle = f.episode(t, ctx, "time has passed", func() bool { return time.Now().After(ends) })

	last.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Fail })
	silent := fmt.Sprintf("w%d", order.Workers-1)
	o.Crash = f.episode(t, ctx, "the others have its leases", func() bool {
		if f.audience.of(silent) == 0 {
			f.audience.leave(silent)
		}
		return f.audience.even() && f.audience.of(silent) == 0
	})
	await(t, ctx, "nothing moves", func() bool { return f.audience.still(time.Minute) })
	f.hire(ctx, g, order.Workers)
	newcomer := fmt.Sprintf("w%d", order.Workers)
	o.Join = f.episode(t, ctx, "the newcomer has its part", func() bool { return f.audience.of(newcomer) > 0 && f.audience.even() })
	last.Inject(func(context.Context, string) leasetest.Fault { return leasetest.None })
	stop()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	return o
}
