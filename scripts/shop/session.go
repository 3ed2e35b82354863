package shop

import (
	"encoding/hex"
	"math"

	"github.com/streamrec/streamrec/processor/event"
)

// Lengths of sessions are log-normal. Half of them have up to 3 records, nine in ten up to 10, 99 in 100 up to 27: the
// quartiles that a large shop has published.
const (
	medianLength = 3.0
	spreadLength = 0.94
	maxLength    = 60
)

const (
	revisitEarlier = 0.15 // a session begins with a product of an earlier one
	awayFromHome   = 0.25 // a session comes from another city than the shopper's own
	buyers         = 0.4  // sessions that buy what is in the cart
	cartAfterView  = 0.12
	quotedQuantity = 0.5 // quantities that are strings
)

// session is one visit of one shopper.
type session struct {
	id       [36]byte
	customer int
	place    place
	credit   int
	whole    bool // records carry the whole history
	bare     bool // records carry no optional fields
	buying   bool

	left  int // records to come; 0 when the session is not open
	steps []step
	cart  []item // not yet bought
}

// step is one product of a session's history.
type step struct {
	item     item
	kind     event.Type
	quantity int8
	quoted   bool // the quantity is a string
}

// newest is the last step.
func (s *session) newest() step { return s.steps[len(s.steps)-1] }

// begin opens a session for somebody who is not browsing.
func (c *Shoppers) begin(s *session) {
	customer := c.visitor()
	p := &c.people[customer]
	p.browsing = true
	home := int(p.home)
	if c.chance(awayFromHome) {
		home = c.rnd.IntN(len(places))
	}
	*s = session{
		customer: customer, place: places[home], credit: c.rnd.IntN(120) * 500,
		whole: c.chance(c.habits.WholeHistory), bare: c.chance(c.habits.Bare),
		left: c.length(), steps: s.steps[:0], cart: s.cart[:0],
	}
	s.buying = c.chance(buyers) && !s.bare
	c.newID(&s.id)
}

// visitor chooses who comes next: some people come much more often than others.
func (c *Shoppers) visitor() int {
	u := c.rnd.Float64()
	i := int(u * u * float64(len(c.people)))
	for c.people[i].browsing {
		i = (i + 1) % len(c.people)
	}
	return i
}

func (c *Shoppers) length() int {
	n := medianLength * math.Exp(spreadLength*c.rnd.NormFloat64())
	return int(max(1, min(math.Round(n), maxLength)))
}

// newID writes a random UUID.
func (c *Shoppers) newID(id *[36]byte) {
	var b [16]byte
	for i, word := range [2]uint64{c.rnd.Uint64(), c.rnd.Uint64()} {
		for j := range 8 {
			b[8*i+j] = byte(word >> (8 * j))
		}
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	for _, part := range [5][4]int{{0, 0, 4}, {9, 4, 6}, {14, 6, 8}, {19, 8, 10}, {24, 10, 16}} {
		hex.Encode(id[part[0]:], b[part[1]:part[2]])
		if part[0] > 0 {
			id[part[0]-1] = '-'
		}
	}
}

// end closes a session; the shopper remembers something of it.
func (c *Shoppers) end(s *session) {
	p := &c.people[s.customer]
	p.browsing = false
	seen := s.steps[c.rnd.IntN(len(s.steps))].item
	if p.seenCount < remembered {
		p.seen[p.seenCount] = seen
		p.seenCount++
		return
	}
	p.seen[c.rnd.IntN(remembered)] = seen
}
