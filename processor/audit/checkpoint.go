package audit

import (
	"fmt"
	"maps"
	"slices"

	"github.com/streamrec/streamrec/processor/chain"
)

// Checkpoint is the bookmark in a shard's lease row. The zero Checkpoint says that the row names no record.
type Checkpoint struct {
	Last  string     // sequence number after which the row points, empty when it points at the beginning
	Hour  chain.Hour // of the link that ends at Last
	Ended bool       // SHARD_END: all records of the shard have been committed
}

// judgeCheckpoints checks that no checkpoint leads and that each is the end of a link.
func (a *auditor) judgeCheckpoints() {
	for _, id := range slices.Sorted(maps.Keys(a.o.Checkpoints)) {
		c := a.o.Checkpoints[id]
		s := a.shards[id]
		if s == nil {
			s = &shard{id: id}
		}
		if c.Ended && !s.endFound {
			a.missingEnd(s, "the lease row says SHARD_END")
		}
		if c.Last == "" {
			continue
		}
		if key, meaning := a.judgeCheckpoint(s, c); meaning != "" {
			a.found.add(Anomaly{Kind: Leading, Shard: id, Key: key, Meaning: meaning})
		}
	}
}

// judgeCheckpoint returns what is wrong with a checkpoint, and the key of the link that it should be the end of or that it leads.
func (a *auditor) judgeCheckpoint(s *shard, c Checkpoint) (key, meaning string) {
	n, err := parseNumber(c.Last)
	if err != nil {
		return a.o.Layout.StartKey(s.id), fmt.Sprintf("The checkpoint of this chain is no sequence number: %v.", err)
	}
	if len(s.chain) == 0 {
		return a.o.Layout.StartKey(s.id), fmt.Sprintf("The checkpoint is at %s and the chain has no link: the records up to there would be skipped.", c.Last)
	}
	i := min(s.covering(n), len(s.chain)-1)
	l := &s.chain[i]
	key = linkKey(a.o.Layout, s.id, l.hour, l.first)
	switch {
	case l.last.compare(n) < 0:
		meaning = fmt.Sprintf("The chain ends with it, at %s, and the checkpoint is at %s: the records between would be skipped.", l.last, c.Last)
	case l.last != n:
		meaning = fmt.Sprintf("The checkpoint is at %s, where no link of the chain ends; the nearest one, this, ends at %s, so that a takeover stops.", c.Last, l.last)
	case l.hour != c.Hour:
		meaning = fmt.Sprintf("The checkpoint looks for it in the hour %s, so that a takeover stops.", c.Hour)
	}
	return key, meaning
}
