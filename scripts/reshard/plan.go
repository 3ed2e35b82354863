package reshard

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Request is what somebody wants: one of its fields is set.
type Request struct {
	Shards int      // so many open shards of equal width
	Split  []string // these shards, each in two halves
	Merge  []string // these two neighbours into one
}

// Validate says what is wrong with the request, whatever the stream is.
func (r Request) Validate() error {
	asked := 0
	for _, set := range []bool{r.Shards != 0, len(r.Split) > 0, len(r.Merge) > 0} {
		if set {
			asked++
		}
	}
	switch {
	case asked != 1:
		return errors.New("want one of --shards N, --split SHARD and --merge SHARD,SHARD")
	case r.Shards < 0:
		return errors.New("--shards: must be positive")
	case len(slices.Compact(slices.Sorted(slices.Values(r.Split)))) < len(r.Split):
		return errors.New("--split: names a shard twice; each is split into two halves, once")
	case len(r.Merge) > 0 && (len(r.Merge) != 2 || r.Merge[0] == r.Merge[1]):
		return errors.New("--merge: want two shards, like --merge shardId-000000000001,shardId-000000000002")
	}
	return nil
}

// Operation is a call of Kinesis that changes the shards.
type Operation string

// The operations.
const (
	UpdateShardCount Operation = "UpdateShardCount"
	SplitShard       Operation = "SplitShard"
	MergeShards      Operation = "MergeShards"
)

// Step is one operation. The stream goes on to be written and read during all of them.
type Step struct {
	Operation Operation `json:"operation"`
	Shards    int       `json:"shards"`             // open ones after it
	Shard     string    `json:"shard,omitempty"`    // that is split, or the first of two that are merged
	Adjacent  string    `json:"adjacent,omitempty"` // the second
	At        string    `json:"at,omitempty"`       // hash key with which the upper half begins
}

// String describes the step for people.
func (s Step) String() string {
	switch s.Operation {
	case SplitShard:
		return fmt.Sprintf("split %s at %s", s.Shard, s.At)
	case MergeShards:
		return fmt.Sprintf("merge %s and %s", s.Shard, s.Adjacent)
	}
	return fmt.Sprintf("scale to %d shards", s.Shards)
}

// Plan returns the steps that are still to be done; none when the stream is as it is wanted. An error says why the request makes no sense for these
// shards.
func (r Request) Plan(t Topology) ([]Step, error) {
	open := len(t.Open())
	switch {
	case open == 0:
		return nil, errors.New("the stream has no open shard")
	case r.Shards > 0:
		return scale(open, r.Shards), nil
	case len(r.Split) > 0:
		return split(t, open, r.Split)
	}
	return merge(t, open, r.Merge)
}

// scale goes to n shards, at most doubling and at least halving in each step.
func scale(open, n int) (steps []Step) {
	for open != n {
		open = min(max(n, (open+1)/2), 2*open)
		steps = append(steps, Step{Operation: UpdateShardCount, Shards: open})
	}
	return steps
}

func split(t Topology, open int, ids []string) (steps []Step, err error) {
	for _, id := range ids {
		s := t.Find(id)
		switch {
		case s == nil:
			return nil, unknown(t, id)
		case !s.Open && len(t.Children(id)) == 2:
			continue // has been done
		case !s.Open:
			return nil, fmt.Errorf("%s has ended; its hash range went to %s", id, strings.Join(t.Children(id), " and "))
		case s.Width().Sign() == 0:
			return nil, fmt.Errorf("%s has one hash key and cannot be split", id)
		}
		open++
		steps = append(steps, Step{Operation: SplitShard, Shard: id, At: s.Middle().String(), Shards: open})
	}
	return steps, nil
}

func merge(t Topology, open int, ids []string) ([]Step, error) {
	a, b := t.Find(ids[0]), t.Find(ids[1])
	switch {
	case a == nil:
		return nil, unknown(t, ids[0])
	case b == nil:
		return nil, unknown(t, ids[1])
	case !a.Open && !b.Open && slices.Equal(t.Children(a.ID), t.Children(b.ID)) && len(t.Children(a.ID)) == 1:
		return nil, nil // has been done
	}
	for _, s := range []*Shard{a, b} {
		if !s.Open {
			return nil, fmt.Errorf("%s has ended; its hash range went to %s", s.ID, strings.Join(t.Children(s.ID), " and "))
		}
	}
	if a.Start.Cmp(b.Start) > 0 {
		a, b = b, a
	}
	if new(big.Int).Add(a.End, big.NewInt(1)).Cmp(b.Start) != 0 {
		return nil, fmt.Errorf("%s and %s are no neighbours in the hash range; in its order the open shards are %s", a.ID, b.ID, names(t.Open()))
	}
	return []Step{{Operation: MergeShards, Shard: a.ID, Adjacent: b.ID, Shards: open - 1}}, nil
}

func unknown(t Topology, id string) error {
	return fmt.Errorf("the stream has no shard %s; the open ones are %s", id, names(t.Open()))
}

func names(t Topology) string {
	ids := make([]string, len(t))
	for i, s := range t {
		ids[i] = s.ID
	}
	return strings.Join(ids, ", ")
}
