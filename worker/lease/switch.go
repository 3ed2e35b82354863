package lease

import (
	"context"
	"errors"
	"fmt"
)

// ErrPlanUnderway says that a plan is not published yet: what readers see is about to change.
var ErrPlanUnderway = errors.New("a plan is on its way")

// Switch changes what readers see without a plan: published is the map, and previous the one that an undo of the last plan goes back to, where that of from is
// not empty. No shard is rewound and no worker need know. So it is for the links of hours only that get none any more, under whatever map.
// id is random. ErrPlanUnderway: it has to wait. ErrPlanChanged: the plan row is another one than from now.
func (o *Operator) Switch(ctx context.Context, from *Plan, id, published, previous string) (Plan, error) {
	if !from.None() && from.State != PlanPublished {
		return *from, fmt.Errorf("switch readers to %s: %w: number %d", published, ErrPlanUnderway, from.Number)
	}
	if !from.None() { // positions that are found by its id go with it
		if err := o.show(ctx, &Progress{Plan: *from}); err != nil {
			return *from, fmt.Errorf("switch readers to %s: %w", published, err)
		}
	}
	to := *from
	to.State, to.ID, to.Published, to.Switched = PlanPublished, id, published, from.Switched+1
	if from.Previous != "" {
		to.Previous = previous
	}
	err := o.write(ctx, from, &to)
	if err == nil {
		err = o.publish(ctx, &to)
	}
	if err != nil {
		return to, fmt.Errorf("switch readers to %s: %w", published, err)
	}
	return to, nil
}
