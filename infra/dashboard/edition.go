package dashboard

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
)

// message is what the page gets.
type message struct {
	Version     int64             `json:"version"`
	Base        int64             `json:"base"` // the version that the message is to be applied to; 0: it has everything
	At          int64             `json:"at"`
	Head        json.RawMessage   `json:"head,omitempty"` // left out when it is that of Base
	Workers     []json.RawMessage `json:"workers,omitempty"`
	GoneWorkers []string          `json:"goneWorkers,omitempty"`
	Shards      []json.RawMessage `json:"shards,omitempty"`
	GoneShards  []string          `json:"goneShards,omitempty"`
	Lag         []int64           `json:"lag,omitempty"` // ms, by shard in order of ids; -1: not known. Left out when it is that of Base
	Rate        []float64         `json:"rate,omitempty"`
	Events      []Event           `json:"events,omitempty"` // the newest last
}

// edition is a look at the fleet that is ready to be sent.
type edition struct {
	version int64
	fleet   *Fleet
	head    []byte
	workers rows
	shards  rows
	lag     []int64
	rate    []float64
	feed    []Event // all that are kept
	delta   []byte  // from the edition before
	full    func() ([]byte, error)
}

// feedLength is how many events are kept for pages that are opened later.
const feedLength = 100

// newEdition makes the edition after old, which may be nil.
func newEdition(old *edition, f *Fleet, events []Event) (*edition, error) {
	e := &edition{version: 1, fleet: f, feed: events}
	var err error
	if e.head, err = json.Marshal(f.Head); err != nil {
		return nil, fmt.Errorf("encode fleet: %w", err)
	}
	if e.workers, err = encodeRows(f.Workers, func(w *Worker) string { return w.ID }); err != nil {
		return nil, err
	}
	if e.shards, err = encodeRows(f.Shards, func(s *Shard) string { return s.ID }); err != nil {
		return nil, err
	}
	for _, s := range f.Shards {
		e.lag = append(e.lag, coarseLag(s.LagMs))
		e.rate = append(e.rate, coarse(s.Rate))
	}
	e.full = sync.OnceValues(e.encode)
	if old == nil {
		return e, nil
	}
	e.version = old.version + 1
	e.feed = slices.Concat(old.feed, events)
	e.feed = slices.Clone(e.feed[max(0, len(e.feed)-feedLength):])
	e.delta, err = json.Marshal(e.since(old, events))
	return e, err
}

func (e *edition) encode() ([]byte, error) {
	return json.Marshal(message{
		Version: e.version, At: e.fleet.At, Head: e.head, Workers: e.workers.bodies, Shards: e.shards.bodies, Lag: e.lag, Rate: e.rate, Events: e.feed,
	})
}

// since returns what has changed.
func (e *edition) since(old *edition, events []Event) message {
	m := message{Version: e.version, Base: old.version, At: e.fleet.At, Events: events}
	m.Workers, m.GoneWorkers = e.workers.since(old.workers)
	m.Shards, m.GoneShards = e.shards.since(old.shards)
	if string(e.head) != string(old.head) {
		m.Head = e.head
	}
	if !slices.Equal(e.lag, old.lag) {
		m.Lag = e.lag
	}
	if !slices.Equal(e.rate, old.rate) {
		m.Rate = e.rate
	}
	return m
}

// for returns what a watcher needs that has an edition already; 0: none.
func (e *edition) after(version int64) ([]byte, error) {
	if e.delta != nil && version == e.version-1 {
		return e.delta, nil
	}
	return e.full()
}

// rows are encoded rows in order of their ids.
type rows struct {
	ids    []string
	bodies []json.RawMessage
}

func encodeRows[R any](all []R, id func(*R) string) (rows, error) {
	r := rows{make([]string, len(all)), make([]json.RawMessage, len(all))}
	for i := range all {
		body, err := json.Marshal(&all[i])
		if err != nil {
			return r, fmt.Errorf("encode row: %w", err)
		}
		r.ids[i], r.bodies[i] = id(&all[i]), body
	}
	return r, nil
}

// since merges two sorted lists.
func (r rows) since(old rows) (changed []json.RawMessage, gone []string) {
	i, j := 0, 0
	for i < len(r.ids) || j < len(old.ids) {
		switch order(r.ids, old.ids, i, j) {
		case -1:
			changed = append(changed, r.bodies[i])
			i++
		case 1:
			gone = append(gone, old.ids[j])
			j++
		default:
			if string(r.bodies[i]) != string(old.bodies[j]) {
				changed = append(changed, r.bodies[i])
			}
			i, j = i+1, j+1
		}
	}
	return changed, gone
}

// order says which of two lists has the next id; a list that has ended has none.
func order(a, b []string, i, j int) int {
	switch {
	case i == len(a):
		return 1
	case j == len(b):
		return -1
	}
	return cmp.Compare(a[i], b[j])
}

// coarse keeps three digits, so that what hardly moves is not sent again.
func coarse(x float64) float64 {
	if x < 1e-3 || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-2)
	if unit < 1 {
		return math.Round(x/unit) / math.Round(1/unit)
	}
	return math.Round(x/unit) * unit
}

// coarseLag is 0 below a second: the time between two reads.
func coarseLag(ms int64) int64 {
	switch {
	case ms < 0:
		return -1
	case ms < 1000:
		return 0
	}
	return int64(coarse(float64(ms)))
}
