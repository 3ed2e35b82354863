package processor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/snapshot"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// A state of rows is what open sessions have made: the open visits of the model, and the event ids that duplicates are told by. What was learnt
// from them is in the merged model; without one, all facts of the shard are in the state too.
//
//	8 bytes    "SRSTATE" and the version, 2
//	4 bytes    CRC-32C of what follows. Numbers here are little endian, lengths and counts below are unsigned varints
//	1 byte     1 if the facts are in it, 0 if there are only visits
//	8 bytes    number of erasures that were heeded
//	8 bytes    length of the snapshot, and the snapshot: see model/snapshot
//	           for each session with event ids, the least recent first: its digest, the arrival of its last event in µs (signed, varint), number of
//	           ids, 8 bytes for each: see digester
const (
	stateMagic  = "SRSTATE\x02"
	stateHeader = len(stateMagic) + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// visitsOnly is a model without what it has learnt.
type visitsOnly struct{ *model.Model }

// Facts implements snapshot.State.
func (visitsOnly) Facts() iter.Seq[model.Fact] { return func(func(model.Fact) bool) {} }

// Labels implements snapshot.State.
func (visitsOnly) Labels() iter.Seq[model.ItemLabel] { return func(func(model.ItemLabel) bool) {} }

// State implements Contents.
func (c *rows) State() ([]byte, error) {
	c.turn.take()
	defer c.turn.give()
	var what snapshot.State = c.model
	if c.merged != nil {
		what = visitsOnly{c.model}
	}
	var snap bytes.Buffer
	if err := snapshot.Write(&snap, what, snapshot.Header{}); err != nil {
		return nil, err
	}
	whole := byte(0)
	if c.merged == nil {
		whole = 1
	}
	state := append([]byte(stateMagic), 0, 0, 0, 0, whole)
	state = binary.LittleEndian.AppendUint64(state, uint64(c.heeded))
	state = binary.LittleEndian.AppendUint64(state, uint64(snap.Len()))
	state = append(state, snap.Bytes()...)
	state = c.seen.append(state)
	binary.LittleEndian.PutUint32(state[len(stateMagic):], crc32.Checksum(state[stateHeader:], castagnoli))
	return state, nil
}

// Covers implements Contents: what was learnt up to the end of a state has to be in the edition.
func (c *rows) Covers(shard, last string) bool {
	return c.merged == nil || reaches(c.model.Adopted(), shard, last)
}

// reaches reports whether an edition has what a shard's log says up to a record.
func reaches(edition *model.Edition, shard, last string) bool {
	if edition == nil {
		return false
	}
	for source, mark := range edition.Marks() {
		if source == shard {
			at, err := chain.ParseBookmark(mark.Link)
			return err == nil && chain.Compare(at.Last, last) >= 0
		}
	}
	return false
}

var (
	errStateDamaged = errors.New("the state is damaged")
	errStateErasure = errors.New("the state was made before somebody was erased")
	errStateVisits  = errors.New("the state lacks what was learnt, which is in no merged model here")
)

// Load implements Contents.
func (c *rows) Load(state []byte) error {
	if len(state) < stateHeader+17 || string(state[:len(stateMagic)]) != stateMagic ||
		binary.LittleEndian.Uint32(state[len(stateMagic):]) != crc32.Checksum(state[stateHeader:], castagnoli) {
		return errStateDamaged
	}
	whole, fields, rest := state[stateHeader] == 1, state[stateHeader+1:], state[stateHeader+17:]
	heeded, length := binary.LittleEndian.Uint64(fields), binary.LittleEndian.Uint64(fields[8:])
	if length > uint64(len(rest)) {
		return errStateDamaged
	}
	if !whole && c.merged == nil {
		return errStateVisits
	}
	if heeded < uint64(c.tombstones()) {
		return errStateErasure
	}
	if _, err := snapshot.Read(bytes.NewReader(rest[:length]), sessionsOf{c}); err != nil {
		return fmt.Errorf("%w: %w", errStateDamaged, err)
	}
	if !c.seen.load(rest[length:]) {
		return errStateDamaged
	}
	return nil
}

// sessionsOf takes from a state what belongs to the shard: the visits in its part of the hash range, and everything that was learnt.
type sessionsOf struct{ *rows }

// Raise implements snapshot.Builder.
func (s sessionsOf) Raise(f model.Floor) { s.model.Raise(f) }

// AddLabel implements snapshot.Builder.
func (s sessionsOf) AddLabel(l model.ItemLabel) { s.model.AddLabel(l) }

// Add implements snapshot.Builder. It shadows that of Contents.
func (s sessionsOf) Add(f model.Fact) { s.model.Add(f) }

// Reopen takes an open visit.
func (s sessionsOf) Reopen(v model.Visit) {
	var key event.HashKey
	binary.BigEndian.PutUint64(key[:8], v.HashKey[0])
	binary.BigEndian.PutUint64(key[8:], v.HashKey[1])
	if s.hashes.Contains(key) {
		s.model.Reopen(v)
	}
}
