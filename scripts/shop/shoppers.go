package shop

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

// Event is one thing that a shopper did, as the record of it.
type Event struct {
	Time    time.Time
	Session string // partition key
	// Item and Type are those of the newest step, as they stand in the payload. For a malformed record they tell what got
	// lost.
	Item string
	Type event.Type
	// Payload is the record in JSON. It belongs to the receiver.
	Payload []byte
}

// interests is how many categories a shopper cares for, most first.
const interests = 3

// remembered is how many products a shopper may come back to in a later session.
const remembered = 4

// shopper is a customer between sessions.
type shopper struct {
	interests [interests]int8
	home      uint8 // position in places
	browsing  bool
	seen      [remembered]item // products of earlier sessions, those beyond seenCount are not valid
	seenCount uint8
}

// Shoppers are people browsing a shop: an endless sequence of events. It is not safe for concurrent use.
type Shoppers struct {
	shop     *Shop
	habits   Habits
	rnd      *rand.Rand
	demand   *demand
	people   []shopper
	sessions []session // open ones; at most half of the people browse at a time
	events   int
	repeat   *Event // to be given again
}

// Shoppers lets n people with default habits into the shop. It panics if n is less than 1.
func (s *Shop) Shoppers(n int) *Shoppers {
	crowd, err := s.ShoppersWith(n, DefaultHabits())
	if err != nil {
		panic(err)
	}
	return crowd
}

// ShoppersWith lets n people with these habits into the shop. The same seed, n and habits give the same events for the
// same times. The error names every problem of the arguments.
func (s *Shop) ShoppersWith(n int, h Habits) (*Shoppers, error) {
	var problem error
	if n < 1 {
		problem = fmt.Errorf("%d shoppers are less than 1", n)
	}
	if err := errors.Join(problem, h.Validate()); err != nil {
		return nil, fmt.Errorf("let shoppers in: %w", err)
	}
	c := &Shoppers{
		shop: s, habits: h, rnd: s.random(streamEvents),
		demand:   newDemand(s.random(streamDemand), len(s.products)),
		people:   make([]shopper, n),
		sessions: make([]session, (n+1)/2),
	}
	rnd := s.random(streamShoppers)
	for i := range c.people {
		c.people[i] = c.newShopper(rnd)
	}
	return c, nil
}

func (c *Shoppers) newShopper(rnd *rand.Rand) shopper {
	var p shopper
	for i := range p.interests {
		p.interests[i] = int8(c.demand.category(rnd))
	}
	p.home = uint8(rnd.IntN(len(places)))
	return p
}

// Next is what happens at the given time. How often it is called does not change what happens, only how long sessions
// take: half of the shoppers browse at a time, and each call is a step of one of them.
func (c *Shoppers) Next(now time.Time) Event {
	if c.repeat != nil {
		again := *c.repeat
		c.repeat = nil
		again.Payload = append([]byte(nil), again.Payload...)
		return again
	}
	if c.events++; c.habits.DriftEvery > 0 && c.events%c.habits.DriftEvery == 0 {
		c.demand.drift(c.rnd)
	}
	s := &c.sessions[c.rnd.IntN(len(c.sessions))]
	if s.left == 0 {
		c.begin(s)
	}
	last := c.step(s)
	e := Event{
		Time: now, Session: string(s.id[:]), Item: c.shop.products[last.item].Code, Type: last.kind,
		Payload: c.record(s, now),
	}
	if s.left == 0 {
		c.end(s)
	}
	if c.chance(c.habits.Repeated) {
		c.repeat = &e
	}
	return e
}

// chance is true with the given probability; 0 costs no random number, so that habits that are off change nothing.
func (c *Shoppers) chance(p float64) bool { return p > 0 && c.rnd.Float64() < p }
