package audit

import (
	"cmp"
	"slices"
	"sync"
)

// Kind classifies anomalies. Kinds are for machines; Anomaly.Meaning says the same to people.
type Kind string

// Kinds of what is wrong with the objects themselves.
const (
	Config    Kind = "config"    // the generation's frozen configuration is missing or belongs to another layout
	Foreign   Kind = "foreign"   // an object whose key is neither that of a link nor that of a mark
	Metadata  Kind = "metadata"  // a link whose metadata are incomplete or contradict themselves
	Misplaced Kind = "misplaced" // an object whose content belongs under another key
	Mark      Kind = "mark"      // a mark that cannot be read or contradicts itself
	Vanished  Kind = "vanished"  // a link that was listed and could not be found any more
)

// Kinds of what is wrong with a chain.
const (
	MissingStart  Kind = "missing-start"  // links or an end without start mark
	MissingLink   Kind = "missing-link"   // the start mark names a link that is not there
	MissingEnd    Kind = "missing-end"    // something relies on an end mark that is not there
	StartMismatch Kind = "start-mismatch" // the start mark and the first link contradict each other
	EndMismatch   Kind = "end-mismatch"   // the end mark and the last link contradict each other
	Gap           Kind = "gap"            // a link whose predecessor is not there
	Misfit        Kind = "misfit"         // a link that continues from elsewhere than the end of the link before it
	Overlap       Kind = "overlap"        // a link with records that the chain has already
	Fork          Kind = "fork"           // a link that no link of the chain leads to
	Counts        Kind = "counts"         // records, rows or their totals do not add up
	Hour          Kind = "hour"           // a link in an hour in which the rule does not put it
	Lineage       Kind = "lineage"        // marks of parents and children contradict each other
	UnknownShard  Kind = "unknown-shard"  // a shard that its parents, or the stream, do not know
	Leading       Kind = "checkpoint"     // a checkpoint that the chain does not bear out
)

// Kinds of what is wrong inside an object.
const (
	Unreadable   Kind = "unreadable"    // the Parquet object cannot be read
	Footer       Kind = "footer"        // the footer says something else than the metadata
	RowCount     Kind = "row-count"     // other than the metadata say
	RecordCount  Kind = "record-count"  // other than the metadata say
	RowOutside   Kind = "row-outside"   // of a record outside of the link's range, or of another shard
	RowOrder     Kind = "row-order"     // not ascending by sequence number, sub-sequence number and line
	RowRepeated  Kind = "row-repeated"  // the same identity twice
	RowMissing   Kind = "row-missing"   // the range's first or last record, or a sub-record, has no row
	ArrivalTimes Kind = "arrival-times" // other than the metadata say
)

// Kinds of what contradicts the stream or the acknowledgements.
const (
	Lost       Kind = "lost"        // records of the stream that are in no link
	Phantom    Kind = "phantom"     // links with records that the stream does not have
	HashDiffer Kind = "hash"        // a link made from other bytes than those in the stream
	AckMissing Kind = "ack-missing" // acknowledged records that are not committed
	AckTwice   Kind = "ack-twice"   // acknowledged records that are also in a stray object
)

// Anomaly is one contradiction, tied to one object.
type Anomaly struct {
	Kind  Kind   `json:"kind"`
	Shard string `json:"shard,omitempty"`
	// Key is that of the object that is wrong, or of the one that should be there.
	Key string `json:"key"`
	// Stray says that the object is under the data prefix and on no chain, so that readers see rows that were never committed.
	Stray bool `json:"stray,omitempty"`
	// Covered says that all records of a stray object are in links, too, as far as the ranges of those tell.
	Covered bool `json:"covered,omitempty"`
	// Meaning is one sentence.
	Meaning string `json:"meaning"`
}

// maxKept bounds how many anomalies of a kind are kept; all are counted.
const maxKept = 1000

// findings collects anomalies. It may be used by several goroutines.
type findings struct {
	mu     sync.Mutex
	kept   []Anomaly
	counts map[Kind]int64
	strays int64
}

func newFindings() *findings { return &findings{kept: []Anomaly{}, counts: map[Kind]int64{}} }

func (f *findings) add(found ...Anomaly) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range found {
		f.counts[a.Kind]++
		if a.Stray {
			f.strays++
		}
		if f.counts[a.Kind] <= maxKept {
			f.kept = append(f.kept, a)
		}
	}
}

// cover notes that the records of a stray object are in links, too.
func (f *findings) cover(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.kept {
		if f.kept[i].Key == key && f.kept[i].Stray {
			f.kept[i].Covered = true
		}
	}
}

// sorted returns what was kept, by shard and key. What has no shard comes first: it concerns the whole log.
func (f *findings) sorted() []Anomaly {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.SortFunc(f.kept, func(a, b Anomaly) int {
		return cmp.Or(cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Meaning, b.Meaning))
	})
	return f.kept
}
