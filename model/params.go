package model

import (
	"errors"
	"fmt"
	"time"
)

// Params are the bounds and weights of a model. Two models give the same lists for the same facts only if their Params
// are equal. Start from [DefaultParams]; a zero weight switches its term off. The default weights were tuned on the
// first half of a month of one electronics shop, those of reminders and three decays on the first halves of other streams too
// (package evaluate names them), never on the halves that are reported.
type Params struct {
	// State.

	PerItem    int           // m: facts kept per item, the newest. Default 250, at most 1000.
	MaxItems   int           // items with facts; the least recently touched go first. Default 1<<20, at most 1<<28.
	MaxFacts   int           // facts in total; the oldest go first. Default 1<<26, at most 1<<30.
	Horizon    time.Duration // age, against the newest fact, at which facts go; 0 keeps them. Default 0.
	ShelfItems int           // items kept per category and over all, most recently touched, and over all, touched often. Default 128, at most 4096.
	MaxShelves int           // categories; the least recently touched go first. Default 4096, at most 65536.

	// Open sessions.

	SessionTTL time.Duration // silence, in arrival time, that ends a visit. Default 24 h; from 30 min to 24 h.
	MaxOpen    int           // open visits; the least recently active are closed first. Default 1<<20.

	// Neighbours: sessions that share an item with the query.

	QueryItems int         // newest distinct items of the session that are looked up. Default 10, at most 64.
	Scan       int         // newest sessions looked at per item, at most PerItem. Default 150.
	Neighbours int         // sessions that may vote. Default 300, at most 4096.
	QueryDecay Permille    // weight of an item relative to the next newer one. Default 700.
	RankDecay  Permille    // how much less the Scan-th newest session of an item weighs than its newest. Default 900.
	TypeWeight [3]Permille // weight of a query item by its strongest type. Default 1000, 1500, 1500.

	// Votes of a neighbour for its items.

	Kernel        Permille // weight of the sequential vote. Default 1000.
	KernelDecay   Permille // per step away from the neighbour's last shared item. Default 250.
	KernelBack    Permille // factor for items before the last shared one. Default 800.
	PositionDecay Permille // per step of the newest shared item into the query's past. Default 779 (e^-1/4).
	CoVisit       Permille // weight of the co-visitation vote. Default 1000.
	CoVisitBack   Permille // factor for items before the shared one. Default 700.
	CoVisitWindow int      // steps around a shared item that co-visit it. Default 10, at most 63.

	// Second hop, for queries with few candidates.

	Hop      Permille // weight of the best second-hop candidate. Default 100.
	HopBelow int      // number of candidates below which there is a second hop. Default 50.
	HopItems int      // best candidates that are looked up. Default 5, at most 64.
	HopScan  int      // newest sessions looked at per such item, at most PerItem. Default 25.

	// What needs no neighbours.

	Reminder    Permille // weight of the session's newest item but one; the k-th newest has 1/√(k-1) of it. Default 2000.
	Reminders   int      // session's own items proposed, counting the newest, which is not. Default 20, at most 64.
	Return      Permille // what a return of the session to an item weighs against a step that was none. Default 4000.
	ReturnSteps int      // steps of a session that weigh as much as Reminder; 0 keeps it as it is. Default 2, at most 1000.
	Shelf       Permille // weight of the most popular recent item of the newest item's category. Default 100.
	BrandLift   Permille // added to the factor 1000 for items of the same category and brand. Default 6000.
	Popular     Permille // weight of the most popular recent item over all, in lists that are too short. Default 1.

	// What is not proposed: see also [Model.Restrict].

	HidePurchased bool // items that the session has bought. Default false.
}

// DefaultParams returns the defaults named at each field.
func DefaultParams() Params {
	return Params{
		PerItem: 250, MaxItems: 1 << 20, MaxFacts: 1 << 26, ShelfItems: 128, MaxShelves: 4096,
		SessionTTL: 24 * time.Hour, MaxOpen: 1 << 20,
		QueryItems: 10, Scan: 150, Neighbours: 300, QueryDecay: 700, RankDecay: 900, TypeWeight: [3]Permille{1000, 1500, 1500},
		Kernel: 1000, KernelDecay: 250, KernelBack: 800, PositionDecay: 779,
		CoVisit: 1000, CoVisitBack: 700, CoVisitWindow: 10,
		Hop: 100, HopBelow: 50, HopItems: 5, HopScan: 25,
		Reminder: 2000, Reminders: 20, Return: 4000, ReturnSteps: 2, Shelf: 100, BrandLift: 6000, Popular: 1,
	}
}

// Validate returns every field that is out of its range, joined.
func (p Params) Validate() error {
	var errs []error
	count := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s is %d, want %d to %d", name, v, low, high))
		}
	}
	weight := func(name string, v, high Permille) { count(name, int(v), 0, int(high)) }
	p.validateBounds(count)
	p.validateWeights(weight)
	if p.SessionTTL < 30*time.Minute || p.SessionTTL > 24*time.Hour {
		errs = append(errs, fmt.Errorf("SessionTTL is %v, want 30m to 24h", p.SessionTTL))
	}
	if p.Horizon < 0 {
		errs = append(errs, fmt.Errorf("horizon is %v, want 0 or more", p.Horizon))
	}
	return errors.Join(errs...)
}

func (p Params) validateBounds(count func(name string, v, low, high int)) {
	count("PerItem", p.PerItem, 1, 1000)
	count("MaxItems", p.MaxItems, 1, 1<<28)
	count("MaxFacts", p.MaxFacts, 1, 1<<30)
	count("ShelfItems", p.ShelfItems, 1, 4096)
	count("MaxShelves", p.MaxShelves, 1, 1<<16)
	count("MaxOpen", p.MaxOpen, 1, 1<<28)
	count("QueryItems", p.QueryItems, 1, SessionFacts)
	count("Scan", p.Scan, 1, p.PerItem)
	count("Neighbours", p.Neighbours, 1, 4096)
	count("CoVisitWindow", p.CoVisitWindow, 0, SessionFacts-1)
	count("HopBelow", p.HopBelow, 0, 1<<16)
	count("HopItems", p.HopItems, 1, SessionFacts)
	count("HopScan", p.HopScan, 1, p.PerItem)
	count("Reminders", p.Reminders, 0, SessionFacts)
	count("ReturnSteps", p.ReturnSteps, 0, 1000)
}

func (p Params) validateWeights(weight func(name string, v, high Permille)) {
	const ratio, factor = 1000, 100_000
	weight("QueryDecay", p.QueryDecay, ratio)
	weight("RankDecay", p.RankDecay, ratio)
	weight("KernelDecay", p.KernelDecay, ratio)
	weight("KernelBack", p.KernelBack, ratio)
	weight("PositionDecay", p.PositionDecay, ratio)
	weight("CoVisitBack", p.CoVisitBack, ratio)
	for t, w := range p.TypeWeight {
		weight("TypeWeight of "+EventType(t).String(), w, 10*ratio)
	}
	weight("Kernel", p.Kernel, 10*ratio)
	weight("CoVisit", p.CoVisit, 10*ratio)
	weight("Hop", p.Hop, factor)
	weight("Reminder", p.Reminder, factor)
	weight("Return", p.Return, factor)
	weight("Shelf", p.Shelf, factor)
	weight("BrandLift", p.BrandLift, factor)
	weight("Popular", p.Popular, factor)
}
