package snapshot

import (
	"encoding/binary"

	"github.com/streamrec/streamrec/model"
)

// decoder is the inverse of encoder. After something that cannot be read everything is zero and bad is true.
type decoder struct {
	buf     []byte
	bad     bool
	items   []string
	touchMs int64
	start   uint32
	session string
}

// begin starts a payload, without the byte that says what it holds.
func (d *decoder) begin(payload []byte) {
	d.buf, d.touchMs, d.start, d.session = payload, 0, 0, ""
}

func (d *decoder) fail() {
	d.bad, d.buf = true, nil
}

// more tells whether there is more in the payload.
func (d *decoder) more() bool { return len(d.buf) > 0 }

func (d *decoder) number() uint64 {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

// count reads a number of things that take at least a byte each.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.buf)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) signed() int64 {
	v, n := binary.Varint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.buf) {
		d.fail()
		return make([]byte, 8)[:min(n, 8)]
	}
	b := d.buf[:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) word() uint64 { return binary.LittleEndian.Uint64(d.bytes(8)) }

func (d *decoder) text() string {
	n := d.count()
	return string(d.bytes(n))
}

// id reads the text of a session or item.
func (d *decoder) id() string {
	s := d.text()
	if s == "" || len(s) > model.MaxIDBytes {
		d.fail()
	}
	return s
}

// item reads an item with so many low bits of something else. It returns the item's place in items.
func (d *decoder) item(bits int) (at int, low uint64) {
	v := d.number()
	n, low := v>>bits, v&(1<<bits-1)
	switch {
	case d.bad || n > uint64(len(d.items)):
		d.fail()
		return -1, 0
	case n > 0:
		return int(n) - 1, low
	}
	d.items = append(d.items, d.id())
	return len(d.items) - 1, low
}

func (d *decoder) touch() model.Touch {
	v := d.signed()
	ms := d.touchMs + v>>1
	order := uint64(0)
	if v&1 != 0 {
		order = d.number()
	}
	t := model.TouchAt(ms)
	if t.Ms() != ms && ms != 0 || order >= 1<<orderBits || v&1 != 0 && order == 0 {
		d.fail()
		return 0
	}
	d.touchMs = ms
	return t + model.Touch(order)
}

// visit reads a visit and appends its facts, whose items are places in items.
func (d *decoder) visit(facts []model.VisitFact) (session string, start uint32, _ []model.VisitFact) {
	common := d.number()
	if common > uint64(len(d.session)) {
		d.fail()
		return "", 0, facts
	}
	session = d.session[:common] + d.text()
	second := int64(d.start) + d.signed()
	if session == "" || len(session) > model.MaxIDBytes || second != int64(uint32(second)) {
		d.fail()
		return "", 0, facts
	}
	for range d.count() {
		item, kind := d.item(kindBits)
		facts = append(facts, model.VisitFact{Item: int32(item), Type: model.EventType(kind), Touch: d.touch()})
		if d.bad || kind > uint64(model.Purchase) {
			d.fail()
			return "", 0, facts
		}
	}
	d.session, d.start = session, uint32(second)
	return d.session, d.start, facts
}

// label reads a label. It returns the item's place in items beside it.
func (d *decoder) label() (at int, l model.ItemLabel) {
	at, _ = d.item(0)
	l.Touch = d.touch()
	l.Label.Category = binary.LittleEndian.Uint32(d.bytes(4))
	l.Label.Brand = binary.LittleEndian.Uint16(d.bytes(2))
	if !d.bad {
		l.Item = d.items[at]
	}
	return at, l
}

func (d *decoder) open() model.Visit {
	v := model.Visit{Session: d.id(), Start: uint32(d.number()), LastMs: d.signed(), SeenMs: d.signed()}
	v.Touch, v.HashKey[0], v.HashKey[1] = model.Touch(d.word()), d.word(), d.word()
	for range d.count() {
		item, low := d.item(kindBits + 1)
		if d.bad {
			break
		}
		v.Items = append(v.Items, model.VisitItem{Item: d.items[item], Type: model.EventType(low & (1<<kindBits - 1)), Fact: low>>kindBits != 0})
	}
	return v
}
