package dashboard

import (
	"context"

	"github.com/streamrec/streamrec/processor/upstream"
)

// Source looks at a fleet.
type Source interface {
	// Look returns the fleet as it is now; there is one call at a time. The caller does not change it, and neither does the source afterwards.
	Look(ctx context.Context) (*Fleet, error)
}

// Fleet is one look at an application. Times are Unix ms; 0 is never, or not known.
type Fleet struct {
	Head
	At      int64
	Workers []Worker // in order of their ids
	Shards  []Shard  // in order of their ids
}

// Head is what is said of the fleet as a whole.
type Head struct {
	App         string    `json:"app"`
	Stream      string    `json:"stream"`
	RetentionMs int64     `json:"retentionMs"`       // of the stream; 0: not known
	SilenceMs   int64     `json:"silenceMs"`         // a worker is shown as silent after this time
	Coverage    *Coverage `json:"coverage"`          // nil: the shards could not be listed
	Replay      *Replay   `json:"replay,omitempty"`  // the last one; nil: there never was one
	Trouble     string    `json:"trouble,omitempty"` // why this look is old or not whole
	Shop        bool      `json:"shop"`              // whether one can be a shopper
}

// Replay is a plan that has set shards back, and how far it is.
type Replay struct {
	Number   int64  `json:"number"`
	State    string `json:"state"` // made, fenced, published
	From     int64  `json:"from"`  // the first hour that is written anew, Unix ms
	At       int64  `json:"at"`    // when it was made
	Operator string `json:"operator,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Coverage says whether the open shards cover the hash range.
type Coverage struct {
	Open int   `json:"open"`
	Hole *Hole `json:"hole,omitempty"` // the first one
}

// Hole is a part of the hash range that no open shard covers, in decimal; the bounds are inclusive.
type Hole struct {
	From string  `json:"from"`
	To   string  `json:"to"`
	At   float64 `json:"at"` // place and width in the ring, of 1
	Wide float64 `json:"wide"`
}

// Worker is one worker of the fleet.
type Worker struct {
	ID        string  `json:"id"`
	State     string  `json:"state"` // working, leaving, silent
	Address   string  `json:"address,omitempty"`
	Heartbeat int64   `json:"heartbeat"`   // counter
	BeatAt    int64   `json:"heartbeatAt"` // by the worker's clock
	Leases    int     `json:"leases"`
	Rate      float64 `json:"rate"` // records/s, of its heartbeat row
	// Reach says where Counters come from: here, peer, unreachable, none (it has no address).
	Reach    string    `json:"reach"`
	Acked    int64     `json:"acked,omitempty"` // number of the last replay that it obeys
	Counters *Counters `json:"counters,omitempty"`
}

// Shard is one shard of the stream, or of the lease table.
type Shard struct {
	ID           string  `json:"id"`
	State        string  `json:"state"` // new, unowned, owned, abandoned, waiting, ended, stopped
	Owner        string  `json:"owner,omitempty"`
	Counter      int64   `json:"counter"`
	Checkpoint   string  `json:"checkpoint"`
	CheckpointAt int64   `json:"checkpointAt"`
	CommittedAt  int64   `json:"committedAt"` // everything that arrived until about then is committed
	From         string  `json:"from"`        // hash keys, decimal, inclusive
	To           string  `json:"to"`
	At           float64 `json:"at"` // place and width in the ring, of 1
	Wide         float64 `json:"wide"`
	// Parents as in the row; Children as the rows of both say; WaitsFor are the parents that have not ended.
	Parents  []string `json:"parents,omitempty"`
	Children []string `json:"children,omitempty"`
	WaitsFor []string `json:"waitsFor,omitempty"`
	Asked    string   `json:"asked,omitempty"`   // the worker that has asked the owner for the lease
	Stopped  string   `json:"stopped,omitempty"` // why
	Resume   string   `json:"resume,omitempty"`  // the command that resumes it
	Plan     int64    `json:"plan,omitempty"`    // number of the last replay that was applied

	LagMs int64   `json:"-"` // how far the owner's last read was behind the tip of the stream; -1: nobody has said
	Rate  float64 `json:"-"` // records/s
}

// Self is what a worker says of itself to the dashboards of its peers.
type Self struct {
	Worker   string      `json:"worker"`
	Counters Counters    `json:"counters"`
	Shards   []SelfShard `json:"shards"`
	// Upstream is what producers send; nil from a worker that does not watch them.
	Upstream *upstream.Report `json:"upstream,omitempty"`
}

// Counters are what a worker has done since it started, and what its model is like.
type Counters struct {
	StartedAt   int64 `json:"startedAt"`
	Rows        int64 `json:"rows"`        // processed
	DeadLetters int64 `json:"deadLetters"` // rows that could not be decoded
	Objects     int64 `json:"objects"`     // put, of Parquet
	Bytes       int64 `json:"bytes"`       // of them
	Predictions int64 `json:"predictions"` // next products for which a list had been made
	Hits        int64 `json:"hits"`        // those that were in the list
	Facts       int64 `json:"facts"`       // of the merged model
	Items       int64 `json:"items"`
	StaleMs     int64 `json:"staleMs"` // how far the merged model is behind what is committed; -1: nothing is merged
}

// SelfShard is what the owner of a shard knows of it.
type SelfShard struct {
	Shard   string  `json:"shard"`
	Counter int64   `json:"counter"`
	LagMs   int64   `json:"lagMs"` // -1 before the first read
	Rate    float64 `json:"rate"`
	// SilentMs is how long nothing has arrived, as far as the shard has been read, -1 when that is not known; Usual is how many rows a second
	// usually do, -1 likewise.
	SilentMs int64   `json:"silentMs"`
	Usual    float64 `json:"usual"`
}
