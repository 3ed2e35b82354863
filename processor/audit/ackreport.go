package audit

import (
	"fmt"
	"maps"
	"slices"
)

// AckReport says what became of the acknowledged records.
type AckReport struct {
	Total     int64 `json:"total"`     // acknowledgements
	Repeated  int64 `json:"repeated"`  // those that name a record once more; it counts once in the following
	Committed int64 `json:"committed"` // records that are in exactly one object, a link of a chain
	Pending   int64 `json:"pending"`   // records that the stream has after the last link of an open chain: not committed yet
	GivenUp   int64 `json:"givenUp"`   // records in accepted gaps
	Missing   int64 `json:"missing"`   // all others that are in no link of a chain
	AfterEnd  int64 `json:"afterEnd"`  // of the missing: after the last link of an open chain, so that they may be in the stream
	Twice     int64 `json:"twice"`     // records that are in a link and in a stray object, too
	// FirstMissing are the first missing records, at most 20, by shard and sequence number.
	FirstMissing []Ack `json:"firstMissing,omitempty"`
}

const maxFirstMissing = 20

// judgeAcks names the acknowledged records that were not found exactly once.
func (a *auditor) judgeAcks() {
	if a.acks == nil {
		return
	}
	r := &AckReport{Total: a.acks.total, Repeated: a.acks.repeated}
	for _, id := range slices.Sorted(maps.Keys(a.acks.shards)) {
		s := a.shards[id]
		if s == nil {
			s = &shard{id: id}
		}
		a.judgeShardAcks(s, a.acks.shards[id], r)
	}
	a.ackReport = r
}

func (a *auditor) judgeShardAcks(s *shard, acks *shardAcks, r *AckReport) {
	var missing, after, twice []number
	for i, n := range acks.records {
		switch {
		case acks.where[i] == onChain:
			r.Committed++
		case acks.where[i]&onChain != 0:
			twice = append(twice, n)
		case acks.where[i] == waiting:
			r.Pending++
		case s.inGap(n):
			r.GivenUp++
		default:
			missing = append(missing, n)
			if !s.endFound && n.compare(s.last()) > 0 {
				after = append(after, n)
			}
		}
	}
	r.Missing, r.AfterEnd, r.Twice = r.Missing+int64(len(missing)), r.AfterEnd+int64(len(after)), r.Twice+int64(len(twice))
	for _, n := range missing[:min(len(missing), maxFirstMissing-len(r.FirstMissing))] {
		r.FirstMissing = append(r.FirstMissing, Ack{Shard: s.id, Sequence: n.String()})
	}
	a.nameAcks(s, AckMissing, missing, "are not committed", len(after))
	a.nameAcks(s, AckTwice, twice, "are committed and also in objects that are on no chain, so that readers see them twice", 0)
}

// nameAcks makes one anomaly of records, tied to the object that has or should have the first of them.
func (a *auditor) nameAcks(s *shard, kind Kind, records []number, wrong string, after int) {
	if len(records) == 0 {
		return
	}
	meaning := fmt.Sprintf("%d acknowledged records, the first of them %s, %s", len(records), records[0], wrong)
	if after > 0 {
		meaning += fmt.Sprintf("; %d of them lie after the last link of the open chain", after)
	}
	a.found.add(Anomaly{Kind: kind, Shard: s.id, Key: a.nearest(s, records[0]), Meaning: meaning + "."})
}

// nearest returns the key of the link whose range has n, else of the link after it, else of what ends the chain.
func (a *auditor) nearest(s *shard, n number) string {
	i := s.covering(n)
	switch {
	case i < len(s.chain):
		return linkKey(a.o.Layout, s.id, s.chain[i].hour, s.chain[i].first)
	case s.endFound:
		return a.o.Layout.EndKey(s.id)
	case i > 0:
		return linkKey(a.o.Layout, s.id, s.chain[i-1].hour, s.chain[i-1].first)
	}
	return a.o.Layout.StartKey(s.id)
}
