package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const noon = 1_700_000_000_000

// act returns interactions of type View with the items.
func act(items ...string) []Interaction {
	var acts []Interaction
	for _, item := range items {
		acts = append(acts, Interaction{Item: item})
	}
	return acts
}

func names(list []Scored) []string {
	var items []string
	for _, s := range list {
		items = append(items, s.Item)
	}
	return items
}

// made1 lists the facts of a record as item.order.type.
func made1(facts []Fact) string {
	var parts []string
	for _, f := range facts {
		parts = append(parts, fmt.Sprintf("%s.%d.%s", f.Item, f.Touch-TouchAt(f.Touch.Ms()), f.Type))
	}
	return strings.Join(parts, " ")
}

func TestObserveMakesFacts(t *testing.T) {
	cart, buy := Interaction{Item: "a", Type: Cart}, Interaction{Item: "a", Type: Purchase}
	for _, c := range []struct {
		name    string
		records [][]Interaction
		want    []string // facts of each record
	}{
		{"one step each", [][]Interaction{act("a"), act("b")}, []string{"a.0.view", "b.1.view"}},
		{"a whole history", [][]Interaction{act("a", "b", "c")}, []string{"a.0.view b.1.view c.2.view"}},
		{"histories that grow", [][]Interaction{act("a"), act("a", "b"), act("a", "b", "c")}, []string{"a.0.view", "b.1.view", "c.2.view"}},
		{"an item repeated", [][]Interaction{act("a", "b", "a")}, []string{"a.0.view b.1.view"}},
		{"a stronger type", [][]Interaction{act("a"), {cart}, {buy}}, []string{"a.0.view", "a.0.cart", "a.0.purchase"}},
		{"a weaker type", [][]Interaction{{buy}, {cart}, act("a")}, []string{"a.0.purchase", "", ""}},
		{"a stronger type in one record", [][]Interaction{append(act("a"), buy)}, []string{"a.0.view a.0.purchase"}},
		{"an unknown type", [][]Interaction{{{Item: "a", Type: 200}}}, []string{"a.0.purchase"}},
		{"an empty record", [][]Interaction{nil, act("a")}, []string{"", "a.0.view"}},
		{"an empty item", [][]Interaction{act("", "a", "")}, []string{"a.0.view"}},
		{"an over-long item", [][]Interaction{act(strings.Repeat("é", 65), "a")}, []string{"a.0.view"}},
		{"any bytes", [][]Interaction{act("\x00", "\xff\xfe")}, []string{"\x00.0.view \xff\xfe.1.view"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(DefaultParams())
			for i, acts := range c.records {
				facts := m.Observe(nil, Record{Session: "s", ArrivalMs: noon, Items: acts})
				if got := made1(facts); got != c.want[i] {
					t.Errorf("record %d makes %q, want %q", i, got, c.want[i])
				}
			}
		})
	}
}

func TestTouchesFollowTheOrderOfASession(t *testing.T) {
	m := New(DefaultParams())
	var facts []Fact
	for i, ms := range []int64{noon, noon - 5000, noon, noon, noon + 1} { // arrival times may go back
		facts = m.Observe(facts, Record{Session: "s", ArrivalMs: ms, Items: act(fmt.Sprint(i))})
	}
	for i := 1; i < len(facts); i++ {
		if facts[i-1].Touch >= facts[i].Touch {
			t.Errorf("touch %d is %v, not after %v", i, facts[i].Touch, facts[i-1].Touch)
		}
	}
	if got := facts[4].Touch; got != TouchAt(noon+1) {
		t.Errorf("touch is %v, want %v", got, TouchAt(noon+1))
	}
}

func TestVisitsEnd(t *testing.T) {
	ttl := DefaultParams().SessionTTL.Milliseconds()
	for _, c := range []struct {
		name    string
		offset  int64 // of the second record
		visits  int   // that are known afterwards
		visible bool  // does the second record make a fact
	}{
		{"within the time", ttl, 1, true},
		{"after the time", ttl + 1, 2, true},
		{"a little late", -ttl, 1, true},
		{"of an earlier visit", -ttl - 1, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := New(DefaultParams())
			m.Observe(nil, Record{Session: "s", ArrivalMs: noon, Items: act("a")})
			facts := m.Observe(nil, Record{Session: "s", ArrivalMs: noon + c.offset, Items: act("b")})
			if s := m.Stats(); s.Visits != c.visits || s.Open != 1 || len(facts) == 1 != c.visible {
				t.Errorf("%+v and facts %v, want %d visits and a fact: %v", s, facts, c.visits, c.visible)
			}
		})
	}
}

