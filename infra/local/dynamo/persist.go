package dynamo

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// snapshotBatch is how many rows one record of a snapshot holds.
const snapshotBatch = 64

// record is one entry of the journal. Its parts are applied together, in this order.
type record struct {
	Table  *settings    `json:",omitempty"` // a table is made, or its settings replaced
	Drop   string       `json:",omitempty"` // a table goes away
	Writes []savedWrite `json:",omitempty"`
	Token  *savedToken  `json:",omitempty"` // the transaction that the writes are
}

// savedWrite is one item after a change, or the key of one that is gone.
type savedWrite struct {
	Table string
	Put   attr.Map `json:",omitempty"`
	Gone  attr.Map `json:",omitempty"`
}

// persist appends a record to the journal, if there is one. The caller holds the lock and changes its state only when
// persist returns nil.
func (s *Service) persist(r record) error {
	if s.journal == nil {
		return nil
	}
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode journal record: %w", err)
	}
	if err := s.journal.Append(b); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	return nil
}

// compact writes a snapshot when one is due. The change that made it due has succeeded, so that failing to do so is only
// logged.
func (s *Service) compact() {
	if s.journal == nil || !s.journal.Due() {
		return
	}
	if err := s.journal.Compact(s.snapshot()); err != nil {
		s.log.WithError(err).Error("journal cannot be compacted")
	}
}

// snapshot yields records from which replay rebuilds the state.
func (s *Service) snapshot() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for r := range s.records() {
			if b, err := json.Marshal(r); !yield(b, err) {
				return
			}
		}
	}
}

func (s *Service) records() iter.Seq[record] {
	return func(yield func(record) bool) {
		for _, name := range slices.Sorted(maps.Keys(s.tables)) {
			t := s.tables[name]
			if !yield(record{Table: &t.settings}) {
				return
			}
			for writes := range slices.Chunk(t.contents(), snapshotBatch) {
				if !yield(record{Writes: writes}) {
					return
				}
			}
		}
		for _, token := range s.tokens.saved() {
			if !yield(record{Token: &token}) {
				return
			}
		}
	}
}

func (t *table) contents() []savedWrite {
	all := make([]savedWrite, 0, t.rows.count)
	for row := range t.rows.ascend(span{}) {
		all = append(all, savedWrite{Table: t.settings.Name, Put: row.item})
	}
	return all
}

// replay applies one record of the journal.
func (s *Service) replay(b []byte) error {
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("decode record: %w", err)
	}
	if r.Table != nil {
		if err := s.replayTable(*r.Table); err != nil {
			return err
		}
	}
	if r.Drop != "" {
		delete(s.tables, r.Drop)
	}
	for _, w := range r.Writes {
		if err := s.replayWrite(w); err != nil {
			return err
		}
	}
	if r.Token != nil {
		s.tokens.add(*r.Token)
	}
	return nil
}

func (s *Service) replayTable(set settings) error {
	if !set.usable() {
		return fmt.Errorf("table %q has no usable key", set.Name)
	}
	t, ok := s.tables[set.Name]
	switch {
	case !ok:
		s.tables[set.Name] = newTable(set, time.Time{})
	case !slices.Equal(t.schema, set.schema()):
		return fmt.Errorf("table %q changes its key", set.Name)
	default:
		t.settings = set
	}
	return nil
}

func (s *Service) replayWrite(w savedWrite) error {
	t, ok := s.tables[w.Table]
	if !ok {
		return fmt.Errorf("write to unknown table %s", w.Table)
	}
	if w.Gone != nil {
		if err := t.schema.checkKey(w.Gone); err != nil {
			return fmt.Errorf("key in table %s: %w", w.Table, err)
		}
		t.rows.put(t.schema.id(w.Gone), nil)
		return nil
	}
	if err := t.schema.checkItem(w.Put); err != nil {
		return fmt.Errorf("item in table %s: %w", w.Table, err)
	}
	t.rows.put(t.schema.id(w.Put), newRow(w.Put))
	return nil
}
