package reshard

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Shard is a shard of the stream.
type Shard struct {
	ID         string
	Parents    []string
	Start, End *big.Int // hash keys, inclusive
	Open       bool
}

// Width is the number of hash keys of the shard, less one.
func (s Shard) Width() *big.Int { return new(big.Int).Sub(s.End, s.Start) }

// Middle is the first hash key of the upper half.
func (s Shard) Middle() *big.Int {
	sum := new(big.Int).Add(s.Start, s.End)
	return sum.Add(sum.Rsh(sum, 1), big.NewInt(1))
}

// Topology is all shards that the stream still has, in the order of their ids.
type Topology []Shard

// topology translates the answers of ListShards.
func topology(shards []types.Shard) Topology {
	t := make(Topology, len(shards))
	for i, s := range shards {
		t[i] = Shard{ID: aws.ToString(s.ShardId), Open: s.SequenceNumberRange == nil || s.SequenceNumberRange.EndingSequenceNumber == nil}
		if r := s.HashKeyRange; r != nil {
			t[i].Start, t[i].End = hashKey(r.StartingHashKey), hashKey(r.EndingHashKey)
		}
		for _, p := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
			if p != nil {
				t[i].Parents = append(t[i].Parents, *p)
			}
		}
	}
	slices.SortFunc(t, func(a, b Shard) int { return cmp.Compare(a.ID, b.ID) })
	return t
}

func hashKey(s *string) *big.Int {
	n, ok := new(big.Int).SetString(aws.ToString(s), 10)
	if !ok {
		return new(big.Int)
	}
	return n
}

// Open returns the open shards in the order of their hash keys.
func (t Topology) Open() Topology {
	open := slices.DeleteFunc(slices.Clone(t), func(s Shard) bool { return !s.Open })
	slices.SortFunc(open, func(a, b Shard) int { return a.Start.Cmp(b.Start) })
	return open
}

// Find returns a shard, or nil.
func (t Topology) Find(id string) *Shard {
	for i := range t {
		if t[i].ID == id {
			return &t[i]
		}
	}
	return nil
}

// Children returns the shards that continue one.
func (t Topology) Children(id string) (ids []string) {
	for _, s := range t {
		if slices.Contains(s.Parents, id) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