func TestVisitReturnsToItsItems(t *testing.T) {
	m := New(DefaultParams())
	m.Observe(nil, Record{Session: "s", ArrivalMs: noon, Items: act("a", "b", "c")})
	m.Observe(nil, Record{Session: "s", ArrivalMs: noon + 1, Items: act("a")})
	if got := names(m.Recommend(nil, "s", 20)); !slices.Equal(got, []string{"c", "b"}) {
		t.Errorf("recommended %v, want the own items c and b, newest first, without a", got)
	}
}

func TestVisitExpires(t *testing.T) {
	p := DefaultParams()
	p.SessionTTL = 30 * time.Minute
	m := New(p)
	m.Observe(nil, Record{Session: "s", ArrivalMs: noon, Items: act("a", "b")})
	m.Observe(nil, Record{Session: "t", ArrivalMs: noon + p.SessionTTL.Milliseconds() + graceMs, Items: act("c")})
	if s := m.Stats(); s.Open != 2 {
		t.Errorf("%d visits are open within the grace, want 2", s.Open)
	}
	m.Observe(nil, Record{Session: "u", ArrivalMs: noon + p.SessionTTL.Milliseconds() + graceMs + 1, Items: act("c")})
	if s := m.Stats(); s.Open != 2 || s.Visits != 3 {
		t.Errorf("%+v, want 2 open of 3", s)
	}
	if got := names(m.Recommend(nil, "s", 1)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("a session that is over is recommended %v, want its a", got)
	}
}

func TestAdvanceEndsVisits(t *testing.T) {
	p := DefaultParams()
	m := New(p)
	m.Observe(nil, Record{Session: "s", ArrivalMs: noon, Items: act("a", "b", "a")})
	over := noon + p.SessionTTL.Milliseconds() + graceMs
	if m.Advance(over); m.Stats().Open != 1 {
		t.Error("the visit is over within the grace")
	}
	m.Advance(over + 1)
	m.Advance(noon)
	if m.Stats().Open != 0 {
		t.Error("the visit is open after the grace")
	}
	if got := names(m.Recommend(nil, "s", 1)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("recommended %v, want a: b was touched first last", got)
	}
}

func TestMaxOpenClosesTheLeastRecentlyActive(t *testing.T) {
	p := DefaultParams()
	p.MaxOpen = 2
	m := New(p)
	for i, session := range []string{"a", "b", "a", "c"} {
		m.Observe(nil, Record{Session: session, ArrivalMs: noon + int64(i)*1000, Items: act("x")})
	}
	var open []string
	for v := range m.Visits() {
		open = append(open, v.Session)
	}
	if !slices.Equal(open, []string{"a", "c"}) {
		t.Errorf("open are %v, want a and c", open)
	}
}

// TestRobotsStopMakingFacts: the first SessionFacts items count for others, all count for the session itself.
func TestRobotsStopMakingFacts(t *testing.T) {
	m := New(DefaultParams())
	var facts []Fact
	for i := range 500 {
		facts = m.Observe(facts, Record{Session: "robot", ArrivalMs: noon + int64(i), Items: act(fmt.Sprintf("i%03d", i))})
	}
	if len(facts) != SessionFacts || m.Stats().Facts != SessionFacts {
		t.Errorf("%d facts are made and %d kept, want %d", len(facts), m.Stats().Facts, SessionFacts)
	}
	if n := m.visits.table.at(0).n; n != SessionFacts+followed {
		t.Errorf("the visit remembers %d items, want %d", n, SessionFacts+followed)
	}
	if got := names(m.Recommend(nil, "robot", 2)); !slices.Equal(got, []string{"i498", "i497"}) {
		t.Errorf("recommended %v, want its newest items but the last", got)
	}
	m.Observe(nil, Record{Session: "robot", ArrivalMs: noon + 1000, Items: act("i000")})
	if facts := m.Observe(nil, Record{Session: "robot", ArrivalMs: noon + 1001, Items: []Interaction{{Item: "i000", Type: Cart}}}); made1(facts) != "i000.0.cart" {
		t.Errorf("a stronger type of an early item makes %v", facts)
	}
}

