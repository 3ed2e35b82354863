package lease

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Operator makes plans and brings them to their end. Any number of them may work at the same time, on any machines, and stop at any moment: what one has begun,
// the next one finishes. It is used by one goroutine.
//
//	Make     the positions, then the plan row: one conditional write
//	Step     made ── every row applied, every worker obeys or is dead ──► fenced ── every shard ended or at the tip since ──► published ── publish
//	Switch   published ── other hours, which nobody writes any more ──► published ── publish
type Operator struct {
	env      Env
	store    Store
	failover time.Duration
	publish  func(ctx context.Context, p *Plan) error

	plan  int64 // that began and seen are about
	began time.Time
	seen  *Observer
	gone  map[string]time.Time // by worker: when it was last seen to have a row, and not to obey
	shown string               // id of the plan row whose map this Operator has shown to readers
}

// NewOperator returns an Operator. failover is T of the workers; publish shows the map of a published plan to readers, unless they see that of a later one.
func NewOperator(env Env, store Store, failover time.Duration, publish func(ctx context.Context, p *Plan) error) *Operator {
	return &Operator{env: env, store: store, failover: failover, publish: publish}
}

// ErrPlanChanged says that somebody else has made a plan, or finished one, meanwhile.
var ErrPlanChanged = errors.New("the plan has been changed by somebody else")

// Make makes a plan that begins from what was read as from: to is numbered, and its fields that concern the published map are filled in. Readers must
// see the map of from's publication before. ErrPlanChanged: the plan row is another one now.
func (o *Operator) Make(ctx context.Context, from, to *Plan, positions map[string]Position) error {
	to.Number, to.State = from.Number+1, PlanMade
	to.Published, to.By, to.Switched, to.Previous = from.Published, from.By, from.Switched, from.Previous
	if to.Published != "" {
		if err := o.publish(ctx, from); err != nil {
			return fmt.Errorf("make plan %d: %w", to.Number, err)
		}
	}
	err := o.insist(ctx, func(ctx context.Context) error { return o.store.PutPositions(ctx, to.ID, positions) })
	if err == nil {
		err = o.write(ctx, from, to)
	}
	if err != nil {
		return fmt.Errorf("make plan %d: %w", to.Number, err)
	}
	return nil
}

// write replaces the plan row, and takes a row that already says what is wanted for its own success.
func (o *Operator) write(ctx context.Context, from, to *Plan) error {
	err := o.insist(ctx, func(ctx context.Context) error {
		err := o.store.WritePlan(ctx, from, to)
		if err == nil || errors.Is(err, ErrRefused) {
			return err
		}
		_, now, readErr := o.store.Leases(ctx)
		switch {
		case readErr != nil:
			return readErr
		case now.Same(to):
			return nil
		case now.Same(from) && !errors.Is(err, ErrConflict):
			return err // unknown: to be tried again
		}
		return ErrConflict
	})
	if errors.Is(err, ErrConflict) {
		return fmt.Errorf("write plan row: %w", ErrPlanChanged)
	}
	return err
}

// Progress is how far a plan is.
type Progress struct {
	Plan      Plan
	Rows      int      // lease rows
	Alive     int      // workers whose counter has not stood still for T yet
	Waiting   []string // shards to whose rows the plan has not been applied yet
	Unheeding []string // workers that have not acknowledged it yet, and may be alive
	Behind    []string // shards that have not reached the tip of the stream since the fence
	Shown     bool     // readers see its map
}

// Done reports whether nothing is left to do.
func (p *Progress) Done() bool { return p.Plan.None() || p.Plan.State == PlanPublished && p.Shown }

// Step looks at the table once, does what can be done, and says how far the plan is. It is called again, until Progress.Done, about every half second.
func (o *Operator) Step(ctx context.Context) (Progress, error) {
	p, workers, leases, err := o.look(ctx)
	if err != nil || p.Plan.None() {
		return p, err
	}
	switch p.Plan.State {
	case PlanMade:
		err = o.fence(ctx, &p, leases, workers)
	case PlanFenced:
		err = o.finish(ctx, &p, leases)
	case PlanPublished:
		err = o.show(ctx, &p)
	}
	if err != nil {
		return p, fmt.Errorf("carry out plan %d: %w", p.Plan.Number, err)
	}
	return p, nil
}

