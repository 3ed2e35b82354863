package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// operatorEnv is a node as the Env of whoever reads the log for itself.
type operatorEnv struct{ *node }

// Trouble implements chain.Env.
func (operatorEnv) Trouble(error) {}

// Answered implements chain.Env.
func (operatorEnv) Answered() {}

// operate adds a node on which somebody makes a replay, or, without a request, only helps to bring the one that was made to its end. Should everybody who
// has made one die, the workers do.
func (w *world) operate(request *replay.Request) {
	n := w.machine(fmt.Sprintf("o%d", len(w.tools)+1))
	w.tools = append(w.tools, n)
	w.note("nemesis: operator", n.name, fmt.Sprintf("%+v", request))
	n.spawn(n, n.name, func() {
		n.operate(request)
		n.ended = true
	}, nil)
}

// request draws what an operator wants.
func (w *world) request() *replay.Request {
	r := &replay.Request{From: chain.HourOf(w.began.Add(w.now)) - chain.Hour(w.rand.IntN(3)-w.rand.IntN(2)), Undo: w.chance(0.3), Operator: "somebody"}
	if w.chance(0.1) {
		return nil
	}
	often := 0.6 // generations then have other links than those before
	if w.nemesis.expires {
		often = 0.9
	}
	r.FromLog = w.nemesis.rereads && w.chance(often)
	if w.nemesis.gaps {
		r.Gaps = w.chance(0.7)
		if w.chance(0.25) {
			r = &replay.Request{Resume: true, Gaps: true, Latest: w.chance(0.7), Operator: r.Operator}
		}
	}
	return r
}

// operate is the tool. It may stop at any moment, and once in a while does after it has made the plan.
func (n *node) operate(request *replay.Request) {
	store, objects, env := table{node: n, rows: n.rows}, bucket{n, n.objects}, operatorEnv{n}
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	o := lease.NewOperator(n, store, failoverTime, replay.Publish(env, objects, layout))
	if request != nil && (!n.replay(ctx, store, objects, o, *request) || n.chance(0.3)) {
		return
	}
	for {
		p, err := o.Step(ctx)
		if err == nil && p.Done() {
			n.note(n.name, "has finished plan", fmt.Sprint(p.Plan.Number))
			return
		}
		_ = n.Sleep(ctx, 500*time.Millisecond) // ctx never ends
	}
}

// replay makes a plan, and reports whether it did.
func (n *node) replay(ctx context.Context, store table, objects bucket, o *lease.Operator, request replay.Request) bool {
	rows, plan, err := store.Leases(ctx)
	if err != nil {
		return false
	}
	from := replay.Source{Env: operatorEnv{n}, Bucket: objects, Layout: layout, Stream: "clicks"}
	draft, err := replay.Prepare(ctx, from, rows, plan, request, nil)
	if errors.Is(err, replay.ErrNothingToUndo) {
		return false
	}
	if err != nil {
		n.fail("%s: %v", n.name, err)
	}
	n.lurk(ctx)
	now := n.Wall()
	if request.Latest {
		if now, err = (source{n}).Time(ctx); err != nil {
			return false
		}
	}
	made, err := draft.Make(ctx, from, o, fmt.Sprintf("%s-%d", n.name, n.rand.Uint32()), now)
	if errors.Is(err, lease.ErrPlanChanged) {
		return false
	}
	if err != nil {
		n.fail("%s: %v", n.name, err)
	}
	n.note(n.name, "has made plan", fmt.Sprint(made.Number), made.Map)
	return true
}

// lurk sometimes waits for a bad moment to make a plan that has been drawn up.
func (n *node) lurk(ctx context.Context) {
	if !n.chance(0.4) {
		return
	}
	for cues, until := n.oracle.cues, n.now+5*time.Second; n.oracle.cues == cues && n.now < until; {
		_ = n.Sleep(ctx, 20*time.Millisecond) // ctx never ends
	}
}

// meddle sometimes does something harmful soon after a step of a plan.
func (w *world) meddle() {
	if !w.nemesis.awake || !w.chance(0.5) {
		return
	}
	w.after(w.between(0, 2*time.Second), func() {
		alive := w.living()
		if !w.nemesis.awake || len(alive) == 0 {
			return
		}
		n := alive[w.rand.IntN(len(alive))]
		switch w.rand.IntN(9) {
		case 0, 1:
			w.hold(n)
		case 2:
			w.forget(n)
		case 3:
			w.sever(n, service(w.rand.IntN(int(services))))
		case 4:
			w.murder(n)
		case 5:
			for _, o := range w.tools {
				w.note("nemesis: kill", o.name)
				o.kill()
			}
		case 6:
			if w.nemesis.replays {
				w.operate(w.request())
			}
		case 7:
			w.disturb()
		case 8:
			if len(w.stream.shards) < 14 {
				w.reshard()
			}
		}
	})
}

// disturb does to an operator what is done to workers.
func (w *world) disturb() {
	if len(w.tools) == 0 {
		return
	}
	n := w.tools[len(w.tools)-1]
	switch {
	case n.dead || n.ended:
	case w.chance(0.3):
		w.note("nemesis: kill", n.name)
		n.kill()
	case w.chance(0.5):
		w.hold(n)
	default:
		w.sever(n, service(w.rand.IntN(int(services))))
	}
}

// replayTime is how long a replay may take when nothing fails: the shards of a schedule read all they have again, children after parents.
const replayTime = time.Minute

// await waits until the last plan has come to its end.
func (w *world) await() {
	for until := w.now + replayTime; ; w.run(w.now + time.Second) {
		plan := w.rows.Table.Plan()
		if over := plan.Number == 0 || plan.State == lease.PlanPublished; over && plan.By == w.shown.Plan && plan.Switched == w.shown.Switched {
			return
		}
		if w.now >= until {
			w.fail("plan %d is still %s, and readers see that of plan %d", plan.Number, plan.State, w.shown.Plan)
		}
	}
}