// TestForgottenFactsAreNotMadeAgain: the visit remembers what the index refused or has dropped since.
func TestForgottenFactsAreNotMadeAgain(t *testing.T) {
	p := DefaultParams()
	p.Horizon, p.PerItem, p.Scan, p.HopScan = time.Hour, 1, 1, 1
	m := New(p)
	m.Observe(nil, Record{Session: "ahead", ArrivalMs: noon, Items: act("x")})
	late := noon - 2*time.Hour.Milliseconds()
	if facts := m.Observe(nil, Record{Session: "s", ArrivalMs: late, Items: act("late", "x")}); len(facts) > 0 {
		t.Errorf("a record from below the floor makes %v", facts)
	}
	facts := m.Observe(nil, Record{Session: "s", ArrivalMs: noon + 1, Items: act("late", "x", "new")})
	if got := made1(facts); got != "new.0.view" {
		t.Errorf("the next record makes %q, want only what is new in the visit", got)
	}
	m.Observe(nil, Record{Session: "t", ArrivalMs: noon + 2, Items: act("new")})
	bought := []Interaction{{Item: "new", Type: Purchase}}
	if facts := m.Observe(nil, Record{Session: "s", ArrivalMs: noon + 3, Items: bought}); len(facts) > 0 {
		t.Errorf("a stronger type of a fact that is not kept makes %v", facts)
	}
	checkInvariants(t, m)
}

func TestLongSessionIDs(t *testing.T) {
	m := New(DefaultParams())
	long := strings.Repeat("s", MaxIDBytes+1)
	facts := m.Observe(nil, Record{Session: long, ArrivalMs: noon, Items: act("a", "b")})
	if got := facts[0].Session; got != LongSessionID(long) || len(got) != len("sha256:")+64 {
		t.Errorf("session is known as %q", got)
	}
	if got := names(m.Recommend(nil, long, 1)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("recommended %v, want a", got)
	}
	if exact := strings.Repeat("s", MaxIDBytes); LongSessionID(exact) != exact {
		t.Errorf("id of %d bytes is replaced", MaxIDBytes)
	}
	if facts := m.Observe(nil, Record{ArrivalMs: noon, Items: act("a")}); len(facts) > 0 {
		t.Errorf("a record without session makes %v", facts)
	}
}

func TestAddIgnoresBadIDs(t *testing.T) {
	m := New(DefaultParams())
	long := strings.Repeat("x", MaxIDBytes+1)
	for _, f := range []Fact{{Item: "a"}, {Session: "s"}, {Session: long, Item: "a"}, {Session: "s", Item: long}, {Session: "s", Item: "a"}} {
		f.Touch = TouchAt(noon) * min(Touch(len(f.Item)*len(f.Session)), 1)
		m.Add(f)
	}
	if s := m.Stats(); s.Facts != 1 {
		t.Errorf("%d facts are kept, want the one with ids", s.Facts)
	}
	m.Add(Fact{Session: "t", Item: "a"}) // the zero Touch is before every fact
	if s := m.Stats(); s.Facts != 1 {
		t.Errorf("%d facts are kept, want the one with a touch", s.Facts)
	}
}

func TestTouchRange(t *testing.T) {
	for _, c := range []struct{ ms, want int64 }{{noon, noon}, {0, 1}, {-5, 1}, {1, 1}, {maxArrivalMs, maxArrivalMs}, {1 << 62, maxArrivalMs}} {
		if got := TouchAt(c.ms).Ms(); got != c.want {
			t.Errorf("time %d becomes %d, want %d", c.ms, got, c.want)
		}
	}
	if got := (TouchAt(noon) + 3).String(); got != "1700000000000.3" {
		t.Errorf("touch prints as %s", got)
	}
}
