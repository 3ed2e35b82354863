package replay

import (
	"errors"
	"fmt"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/shardlog"
)

// ErrNothingToUndo says that no plan has changed the generations, or that one which does not is on its way.
var ErrNothingToUndo = errors.New("there is nothing to undo")

// past returns the layout to go back to: of a plan that is to change what readers see what they see now, else what they saw before the last plan that did.
func (d *Draft) past(base, published chain.Layout) (chain.Layout, error) {
	if d.Base.Number == 0 {
		return base, fmt.Errorf("%w: no replay has been made", ErrNothingToUndo)
	}
	to, err := shardlog.LayoutOf(base, d.Base.Map)
	if err != nil {
		return base, err
	}
	if d.Base.State == lease.PlanPublished {
		return d.before(base, published)
	}
	if to == published {
		return base, fmt.Errorf("%w: plan %d, which is not published yet, changes no generations; once it is (streamrec reset --finish), --undo goes back to before plan %d",
			ErrNothingToUndo, d.Base.Number, d.Base.By)
	}
	d.From, d.Undoes = chain.Hour(d.Base.Hour), d.Base.Number
	return published, nil
}

// before returns what readers saw before the last plan that changed it.
func (d *Draft) before(base, published chain.Layout) (chain.Layout, error) {
	before, err := shardlog.LayoutOf(base, d.Base.Previous)
	if err != nil {
		return base, err
	}
	from, other := published.Map().Parts(before.Map())
	if !other {
		return base, fmt.Errorf("%w: plan %d changed no generations, and none before it is known that did", ErrNothingToUndo, d.Base.Number)
	}
	d.From, d.Undoes = from, d.Base.By
	return before, nil
}