// look reads the rows: the leases before the workers, so that a term which has ended meanwhile is not missed in both.
func (o *Operator) look(ctx context.Context) (p Progress, workers []Worker, leases []Lease, err error) {
	err = o.insist(ctx, func(ctx context.Context) (err error) {
		leases, p.Plan, err = o.store.Leases(ctx)
		return err
	})
	if err != nil {
		return p, nil, nil, fmt.Errorf("read leases: %w", err)
	}
	began := o.env.Now()
	err = o.insist(ctx, func(ctx context.Context) (err error) {
		began = o.env.Now()
		workers, err = o.store.Workers(ctx)
		return err
	})
	if err != nil {
		return p, nil, nil, fmt.Errorf("read workers: %w", err)
	}
	p.Alive = o.see(&p.Plan, workers, began)
	p.Rows, p.Shown = len(leases), !p.Plan.None() && o.shown == p.Plan.ID
	return p, workers, leases, nil
}

// see takes note of the heartbeats, and counts the workers that may be alive.
func (o *Operator) see(plan *Plan, workers []Worker, began time.Time) (alive int) {
	now := o.env.Now()
	if o.seen == nil || o.plan != plan.Number {
		o.plan, o.began, o.seen, o.gone = plan.Number, now, NewObserver(o.failover), map[string]time.Time{}
	}
	o.seen.See(workers, began, now)
	for _, w := range workers {
		if delete(o.gone, w.ID); w.Acked < plan.Number {
			o.gone[w.ID] = now
		}
		if !o.seen.Dead(w.ID) {
			alive++
		}
	}
	return alive
}

// fence applies the plan to the rows, and fences it when nothing older is left: each row has it, each worker obeys it or is dead. A worker without row is
// as good as one whose counter stands still, and may have lost its row a moment ago: it has stopped by its own trust after T.
func (o *Operator) fence(ctx context.Context, p *Progress, leases []Lease, workers []Worker) error {
	for i := range leases {
		if leases[i].Plan < p.Plan.Number {
			p.Waiting = append(p.Waiting, leases[i].Key)
		}
	}
	now := o.env.Now()
	has := map[string]bool{}
	for _, w := range workers {
		has[w.ID] = true
		if w.Acked < p.Plan.Number && !o.seen.Dead(w.ID) {
			p.Unheeding = append(p.Unheeding, w.ID)
		}
	}
	for id, last := range o.gone {
		if !has[id] && now.Sub(last) < o.failover {
			p.Unheeding = append(p.Unheeding, id)
		}
	}
	slices.Sort(p.Unheeding)
	if len(p.Waiting) > 0 {
		return o.apply(ctx, &p.Plan, leases)
	}
	if len(p.Unheeding) > 0 || now.Sub(o.began) < o.failover {
		return nil
	}
	return o.advance(ctx, p, func(to *Plan) { to.State = PlanFenced })
}

// atATime is how many rows are written concurrently.
const atATime = 16

func (o *Operator) apply(ctx context.Context, plan *Plan, leases []Lease) error {
	errs := make([]error, len(leases))
	lanes := make([]func(), min(len(leases), atATime))
	for lane := range lanes {
		lanes[lane] = func() {
			for i := lane; i < len(leases); i += atATime {
				errs[i] = Apply(ctx, o.env, o.store, o.limit(), plan, &leases[i])
			}
		}
	}
	o.env.Join(lanes...)
	return errors.Join(errs...)
}

// finish publishes the plan when every shard is at the tip.
func (o *Operator) finish(ctx context.Context, p *Progress, leases []Lease) error {
	for i := range leases {
		l := &leases[i]
		if l.Plan < p.Plan.Number {
			p.Waiting = append(p.Waiting, l.Key)
		}
		if l.Plan != p.Plan.Number || !l.Ended() && l.TipPlan != p.Plan.Number {
			p.Behind = append(p.Behind, l.Key)
		}
	}
	if len(p.Waiting) > 0 { // a row that was created late, under an older plan
		return o.apply(ctx, &p.Plan, leases)
	}
	if len(p.Behind) > 0 {
		return nil
	}
	return o.advance(ctx, p, (*Plan).publish)
}

func (o *Operator) advance(ctx context.Context, p *Progress, change func(*Plan)) error {
	to := p.Plan
	change(&to)
	if err := o.write(ctx, &p.Plan, &to); err != nil {
		return err
	}
	p.Plan = to
	return nil
}

// show lets readers see the map, and removes what the plan does not need any more.
func (o *Operator) show(ctx context.Context, p *Progress) error {
	if p.Shown {
		return nil
	}
	if err := o.publish(ctx, &p.Plan); err != nil {
		return fmt.Errorf("publish map: %w", err)
	}
	if err := o.insist(ctx, func(ctx context.Context) error { return o.store.DropPositions(ctx, p.Plan.ID) }); err != nil {
		return fmt.Errorf("drop positions: %w", err)
	}
	o.shown, p.Shown = p.Plan.ID, true
	return nil
}

func (o *Operator) limit() time.Duration { return max(o.failover/4, time.Second) }

func (o *Operator) insist(ctx context.Context, request func(context.Context) error) error {
	return insist(ctx, o.env, o.limit(), request)
}
