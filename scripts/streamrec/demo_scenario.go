package main

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"time"

	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/scripts/reshard"
	"github.com/streamrec/streamrec/worker"
)

// act is something that happens to the fleet at a part of the demo's time.
type act struct {
	at   float64
	name string
	do   func(context.Context, clients) error
}

// play lets the acts happen while the shop is open.
func (d *demo) play(ctx context.Context, c clients) error {
	acts := []act{
		{0.20, "crash", d.crash},
		{0.45, "deploy", d.deploy},
		{0.60, "split", d.split},
		{0.72, "merge", d.merge},
		{0.80, "replay", d.replay},
	}
	for _, a := range acts {
		if sleep(ctx, time.Until(d.began.Add(time.Duration(a.at*float64(d.duration))))) != nil {
			return nil // the shop has closed
		}
		if err := a.do(ctx, c); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	<-ctx.Done()
	return nil
}

// crash kills the worker that holds most shards, as kill -9 would, and starts another one.
func (d *demo) crash(ctx context.Context, _ clients) error {
	n, shards := d.fleet.crash()
	if n == nil {
		return nil
	}
	d.view.say("worker %s crashes; it had %d shards", n.name, shards)
	return d.fleet.start(context.WithoutCancel(ctx))
}

// deploy replaces the oldest worker: SIGTERM, and a new one.
func (d *demo) deploy(ctx context.Context, _ clients) error {
	name, took, err := d.fleet.replace(context.WithoutCancel(ctx))
	if name != "" {
		d.view.say("worker %s is deployed anew; it handed its shards over in %d ms", name, took.Milliseconds())
	}
	return err
}

// split cuts the widest open shard in two.
func (d *demo) split(ctx context.Context, c clients) error {
	return d.reshard(ctx, c, func(open reshard.Topology) reshard.Request {
		widest := slices.MaxFunc(open, func(a, b reshard.Shard) int { return a.Width().Cmp(b.Width()) })
		d.view.say("shard %s is split", widest.ID)
		return reshard.Request{Split: []string{widest.ID}}
	})
}

// merge joins the two neighbours that are narrowest together.
func (d *demo) merge(ctx context.Context, c clients) error {
	return d.reshard(ctx, c, func(open reshard.Topology) reshard.Request {
		best := 0
		width := func(i int) *big.Int { return new(big.Int).Add(open[i].Width(), open[i+1].Width()) }
		for i := range len(open) - 1 {
			if width(i).Cmp(width(best)) < 0 {
				best = i
			}
		}
		a, b := open[best], open[best+1]
		d.view.say("shards %s and %s are merged", a.ID, b.ID)
		return reshard.Request{Merge: []string{a.ID, b.ID}}
	})
}

// replay rewinds the fleet by a quarter of the demo's time, as after a bad deployment. The workers bring it to its end.
func (d *demo) replay(ctx context.Context, c clients) error {
	o := resetOptions{
		app: demoApp, stream: demoStream, bucket: demoBucket, prefix: d.fleet.where.layout.Prefix, duration: d.duration / 4,
		operator: "demo", reason: "to show it", failover: demoFailover, rate: 5000,
	}
	r, err := newReplayer(ctx, c, d.fleet.where, o.failover)
	if err != nil {
		return err
	}
	t := &resetTool{r, o, streams{out: io.Discard, err: io.Discard}}
	draft, _, err := t.draft(ctx)
	if err != nil {
		return err
	}
	made, err := draft.Make(ctx, t.source, t.operator, newPlanID(), time.Now())
	if err != nil {
		return err
	}
	records := int64(0)
	for i := range draft.Shards {
		records += draft.Shards[i].Records()
	}
	d.replayed = made.Number
	d.view.say("replay: %d records are read again, from %s:00 UTC on, into generation %s", records, draft.From, made.Map)
	return nil
}

// awaitReplay waits until readers see what was replayed.
func (d *demo) awaitReplay(ctx context.Context, c clients) error {
	for d.replayed > 0 {
		p, err := chain.ReadPublished(ctx, worker.System{}, infras3.NewBucket(c.s3, demoBucket), d.fleet.where.layout)
		if err != nil {
			return err
		}
		if p.Plan >= d.replayed {
			d.view.say("readers see the replay: generations %s", p.Map)
			return nil
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// reshard asks for the first step of what is chosen, and does not wait for its end.
func (d *demo) reshard(ctx context.Context, c clients, choose func(open reshard.Topology) reshard.Request) error {
	s := streamOf(c, demoStream)
	state, err := s.Look(ctx)
	if err != nil {
		return err
	}
	open := state.Shards.Open()
	if len(open) < 2 {
		return nil
	}
	steps, err := choose(open).Plan(state.Shards)
	if err != nil || len(steps) == 0 {
		return err
	}
	return s.Do(ctx, steps[0])
}

// sleep returns after d, or earlier with the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error { return worker.System{}.Sleep(ctx, d) }

func createFile(name string) (*os.File, error) { return os.Create(name) }
