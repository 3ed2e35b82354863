package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
	"github.com/streamrec/streamrec/worker/replay"
	"github.com/streamrec/streamrec/worker/replay/side"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// sides are the side replays of the world.
type sides struct {
	rows   map[string]side.Replay
	tables map[int]*leasetest.Store // by generation
}

// registry is a node's side.Registry: the rows are in memory, the requests go through call.
type registry struct{ *node }

var _ side.Registry = registry{}

// Create implements side.Registry.
func (r registry) Create(ctx context.Context, p *side.Replay) error {
	row := *p
	return r.call(ctx, dynamo, "PutItem replay", func() error {
		if _, ok := r.sides.rows[row.Name]; ok {
			return lease.ErrConflict
		}
		r.sides.rows[row.Name] = row
		return nil
	})
}

// Replay implements side.Registry.
func (r registry) Replay(ctx context.Context, name string) (side.Replay, error) {
	return ask(ctx, r.node, dynamo, "GetItem replay", func() (side.Replay, error) {
		p, ok := r.sides.rows[name]
		if !ok {
			return p, lease.ErrAbsent
		}
		return p, nil
	})
}

// Replays implements side.Registry.
func (r registry) Replays(context.Context) ([]side.Replay, error) { return nil, errors.ErrUnsupported }

// Move implements side.Registry.
func (r registry) Move(ctx context.Context, p *side.Replay, to side.State) error {
	from := *p
	return r.call(ctx, dynamo, "UpdateItem replay", func() error {
		now, ok := r.sides.rows[from.Name]
		if !ok || now.State != from.State || now.Generation != from.Generation {
			return lease.ErrConflict
		}
		now.State = to
		r.sides.rows[from.Name] = now
		return nil
	})
}

// Remove implements side.Registry.
func (r registry) Remove(ctx context.Context, p *side.Replay) error {
	from := *p
	return r.call(ctx, dynamo, "DeleteItem replay", func() error {
		if now := r.sides.rows[from.Name]; now.State == from.State && now.Generation == from.Generation {
			delete(r.sides.rows, from.Name)
		}
		return nil
	})
}

// Rows implements side.Registry.
func (r registry) Rows(p *side.Replay) lease.Store {
	if r.sides.tables[p.Generation] == nil {
		r.sides.tables[p.Generation] = &leasetest.Store{Table: leasetest.NewTable()}
	}
	return table{node: r.node, rows: r.sides.tables[p.Generation], beside: true}
}

// Clear implements side.Registry.
func (r registry) Clear(ctx context.Context, p *side.Replay) error {
	generation := p.Generation
	return r.call(ctx, dynamo, "DeleteItem rows of replay", func() error {
		delete(r.sides.tables, generation)
		return nil
	})
}

// aside adds a node on which somebody replays the hours before this one, beside everything else, until that is published; then it is withdrawn once in a while, and
// dropped. Several of them work on the same replay. Whoever dies is followed by another one.
func (w *world) aside() {
	n := w.machine(fmt.Sprintf("s%d", len(w.asides)+1))
	n.beside = true
	w.asides = append(w.asides, n)
	w.note("nemesis: side replay by", n.name)
	n.spawn(n, n.name, func() {
		n.replayAside()
		n.ended = true
	}, nil)
}

// asideName is that of the only side replay that there is at a time.
const asideName = "aside"

// replayAside is the tool. Each step is tried until it is done, or cannot be.
func (n *node) replayAside() {
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	store, objects, reg := table{node: n, rows: n.rows}, bucket{n, n.objects}, registry{n}
	from := replay.Source{Env: operatorEnv{n}, Bucket: objects, Layout: layout, Stream: "clicks"}
	o := lease.NewOperator(n, store, failoverTime, replay.Publish(operatorEnv{n}, objects, layout))
	r := n.beginAside(ctx, from, store, reg)
	if r == nil {
		return
	}
	publish := func() error {
		_, err := side.Publish(ctx, from, store, o, reg, r, n.id())
		return err
	}
	if n.chance(0.5) { // somebody cannot wait
		_ = n.Sleep(ctx, n.between(0, 3*time.Second))
		_ = publish()
	}
	if n.workAside(ctx, objects, reg, r); n.oracle.finished {
		return
	}
	if !n.insistAside(ctx, publish) {
		n.dropAside(ctx, from, store, o, reg, r)
		return
	}
	n.count(publishedAside, "an hour")
	if _ = n.Sleep(ctx, n.between(0, 10*time.Second)); n.chance(0.5) {
		return
	}
	n.insistAside(ctx, func() error {
		_, err := side.Withdraw(ctx, from, store, o, r, n.id())
		return err
	})
	n.dropAside(ctx, from, store, o, reg, r)
}

func (n *node) id() string { return fmt.Sprintf("%s-%d", n.name, n.rand.Uint32()) }

// insistAside repeats a step, and reports whether it was done: it may have become impossible.
func (n *node) insistAside(ctx context.Context, step func() error) bool {
	for !n.oracle.finished {
		err := step()
		if err == nil {
			return true
		}
		for _, final := range []error{side.ErrReplaced, side.ErrUnfinished, side.ErrInUse, side.ErrExists, lease.ErrAbsent} {
			if errors.Is(err, final) {
				return false
			}
		}
		_ = n.Sleep(ctx, time.Second) // ctx never ends
	}
	return false
}

