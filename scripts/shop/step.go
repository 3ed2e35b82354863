package shop

import (
	"slices"

	"github.com/streamrec/streamrec/processor/event"
)

// What a shopper looks at after a product, in parts of 100. The rest, what is popular in a category of interest, makes
// a session wander.
const (
	toComplement = 36 // something that goes with it
	toSubstitute = 64 // another one of its kind
	toEarlier    = 72 // back to something in this session
	toPopular    = 90 // something popular in the same category
)

// step adds the next step to a session's history and returns it.
func (c *Shoppers) step(s *session) step {
	kind, i := c.choose(s)
	s.left--
	next := step{item: i, kind: kind, quantity: c.quantity(), quoted: c.chance(quotedQuantity)}
	s.steps = append(s.steps, next)
	return next
}

// choose decides what happens next in a session.
func (c *Shoppers) choose(s *session) (event.Type, item) {
	if s.buying && len(s.cart) > 0 && s.left <= len(s.cart) {
		bought := s.cart[0]
		s.cart = slices.Delete(s.cart, 0, 1)
		return event.Purchase, bought
	}
	if len(s.steps) == 0 {
		return event.View, c.firstLook(s)
	}
	last := s.newest()
	if last.kind == event.View && c.shop.products[last.item].Stock > 0 && !slices.Contains(s.cart, last.item) && c.chance(cartAfterView) {
		s.cart = append(s.cart, last.item)
		return event.Cart, last.item
	}
	return event.View, c.nextLook(s, last.item)
}

// firstLook is how a session begins.
func (c *Shoppers) firstLook(s *session) item {
	p := &c.people[s.customer]
	if p.seenCount > 0 && c.chance(revisitEarlier) {
		return p.seen[c.rnd.IntN(int(p.seenCount))]
	}
	return c.demand.pick(c.rnd, c.interest(p))
}

// interest draws one of a shopper's categories, the first most often.
func (c *Shoppers) interest(p *shopper) int {
	return int(p.interests[[...]int{0, 0, 0, 0, 0, 0, 1, 1, 1, 2}[c.rnd.IntN(10)]])
}

// nextLook is what a shopper looks at after a product.
func (c *Shoppers) nextLook(s *session, last item) item {
	switch roll := c.rnd.IntN(100); {
	case roll < toComplement:
		return c.complement(last)
	case roll < toSubstitute:
		return c.demand.substitute(c.rnd, last)
	case roll < toEarlier:
		return s.steps[c.rnd.IntN(len(s.steps))].item
	case roll < toPopular:
		return c.demand.pick(c.rnd, categoryOf(last))
	default:
		return c.demand.pick(c.rnd, c.interest(&c.people[s.customer]))
	}
}

// complement draws a product that goes with another, the strongest most often; a substitute when that is not on sale.
func (c *Shoppers) complement(last item) item {
	candidates := c.shop.affinity.complements[last]
	rank := [...]int{0, 0, 0, 0, 1, 2, 2, 2, 3, 3}[c.rnd.IntN(10)]
	if i := candidates[min(rank, len(candidates)-1)]; c.demand.onSale(i) {
		return i
	}
	return c.demand.substitute(c.rnd, last)
}

// quantity is nearly always 1.
func (c *Shoppers) quantity() int8 {
	if roll := c.rnd.IntN(40); roll < 10 {
		return int8(1 + roll)
	}
	return 1
}
