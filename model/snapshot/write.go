package snapshot

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/streamrec/streamrec/model"
)

// State is what is written: a [model.Model], [model.Edition] or anything like them. If it also has open visits, as a
// Model has, they are written too.
type State interface {
	// Floor says what is so old that it has been forgotten.
	Floor() model.Floor
	// Facts returns all facts, each once, in any order.
	Facts() iter.Seq[model.Fact]
	// Labels returns the fingerprints of items' categories and brands, each item once, in any order.
	Labels() iter.Seq[model.ItemLabel]
}

type visiting interface{ Visits() iter.Seq[model.Visit] }

// Header is what a snapshot says about itself.
type Header struct {
	Marks map[string]model.Mark // how far the logs are in it, by source
}

const (
	magic     = "SRFACTS\x01"
	maxBlock  = 1 << 20
	fullBlock = 64 << 10 // a payload of this size is written
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writer writes blocks and counts what they hold.
type writer struct {
	encoder
	w       io.Writer
	blocks  uint32
	pending bool // something is in the payload
	err     error
	counts  [3]uint64 // facts, labels, open visits
}

// Write writes a snapshot. Errors: those of w.
func Write(w io.Writer, s State, h Header) error {
	if _, err := io.WriteString(w, magic); err != nil {
		return fmt.Errorf("write snapshot: %w", err)
	}
	out := &writer{w: w, encoder: encoder{items: map[string]uint64{}}}
	out.header(s.Floor(), h)
	out.facts(s.Facts())
	section(out, 'l', s.Labels(), 1, out.label)
	if v, ok := s.(visiting); ok {
		section(out, 'v', v.Visits(), 2, out.open)
	}
	out.begin('e')
	for _, n := range out.counts {
		out.number(n)
	}
	out.flush()
	if out.err != nil {
		return fmt.Errorf("write snapshot: %w", out.err)
	}
	return nil
}

func (w *writer) header(f model.Floor, h Header) {
	w.begin('h')
	w.number(uint64(f.Facts))
	w.number(uint64(f.Categories))
	w.number(uint64(len(h.Marks)))
	for _, source := range slices.Sorted(maps.Keys(h.Marks)) {
		w.text(source)
		w.text(h.Marks[source].Link)
		w.signed(h.Marks[source].ThroughMs)
	}
	w.flush()
}

// facts writes facts visit by visit.
func (w *writer) facts(facts iter.Seq[model.Fact]) {
	var visit []model.Fact
	section(w, 'f', visits(facts, &visit), 0, func(f []model.Fact) {
		w.counts[0] += uint64(len(f)) - 1 // section counts one
		w.visit(f)
	})
}

// visits groups the facts of each visit, which follow each other.
func visits(facts iter.Seq[model.Fact], visit *[]model.Fact) iter.Seq[[]model.Fact] {
	return func(yield func([]model.Fact) bool) {
		for f := range facts {
			if v := *visit; len(v) > 0 && (v[0].Session != f.Session || v[0].Visit != f.Visit) {
				if !yield(v) {
					return
				}
				*visit = v[:0]
			}
			*visit = append(*visit, f)
		}
		if len(*visit) > 0 {
			yield(*visit)
		}
	}
}

// section writes blocks of one kind.
func section[T any](w *writer, kind byte, all iter.Seq[T], count int, put func(T)) {
	w.begin(kind)
	for v := range all {
		put(v)
		w.counts[count]++
		if w.pending = true; len(w.buf) >= fullBlock {
			w.flush()
			w.begin(kind)
		}
		if w.err != nil {
			return
		}
	}
	if w.pending {
		w.flush()
	}
}

// flush writes the payload as a block.
func (w *writer) flush() {
	w.pending = false
	if w.err != nil {
		return
	}
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(w.buf)))
	binary.LittleEndian.PutUint32(head[4:], checksum(w.blocks, w.buf))
	w.blocks++
	if _, w.err = w.w.Write(head[:]); w.err == nil {
		_, w.err = w.w.Write(w.buf)
	}
}

func checksum(block uint32, payload []byte) uint32 {
	var number [4]byte
	binary.LittleEndian.PutUint32(number[:], block)
	return crc32.Update(crc32.Checksum(number[:], castagnoli), castagnoli, payload)
}