// beginAside makes the replay, or returns the one that is there.
func (n *node) beginAside(ctx context.Context, from replay.Source, store table, reg registry) (made *side.Replay) {
	to := chain.HourOf(n.began.Add(n.now))
	n.insistAside(ctx, func() error {
		if r, err := reg.Replay(ctx, asideName); err == nil && r.State == side.Running {
			made = &r
			return nil
		}
		rows, plan, err := store.Leases(ctx)
		if err != nil {
			return err
		}
		d, err := side.Prepare(ctx, from, source{n}, rows, plan, side.Replay{Name: asideName, From: to - 1 - chain.Hour(n.rand.IntN(2)), To: to}, nil)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(d.Shards, func(s side.Shard) bool { return s.Open != "" || s.Records() > 0 && !s.Log }); i >= 0 {
			return fmt.Errorf("%s is open: %s", d.Shards[i].Row.Key, d.Shards[i].Open)
		}
		r, err := d.Make(ctx, from, reg, n.Wall())
		made = &r
		return err
	})
	if made == nil || made.State != side.Running {
		return nil
	}
	return made
}

// workAside is a worker of the replay, until that is done or gone.
func (n *node) workAside(ctx context.Context, objects bucket, reg registry, r *side.Replay) {
	life, end := context.WithCancel(ctx)
	defer end()
	cfg := processor.Config{Layout: layout, Until: r.To, StateRows: 1 + n.rand.Int64N(40), Contents: n.newContents}
	var w *worker.Worker
	factory := shardlog.NewFactory(cfg, n, objects, func() *worker.Worker { return w }, nil, nil)
	pace := side.NewPace(n, r.From.Time(), func() float64 { return 0 })
	rows := reg.Rows(r)
	w, err := worker.New(worker.Config{
		Name: n.name, Application: "app", Stream: "clicks", Stall: 30 * time.Second, Lease: lease.Config{Failover: failoverTime, ShardSync: 10 * time.Second},
	}, worker.Dependencies{Env: n, Store: rows, Stream: side.Stream(rows), Log: noLog(), Plain: true, Factory: pace.Wrap(factory)})
	if err != nil {
		n.fail("%s: %v", n.name, err)
	}
	n.Join(
		func() { defer end(); err = w.Run(life) },
		func() {
			defer end()
			for n.Sleep(life, time.Second) == nil && !n.oracle.finished {
				if now, err := reg.Replay(life, r.Name); errors.Is(err, lease.ErrAbsent) || err == nil && (now.Generation != r.Generation || now.State != side.Running) {
					return
				}
				leases, _ := w.Leases()
				p := side.ProgressOf(r, leases, w.Workers())
				for shard, why := range p.Stopped {
					n.fail("%s of the side replay is stopped: %s", shard, why)
				}
				if p.Done() {
					return
				}
			}
		},
	)
	if err != nil {
		n.fail("%s ends with %v", n.name, err)
	}
}

// dropAside removes the replay, unless it is needed.
func (n *node) dropAside(ctx context.Context, from replay.Source, store table, o *lease.Operator, reg registry, r *side.Replay) {
	d := side.Dropper{Source: from, Live: store, Registry: reg, Operator: o, Failover: failoverTime, ID: n.id(), Remove: func(ctx context.Context, key string) error {
		return n.call(ctx, s3, "DELETE "+key, func() error {
			n.objects.Delete(key)
			n.deleted(key)
			return nil
		})
	}}
	if n.insistAside(ctx, func() error { _, err := d.Drop(ctx, r); return err }) {
		n.count(droppedAside, "an hour")
	}
}

// deleted takes note of an object that is gone. Readers must not miss it.
func (w *world) deleted(key string) {
	_, shard, first, err := layout.In(generationOf(key)).ParseLinkKey(key)
	if err != nil {
		return // a mark
	}
	s := w.stream.byID[shard]
	log := s.generation(generationOf(key))
	at := s.position[first]
	if l := log.links[at]; l != nil {
		for i := at; i < at+int(l.Records); i++ {
			delete(log.covered, i)
		}
		delete(log.links, at)
	}
	w.look(s)
}

// disturbAside does to those who work on side replays what is done to workers. Who is killed is followed by another one.
func (w *world) disturbAside() {
	for _, n := range w.asides {
		switch {
		case n.dead || n.ended:
		case w.chance(0.3):
			w.note("nemesis: kill", n.name)
			n.kill()
			w.after(w.between(0, 5*time.Second), w.aside)
		case w.chance(0.5):
			w.hold(n)
		default:
			w.sever(n, service(w.rand.IntN(int(services))))
		}
	}
}

// doze lets the sessions of a shard fall silent when an hour has ended, so that its chain stays there.
func (w *world) doze() {
	if w.nemesis.dozes && w.stream.dozing == nil && chain.HourOf(w.began.Add(w.now)) > chain.HourOf(w.began) {
		open := w.stream.open()
		w.stream.dozing = open[w.rand.IntN(len(open))]
		w.note("nemesis: silence in", w.stream.dozing.lease.Key)
	}
}

// dozes reports whether sessions at a place in the hash range are silent.
func (st *stream) dozes(hash int) bool {
	return st.dozing != nil && st.dozing.from <= hash && hash <= st.dozing.to
}

// wither splits a shard whose sessions are silent: its chain ends in an hour that readers may be shown from a side replay, and so do those of its children.
func (w *world) wither() {
	for _, s := range w.stream.open() {
		if w.stream.dozes(s.from) && w.stream.dozes(s.to) && len(w.stream.shards) < 14 {
			w.split(s)
			return
		}
	}
}
