package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/replay"
)

// carryOut makes the plan and watches it.
func (t *resetTool) carryOut(ctx context.Context, d *replay.Draft, p *resetPlan) error {
	began, id := time.Now(), newPlanID()
	if err := t.keep(ctx, id, p); err != nil {
		return err
	}
	now, err := t.now(ctx, d, time.Now())
	if err != nil {
		return explain("stream "+t.o.stream, err)
	}
	made, err := d.Make(ctx, t.source, t.operator, id, now)
	if errors.Is(err, lease.ErrPlanChanged) {
		return refuse("somebody else has made a plan meanwhile, this one was not made: look at it (streamrec status), then draw yours up again")
	}
	if err != nil {
		return explain("make plan", err)
	}
	t.say(began, "plan %d is made: generations %s, from hour %s on", made.Number, made.Map, d.From)
	if t.o.detach {
		p.Result = &resetResult{State: made.State, Generations: p.Before}
		return p.write(t.std.out, t.o.format)
	}
	result, err := t.watch(ctx, began, made.Number)
	if err != nil {
		return err
	}
	p.Result = result
	return p.write(t.std.out, t.o.format)
}

// now is the time of a plan: by the clock that stamps records if any are to be given up by their time. That of this machine may be hours away. The service tells
// whole seconds; within that second this machine is believed.
func (t *resetTool) now(ctx context.Context, d *replay.Draft, here time.Time) (time.Time, error) {
	if !d.Wanted.Latest {
		return here, nil
	}
	second, err := t.stream.Time(ctx)
	if here.Before(second) {
		return second, err
	}
	if end := second.Add(time.Second); here.After(end) {
		return end, err
	}
	return here, err
}

func newPlanID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// keep records the plan. The plan that was made is the one that the next one names as its base; others lost the race.
func (t *resetTool) keep(ctx context.Context, id string, p *resetPlan) error {
	return t.record(ctx, fmt.Sprintf("%08d-%s", p.Number, id), struct {
		ID string    `json:"id"`
		At time.Time `json:"at"`
		*resetPlan
	}{id, time.Now().UTC(), p})
}

func (t *resetTool) say(began time.Time, format string, args ...any) {
	t.std.say("%6.1fs  %s", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
}

// finish watches the plan that is on its way.
func (t *resetTool) finish(ctx context.Context, began time.Time) error {
	_, plan, err := t.store.Leases(ctx)
	if err != nil {
		return explain("lease table "+t.o.app, err)
	}
	finished := finishedPlan{Number: plan.Number}
	if plan.Number == 0 {
		t.std.say("no replay has been made")
	} else if finished.resetResult, err = t.watch(ctx, began, plan.Number); err != nil {
		return err
	}
	return finished.write(t.std.out, t.o.format)
}

// finishedPlan is what --finish prints. The names in its JSON are those of a plan and of its result.
type finishedPlan struct {
	Number int64 `json:"plan"` // 0: none has been made
	*resetResult
}

func (p finishedPlan) write(out io.Writer, format output) (err error) {
	switch {
	case format == outputJSON:
		err = json.NewEncoder(out).Encode(p)
	case p.Number > 0:
		_, err = fmt.Fprintf(out, "plan %d is %s, readers see generations %s\n", p.Number, p.State, p.Generations)
	}
	return err
}

// watchTick is how often the table is looked at.
const watchTick = 500 * time.Millisecond

// watch says how far a plan is until it has come to its end, and helps where it can.
func (t *resetTool) watch(ctx context.Context, began time.Time, number int64) (*resetResult, error) {
	result, told := &resetResult{}, waiting{}
	for {
		p, err := t.operator.Step(ctx)
		switch {
		case ctx.Err() != nil:
			t.say(began, "interrupted: the workers bring the replay to its end; streamrec reset --finish watches it")
			return nil, context.Cause(ctx)
		case errors.Is(err, lease.ErrPlanChanged): // somebody else was faster with this step
		case err != nil:
			return nil, explain("carry out plan; streamrec reset --finish goes on", err)
		case p.Plan.Number > number:
			return nil, refuse("plan %d, by %s, has taken the place of plan %d", p.Plan.Number, p.Plan.Operator, number)
		}
		took := time.Since(began).Seconds()
		if p.Plan.State != lease.PlanMade && result.FencedSeconds == 0 {
			result.FencedSeconds = took
		}
		if line := describeProgress(&p); err == nil && told.tells(line, time.Now()) {
			t.say(began, "%s", line)
		}
		if err == nil && p.Done() {
			result.State, result.Generations, result.PublishedSeconds = p.Plan.State, p.Plan.Published, took
			return result, nil
		}
		if err := sleep(ctx, watchTick); err != nil {
			continue // and say so
		}
	}
}

// describeProgress says how far a plan is, and that nobody carries it out where that is so.
func describeProgress(p *lease.Progress) string {
	line := describeStep(p)
	if p.Alive == 0 && p.Plan.State != lease.PlanPublished {
		line += "; no worker is running: open shards wait for the first one"
	}
	return line
}

func describeStep(p *lease.Progress) string {
	switch {
	case p.Done():
		return fmt.Sprintf("published: readers see generations %s", p.Plan.Published)
	case p.Plan.State == lease.PlanPublished:
		return "caught up: about to be published"
	case p.Plan.State == lease.PlanFenced && len(p.Behind) == 0:
		return "fenced: what readers see of the old generation is complete"
	case p.Plan.State == lease.PlanFenced:
		return fmt.Sprintf("fenced: %d of %d shards have caught up%s", p.Rows-len(p.Behind), p.Rows, some(p.Behind))
	case len(p.Waiting) > 0:
		return fmt.Sprintf("applied to %d of %d shards", p.Rows-len(p.Waiting), p.Rows)
	case len(p.Unheeding) > 0:
		return fmt.Sprintf("applied to all shards; workers have still to stop what is older%s", some(p.Unheeding))
	}
	return "applied to all shards; waiting until what is older must have stopped"
}

// some names a few of those that are waited for.
func some(names []string) string {
	const few = 3
	switch n := len(names); {
	case n == 0:
		return ""
	case n <= few:
		return ": waiting for " + strings.Join(names, ", ")
	default:
		return fmt.Sprintf(": waiting for %s and %d more", strings.Join(names[:few], ", "), n-few)
	}
}
