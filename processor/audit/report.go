package audit

import (
	"encoding/json"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// Report is the result of an audit. It encodes to JSON, with the verdict as the member clean.
type Report struct {
	Prefix     string    `json:"prefix"`
	Generation int       `json:"generation"`  // of the latest hours
	Map        string    `json:"generations"` // which generation each hour was read in, as 1<2026-11-23T14;2
	At         time.Time `json:"at"`          // when the audit began
	Checked    Checked   `json:"checked"`
	Totals     Totals    `json:"totals"`
	// Kinds counts the anomalies. Anomalies has at most 1,000 of each kind, by shard and key.
	Kinds     map[Kind]int64 `json:"kinds,omitempty"`
	Anomalies []Anomaly      `json:"anomalies"`
	Gaps      []AcceptedGap  `json:"acceptedGaps,omitempty"` // by shard, in the order of the chain
	Acks      *AckReport     `json:"acks,omitempty"`
	Shards    []ShardReport  `json:"shards"` // by id
}

// Checked says what the log was compared with, beside itself.
type Checked struct {
	Rows        bool `json:"rows"`
	Stream      bool `json:"stream"`
	Checkpoints bool `json:"checkpoints"`
	Acks        bool `json:"acks"`
}

// Totals are the sums over all chains. Records and rows are what the links say; a link whose rows say otherwise is an anomaly.
type Totals struct {
	Shards int64 `json:"shards"` // that the log or the stream has
	Ended  int64 `json:"ended"`  // of them with an end mark
	Links  int64 `json:"links"`
	Strays int64 `json:"strays"` // objects under the data prefix that are on no chain
	// Superseded are the links that another generation has replaced in their hours. Readers of the view do not see them.
	Superseded int64 `json:"superseded"`
	Records    int64 `json:"records"`
	Rows       int64 `json:"rows"`
	Bytes      int64 `json:"bytes"`
	// From and To are the hours of the first and the last link, nil when there is none.
	From   *chain.Hour `json:"from,omitempty"`
	To     *chain.Hour `json:"to,omitempty"`
	Read   *RowTotals  `json:"read,omitempty"`   // nil when rows were not read
	Stream *Streamed   `json:"stream,omitempty"` // nil when the stream was not read
}

// RowTotals say what the rows of the chains are.
type RowTotals struct {
	Objects    int64            `json:"objects"`
	Records    int64            `json:"records"`
	Rows       int64            `json:"rows"`
	Duplicates int64            `json:"duplicates"` // rows whose event_id had been seen before
	ErrorRows  int64            `json:"errorRows"`
	Errors     map[string]int64 `json:"errors"` // rows with an error, by class
}

// Streamed says what the stream, as far as its retention reaches, has of a shard or of all.
type Streamed struct {
	Records   int64 `json:"records"`
	Verified  int64 `json:"verifiedLinks"` // links whose hash was recomputed from the records
	Lost      int64 `json:"lost"`          // records that should be in a link and are in none
	BeforeLog int64 `json:"beforeLog"`     // records from before the log began
	Pending   int64 `json:"pending"`       // records that are not committed yet
	// PendingSeconds is how long ago the oldest pending record arrived.
	PendingSeconds float64 `json:"pendingSeconds"`
}

// State says how far a shard's chain is.
type State string

// States of a chain.
const (
	NotBegun State = "not begun" // the log has nothing of the shard
	Open     State = "open"
	Ended    State = "ended"
)

// ShardReport says what the log has of one shard.
type ShardReport struct {
	Shard     string      `json:"shard"`
	State     State       `json:"state"`
	Parents   []string    `json:"parents,omitempty"`
	Links     int64       `json:"links"`
	Records   int64       `json:"records"`
	Rows      int64       `json:"rows"`
	Bytes     int64       `json:"bytes"`
	From      *chain.Hour `json:"from,omitempty"`
	To        *chain.Hour `json:"to,omitempty"`
	Last      string      `json:"last,omitempty"` // sequence number of the last committed record
	Read      *RowTotals  `json:"read,omitempty"`
	Stream    *Streamed   `json:"stream,omitempty"` // nil also when the stream does not have the shard any more
	Anomalies int64       `json:"anomalies"`        // of those in Report.Anomalies
}

// Clean is the verdict: nothing contradicts G1 as far as it was checked.
func (r *Report) Clean() bool { return len(r.Anomalies) == 0 }

// MarshalJSON implements json.Marshaler.
func (r *Report) MarshalJSON() ([]byte, error) {
	type plain Report
	return json.Marshal(struct {
		Clean bool `json:"clean"`
		*plain
	}{r.Clean(), (*plain)(r)})
}

// Found returns how many anomalies there are, also those that Anomalies has no room for.
func (r *Report) Found() (n int64) {
	for _, k := range r.Kinds {
		n += k
	}
	return n
}
