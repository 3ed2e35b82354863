package lease

import (
	"slices"
	"time"
)

// Lease is one row: who may work on a shard, and how far the shard is.
type Lease struct {
	Key             string   // shard id
	Owner           string   // worker id, empty when nobody owns it
	Counter         int64    // the fencing token: +1 at every take, hand-off, release and reset; never set back
	Checkpoint      Position // bookmark of the end of what has been committed
	CheckpointAt    int64    // Unix ms at which the checkpoint was moved, by the clock of whoever did it; 0: never. For people, nothing is decided by it
	Parents         []string // shard ids: none, one after a split, two after a merge
	Children        []string // known once the shard has ended
	StartingHashKey string   // of the hash range, which both ends belong to: decimal, of 128 bits
	EndingHashKey   string   // the same
	Plan            int64    // number of the last plan that has been applied to this row
	Map             string   // that of the plan: which generation of the log each hour belongs to; empty before there was a plan
	Source          string   // that of the plan: which generation each hour is read back from until the tip has been reached under it
	TipPlan         int64    // number of the plan under which a reading that began after its fence has been committed up to the tip of the stream
	Rate            float64  // records/s, as its owner measured them
	Tip             int64    // Unix ms; everything that arrived until then has been committed, or is where it is read back from, or there is nothing. 0: not known
	Stopped         string   // why the shard has been stopped; nobody takes it until a reset clears it
}

// Ended reports whether all records of the shard have been processed.
func (l *Lease) Ended() bool { return l.Checkpoint.Type == ShardEnd }

// Past returns which generation each hour has still to be read back from; empty when nothing has.
func (l *Lease) Past() string {
	if l.TipPlan == l.Plan {
		return ""
	}
	return l.Source
}

// same reports whether the row still says what a conditional write of l requires.
func (l *Lease) same(m *Lease) bool {
	return l.Owner == m.Owner && l.Counter == m.Counter && l.Checkpoint == m.Checkpoint && l.Plan == m.Plan
}

// taken returns the row after worker has taken it.
func (l *Lease) taken(worker string) *Lease {
	return l.with(func(n *Lease) { n.Owner, n.Counter = worker, l.Counter+1 })
}

// released returns the row without owner.
func (l *Lease) released() *Lease { return l.taken("") }

// stopped returns the row without owner and with the reason why nobody may take it.
func (l *Lease) stopped(reason string) *Lease {
	return l.with(func(n *Lease) { n.Owner, n.Counter, n.Stopped = "", l.Counter+1, reason })
}

// checkpointed returns the row at another position; now is Unix ms.
func (l *Lease) checkpointed(at Position, rate float64, now int64) *Lease {
	return l.with(func(n *Lease) { n.Checkpoint, n.CheckpointAt, n.Rate = at, now, rate })
}

// ended returns the row of a shard that has been processed to its end; now is Unix ms.
func (l *Lease) ended(children []string, now int64) *Lease {
	return l.with(func(n *Lease) {
		n.Owner, n.Counter, n.Checkpoint, n.CheckpointAt, n.Children, n.Rate = "", l.Counter+1, Position{Type: ShardEnd}, now, slices.Clone(children), 0
	})
}

func (l *Lease) with(change func(*Lease)) *Lease {
	n := *l
	change(&n)
	return &n
}

// Worker is one heartbeat row.
type Worker struct {
	ID       string        // name + "-" + random, new at every start
	Counter  int64         // +1 at every heartbeat
	Address  string        // host:port of its HTTP server, may be empty
	Secret   string        // shown to its server by who may read this row, when what operators see is asked for; may be empty
	Leaving  bool          // it hands its leases over and takes none
	Rate     float64       // records/s of all its shards
	At       int64         // Unix ms of the heartbeat by the worker's own clock; for people, nothing is decided by it
	Failover time.Duration // by which it judges others; for people, the others judge by theirs. 0: not known, its version does not say
	Acked    int64         // number of the last plan that it obeys: no consumer of a lease older than that runs in it, or ever will
	// Inbox holds the requests that others have left, by lease key: the worker that asks for the lease. They are hints,
	// repeated until the row moves.
	Inbox map[string]string
}

// Genesis is the row that says where an application began: it resolves LATEST once, for all workers and for ever.
type Genesis struct {
	Position Position // TRIM_HORIZON or AT_TIMESTAMP
	Shards   []string // the shards that the stream had then, and that begin at Position
}
