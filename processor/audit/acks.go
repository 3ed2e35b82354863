package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/streamrec/streamrec/processor/chain"
)

// Ack is one record that the stream acknowledged to a producer.
type Ack struct {
	Shard    string `json:"shard"`
	Sequence string `json:"seq"`
}

// maxAckLine bounds a line of an acknowledgement log.
const maxAckLine = 1 << 20

// ReadAckLog reads the acknowledgement log of a producer: one JSON object per line with at least the members shard and seq; n, key
// and sha256 are not looked at. Blank lines are skipped. So is a last line without line break that is not JSON: its producer was
// killed while it wrote the line. Every other line that is no acknowledgement is an error that names it and ends the sequence.
func ReadAckLog(r io.Reader) iter.Seq2[Ack, error] {
	return func(yield func(Ack, error) bool) {
		in := bufio.NewReaderSize(r, maxAckLine)
		for number := 1; ; number++ {
			line, err := in.ReadSlice('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Ack{}, fmt.Errorf("read acknowledgements: line %d: %w", number, err))
				return
			}
			last := err != nil
			if text := bytes.TrimSpace(line); len(text) > 0 && !(last && !json.Valid(text)) {
				ack, err := parseAck(text)
				if err != nil {
					yield(Ack{}, fmt.Errorf("read acknowledgements: line %d: %w", number, err))
					return
				}
				if !yield(ack, nil) {
					return
				}
			}
			if last {
				return
			}
		}
	}
}

func parseAck(line []byte) (ack Ack, err error) {
	if err := json.Unmarshal(line, &ack); err != nil {
		return Ack{}, errors.New("not a JSON object with the strings shard and seq")
	}
	if ack.Shard == "" || ack.Sequence == "" {
		return Ack{}, errors.New("no shard or no seq")
	}
	if _, err := chain.Pad(ack.Sequence); err != nil {
		return Ack{}, errors.New("seq is no sequence number")
	}
	return ack, nil
}

// acks are all acknowledgements by shard: 25 bytes each. A nil *acks has none.
type acks struct {
	total    int64
	repeated int64 // lines that name a record once more
	shards   map[string]*shardAcks
}

// shardAcks are the acknowledged records of a shard, in order, and where each was found.
type shardAcks struct {
	records []number
	where   []whereabouts
}

// whereabouts says where an acknowledged record was found.
type whereabouts uint8

const (
	onChain   whereabouts = 1 << iota // in a link of a chain
	elsewhere                         // in an object that is on no chain
	waiting                           // in the stream, after the end of an open chain
)

// readAcks reads the whole sequence.
func readAcks(seq iter.Seq2[Ack, error]) (*acks, error) {
	a := &acks{shards: map[string]*shardAcks{}}
	for ack, err := range seq {
		if err != nil {
			return nil, err
		}
		n, err := parseNumber(ack.Sequence)
		if err != nil {
			return nil, fmt.Errorf("read acknowledgement of %s: %w", ack.Shard, err)
		}
		s := a.shards[ack.Shard]
		if s == nil {
			s = &shardAcks{}
			a.shards[ack.Shard] = s
		}
		s.records = append(s.records, n)
		a.total++
	}
	for _, s := range a.shards {
		slices.SortFunc(s.records, number.compare)
		all := len(s.records)
		s.records = slices.Compact(s.records)
		s.where = make([]whereabouts, len(s.records))
		a.repeated += int64(all - len(s.records))
	}
	return a, nil
}

// within returns the acknowledged records of a shard from first to last, to be marked as they are found in one object. The ranges of
// the links of a chain do not overlap, so they may be marked by several goroutines.
func (a *acks) within(shard string, first, last number) *ackRange {
	if a == nil || a.shards[shard] == nil {
		return nil
	}
	s := a.shards[shard]
	from, _ := slices.BinarySearchFunc(s.records, first, number.compare)
	to, found := slices.BinarySearchFunc(s.records, last, number.compare)
	if found {
		to++
	}
	return &ackRange{records: s.records[from:to], where: s.where[from:to]}
}

// all returns all acknowledged records of a shard.
func (a *acks) all(shard string) *ackRange {
	if a == nil || a.shards[shard] == nil {
		return nil
	}
	return &ackRange{records: a.shards[shard].records, where: a.shards[shard].where}
}

// ackRange marks acknowledged records as they are found in one object. A nil *ackRange marks nothing.
type ackRange struct {
	records []number
	where   []whereabouts
	next    int // where the next record is likely
}

// mark takes note of a record, given as it stands in a row. Marking it again changes nothing.
func (r *ackRange) mark(sequence string, where whereabouts) {
	if r == nil || len(r.records) == 0 {
		return
	}
	n, err := parseNumber(sequence)
	if err != nil {
		return
	}
	i := r.next
	if i >= len(r.records) || r.records[i] != n {
		var ok bool
		if i, ok = slices.BinarySearchFunc(r.records, n, number.compare); !ok {
			return
		}
	}
	r.where[i] |= where
	r.next = i + 1
}

// markAll takes note of all records: their object was not read, but its range has them.
func (r *ackRange) markAll(where whereabouts) {
	if r == nil {
		return
	}
	for i := range r.where {
		r.where[i] |= where
	}
}
