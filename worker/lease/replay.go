package lease

// PlanState is how far a plan is. Each step is one conditional write of the plan row, by whoever finds it true.
type PlanState string

// The states of a plan, in their order.
const (
	PlanMade      PlanState = "made"      // it is being applied to the lease rows
	PlanFenced    PlanState = "fenced"    // no term older than it is left, in any worker: what the old generation has, it will always have
	PlanPublished PlanState = "published" // every shard has reached the tip of the stream since; readers see Map, or are about to
)

// Plan is the row that serialises replays. One plan follows the other; a row, a term and an acknowledgement name the plan that they belong to by its
// number. The zero Plan means that there never was one; one with Number 0 that is published, that readers have been switched without.
type Plan struct {
	Number     int64     // of the plan: one more than that of the plan before
	State      PlanState // how far it is
	ID         string    // random; it names the positions, and tells a write of one's own whose answer was lost from that of another operator
	Map        string    // which generation each hour belongs to from now on: for whoever writes the log, this package only hands it on
	Hour       int64     // the first hour that is written anew, since the Unix epoch
	Published  string    // the map that readers see, or are about to
	By         int64     // number of the plan that has published it: the last one that changed it
	Switched   int64     // how often Published has been changed since then without a plan: see Operator.Switch
	Previous   string    // the map that they saw before, for undoing
	Source     string    // which generation each hour is read back from, before reading begins in the stream, handed on like Map; empty: nothing is read back
	AcceptGaps bool      // what is past retention is given up, and a mark in the log says so; otherwise it stops its shard
	SkipTo     int64     // Unix ms: what arrived earlier and has not been committed is given up as well, where it can be told; 0: nothing is
	At         int64     // Unix ms at which the plan was made, by the clock of whoever did it; for people
	Operator   string    // who made it; for people
	Reason     string    // why; for people
}

// Fenced reports whether nothing older than the plan with this number is left, as far as the row says.
func (p *Plan) Fenced(number int64) bool {
	return p.Number > number || p.Number == number && (p.State == PlanFenced || p.State == PlanPublished)
}

// publish says that readers see the map of the plan. One that leaves the map as it is leaves the way back, too: it leads to what was before the last change.
func (p *Plan) publish() {
	if p.State = PlanPublished; p.Map != p.Published {
		p.Previous, p.Published, p.By, p.Switched = p.Published, p.Map, p.Number, 0
	}
}

// None reports whether nothing has ever been published or planned.
func (p *Plan) None() bool { return p.Number == 0 && p.State == "" }

// Same reports whether the row still says what a conditional write of p requires.
func (p *Plan) Same(o *Plan) bool { return p.Number == o.Number && p.State == o.State && p.ID == o.ID }

// applied returns the row after the plan has been applied to it: what the owner, whom it keeps, did before is over, and whoever goes on begins at a position. A
// shard without one had not been read when the plan was made, or not even been listed: it begins where it would have begun. Of a parent that the stream had no
// more when its row was made, nothing has been read and nothing will.
func (p *Plan) applied(l *Lease, at Position, known bool, start Position) *Lease {
	return l.with(func(n *Lease) {
		n.Counter, n.Plan, n.Map, n.Source, n.TipPlan, n.Stopped = l.Counter+1, p.Number, p.Map, p.Source, 0, ""
		switch {
		case known:
			n.Checkpoint = at
		case !l.Ended() || l.StartingHashKey != "":
			n.Checkpoint = start
		}
		if n.Checkpoint != l.Checkpoint && (p.Source == "" || l.Map != p.Published) {
			n.Tip = 0 // it was that of another position. Where the shard goes on as it was, or what it had is read back, nothing has been missed since
		}
		if !n.Ended() {
			n.Children = nil
		} else {
			n.Owner = ""
		}
	})
}
