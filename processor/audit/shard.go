package audit

import (
	"slices"

	"github.com/streamrec/streamrec/processor/chain"
)

// shard is what the bucket has of one shard.
type shard struct {
	id         string
	start      *chain.StartMark // nil when there is none that can be used
	end        *chain.EndMark
	startFound bool // there is an object under the key of the mark, whatever it says
	endFound   bool
	endedLate  bool // the end mark was not there when listing began, so that links before it may not have been listed

	gaps []gap // marked, by prev

	endMissed bool // the missing end mark has been named

	parentsHour  chain.Hour // no link lies in an earlier hour
	parentsKnown bool       // else parentsHour is only a lower bound

	links   []link         // all, as listed; nil after the walk
	chain   []link         // those on the chain, in order
	content content        // of the rows that were read
	passed  []gap          // those of the gaps that are on the chain, in order
	stream  *streamReading // nil when the stream does not have the shard, or was not read
}

// last returns the end of the chain, zero when there is no link.
func (s *shard) last() number {
	if len(s.chain) == 0 {
		return number{}
	}
	return s.chain[len(s.chain)-1].last
}

// begun reports whether the log has anything of the shard.
func (s *shard) begun() bool {
	return s.startFound || s.endFound || len(s.gaps) > 0 || len(s.links) > 0 || len(s.chain) > 0
}

// covering returns the index of the chain's first link that ends at n or later; len(s.chain) when there is none.
func (s *shard) covering(n number) int {
	i, _ := slices.BinarySearchFunc(s.chain, n, func(l link, n number) int { return l.last.compare(n) })
	return i
}

// totals returns what the links of the chain say of themselves.
func (s *shard) totals() (records, rows, bytes int64) {
	for i := range s.chain {
		records, rows, bytes = records+s.chain[i].records, rows+s.chain[i].rows, bytes+s.chain[i].size
	}
	return records, rows, bytes
}
