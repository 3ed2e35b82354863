package snapshot

import (
	"encoding/binary"

	"github.com/streamrec/streamrec/model"
)

const (
	orderBits = 22 // of a touch, below the milliseconds
	kindBits  = 2
)

// encoder builds the payload of a block.
type encoder struct {
	buf     []byte
	items   map[string]uint64 // numbers, from 1
	touchMs int64             // of the touch before
	start   uint32            // of the visit before
	session string            // of the visit before
}

// begin starts a payload.
func (e *encoder) begin(kind byte) {
	e.buf = append(e.buf[:0], kind)
	e.touchMs, e.start, e.session = 0, 0, ""
}

func (e *encoder) number(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

func (e *encoder) signed(n int64) { e.buf = binary.AppendVarint(e.buf, n) }

func (e *encoder) text(s string) {
	e.number(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// item writes an item with so many low bits of something else.
func (e *encoder) item(id string, bits int, low uint64) {
	n := e.items[id]
	e.number(n<<bits | low)
	if n == 0 {
		e.items[id] = uint64(len(e.items)) + 1
		e.text(id)
	}
}

func (e *encoder) touch(t model.Touch) {
	order := uint64(t) & (1<<orderBits - 1)
	delta := (t.Ms() - e.touchMs) << 1
	e.touchMs = t.Ms()
	if order == 0 {
		e.signed(delta)
		return
	}
	e.signed(delta | 1)
	e.number(order)
}

// visit writes the facts of one visit.
func (e *encoder) visit(facts []model.Fact) {
	f := facts[0]
	common := 0
	for common < min(len(e.session), len(f.Session)) && e.session[common] == f.Session[common] {
		common++
	}
	e.number(uint64(common))
	e.text(f.Session[common:])
	e.signed(int64(f.Visit) - int64(e.start))
	e.number(uint64(len(facts)))
	for _, f := range facts {
		e.item(f.Item, kindBits, uint64(f.Type))
		e.touch(f.Touch)
	}
	e.session, e.start = f.Session, f.Visit
}

func (e *encoder) label(l model.ItemLabel) {
	e.item(l.Item, 0, 0)
	e.touch(l.Touch)
	e.buf = binary.LittleEndian.AppendUint32(e.buf, l.Label.Category)
	e.buf = binary.LittleEndian.AppendUint16(e.buf, l.Label.Brand)
}

func (e *encoder) open(v model.Visit) {
	e.text(v.Session)
	e.number(uint64(v.Start))
	e.signed(v.LastMs)
	e.signed(v.SeenMs)
	for _, word := range []uint64{uint64(v.Touch), v.HashKey[0], v.HashKey[1]} {
		e.buf = binary.LittleEndian.AppendUint64(e.buf, word)
	}
	e.number(uint64(len(v.Items)))
	for _, it := range v.Items {
		low := uint64(it.Type)
		if it.Fact {
			low |= 1 << kindBits
		}
		e.item(it.Item, kindBits+1, low)
	}
}
