package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFactsJoin(t *testing.T) {
	at := func(ms int64, kind EventType) Fact {
		return Fact{Session: "s", Item: "a", Touch: TouchAt(noon + ms), Type: kind}
	}
	for _, c := range []struct {
		name  string
		facts []Fact
		want  Fact
	}{
		{"equal facts", []Fact{at(5, Cart), at(5, Cart)}, at(5, Cart)},
		{"the stronger type", []Fact{at(5, Purchase), at(5, View)}, at(5, Purchase)},
		{"the earlier touch", []Fact{at(5, View), at(3, View)}, at(3, View)},
		{"one from each", []Fact{at(5, Cart), at(3, View), at(4, View)}, at(3, Cart)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 {
				if got := slices.Collect(fill(DefaultParams(), c.facts).Facts()); !slices.Equal(got, []Fact{c.want}) {
					t.Errorf("facts join to %+v, want %+v", got, c.want)
				}
				slices.Reverse(c.facts)
			}
		})
	}
}

// TestEarlierTouchMoves lowers a touch among others, with a posting and a record to reorder and a heap to correct.
func TestEarlierTouchMoves(t *testing.T) {
	p := DefaultParams()
	p.MaxFacts = 4
	f := func(session, item string, ms int64) Fact {
		return Fact{Session: session, Item: item, Touch: TouchAt(noon + ms)}
	}
	moved := fill(p, []Fact{f("s", "a", 10), f("s", "b", 20), f("t", "b", 30), f("u", "c", 40), f("t", "b", 5)})
	straight := fill(p, []Fact{f("t", "b", 5), f("s", "a", 10), f("s", "b", 20), f("u", "c", 40)})
	sameAs(t, moved, straight)
	more := f("v", "d", 50)
	moved.Add(more)
	straight.Add(more)
	sameAs(t, moved, straight)
	if moved.Stats().Floor != TouchAt(noon+5) {
		t.Errorf("floor is %v, want the touch that was lowered", moved.Stats().Floor)
	}
}

// TestEqualTouches orders the facts of a millisecond by ids, whichever comes first.
func TestEqualTouches(t *testing.T) {
	facts := []Fact{
		{Session: "s", Item: "a", Touch: TouchAt(noon)},
		{Session: "s", Item: "b", Touch: TouchAt(noon)},
		{Session: "s", Visit: 1, Item: "b", Touch: TouchAt(noon)},
		{Session: "t", Item: "b", Touch: TouchAt(noon)},
		{Session: "t", Item: "c", Touch: TouchAt(noon)},
		{Session: "r", Item: "c", Touch: TouchAt(noon)},
	}
	want := fill(loose(), facts)
	slices.Reverse(facts)
	sameAs(t, fill(loose(), facts), want)
	facts[0], facts[3] = facts[3], facts[0]
	sameAs(t, fill(loose(), facts), want)
	p := loose() // with room for one fact of an item, the order decides which
	p.PerItem, p.Scan, p.HopScan = 1, 1, 1
	want = fill(p, facts)
	slices.Reverse(facts)
	sameAs(t, fill(p, facts), want)
}

func TestHorizon(t *testing.T) {
	p := DefaultParams()
	p.Horizon = time.Hour
	for _, c := range []struct {
		age  time.Duration
		kept bool
	}{{time.Hour - time.Millisecond, true}, {time.Hour, true}, {time.Hour + time.Millisecond, false}} {
		old := Fact{Session: "s", Item: "a", Touch: TouchAt(noon - c.age.Milliseconds())}
		m := fill(p, []Fact{old, {Session: "t", Item: "b", Touch: TouchAt(noon)}})
		m.Add(old)
		if kept := m.Stats().Facts == 2; kept != c.kept {
			t.Errorf("a fact of age %v is kept: %v", c.age, kept)
		}
	}
}

// TestLongRecords: others may have made facts without end; the newest recordView of a visit count, and maxRecord are
// kept.
func TestLongRecords(t *testing.T) {
	m := New(DefaultParams())
	for i := range 2 * maxRecord {
		m.Add(Fact{Session: "s", Item: fmt.Sprintf("i%04d", i), Touch: TouchAt(noon + int64(i))})
	}
	if s := m.Stats(); s.Facts != maxRecord {
		t.Errorf("%d facts of a visit are kept, want %d", s.Facts, maxRecord)
	}
	first, last := fmt.Sprintf("i%04d", maxRecord-recordView), fmt.Sprintf("i%04d", maxRecord-1)
	m.params.Popular, m.scorer.params.Popular = 0, 0
	if got := names(m.Similar(nil, first, 1)); !slices.Equal(got, []string{fmt.Sprintf("i%04d", maxRecord-recordView+1)}) {
		t.Errorf("similar to the first that counts: %v", got)
	}
	if got := m.Similar(nil, "i0000", 5); len(got) > 0 {
		t.Errorf("similar to one that does not count: %v", got)
	}
	if got := names(m.Recommend(nil, "s", 1)); slices.Equal(got, []string{last}) || len(got) != 1 {
		t.Errorf("recommended %v", got)
	}
	checkInvariants(t, m)
}

func TestVisitsOfASessionStayApart(t *testing.T) {
	m := fill(DefaultParams(), []Fact{
		{Session: "s", Visit: 1, Item: "a", Touch: TouchAt(noon)},
		{Session: "s", Visit: 2, Item: "a", Touch: TouchAt(noon + 1)},
		{Session: "s", Visit: 2, Item: "b", Touch: TouchAt(noon + 2)},
	})
	if s := m.Stats(); s.Facts != 3 || s.Visits != 2 || s.Items != 2 {
		t.Errorf("%+v", s)
	}
	if got := names(m.Recommend(nil, "s", 1)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("recommended %v, want the item before the last of the newest visit", got)
	}
}

func TestLabelsJoin(t *testing.T) {
	shoe, boot := LabelOf("shoe", "acme"), LabelOf("boot", "acme")
	m := fill(DefaultParams(), []Fact{{Session: "s", Item: "a", Touch: TouchAt(noon), Label: shoe}})
	m.AddLabel(ItemLabel{Item: "a", Touch: TouchAt(noon - 5000), Label: boot})
	if got := m.index.labelOf(m.index.known("a")); got != shoe {
		t.Errorf("an older label counts: %v", got)
	}
	m.AddLabel(ItemLabel{Item: "a", Touch: TouchAt(noon + 5000), Label: boot})
	if got := m.index.labelOf(m.index.known("a")); got != boot {
		t.Errorf("a newer label does not count: %v", got)
	}
	m.AddLabel(ItemLabel{Item: "unknown", Touch: TouchAt(noon), Label: shoe})
	if got := m.Stats(); got.Items != 1 || got.Categories != 2 {
		t.Errorf("%+v, want one item that was in two categories", got)
	}
}

// TestForgottenEntriesDoNotCount: an item was in a category long ago, and is known for other reasons now.
func TestForgottenEntriesDoNotCount(t *testing.T) {
	p := DefaultParams()
	p.MaxFacts = 3
	shoe, boot := LabelOf("shoe", ""), LabelOf("boot", "")
	m := New(p)
	for i, f := range []Fact{{Item: "a", Label: shoe}, {Item: "b", Label: boot}, {Item: "a", Label: boot}, {Item: "c", Label: shoe}} {
		f.Session, f.Touch = fmt.Sprint(i), TouchAt(noon+int64(i)*1000)
		m.Add(f)
	}
	m.scorer.params.Popular = 0
	if got := m.Similar(nil, "c", 5); len(got) > 0 {
		t.Errorf("similar to the only shoe: %v", got)
	}
	if got := names(m.Similar(nil, "a", 5)); !slices.Equal(got, []string{"b"}) {
		t.Errorf("similar to a boot: %v, want the other boot", got)
	}
}

func TestLabelOf(t *testing.T) {
	seen := map[Label]string{}
	for _, c := range [][2]string{{"", ""}, {"a", ""}, {"", "a"}, {"a", "a"}, {"b", "a"}, {"a", "b"}, {"ab", ""}, {"\x00a", ""}} {
		l := LabelOf(c[0], c[1])
		if before, ok := seen[l]; ok && c != [2]string{"\x00a", ""} {
			t.Errorf("%q has the label of %s", c, before)
		}
		seen[l] = strings.Join(c[:], "+")
	}
	if (LabelOf("", "") != Label{}) {
		t.Error("nothing known is not the zero Label")
	}
}

func TestReopenIsBounded(t *testing.T) {
	m := New(DefaultParams())
	v := Visit{Session: "s", Start: 5, LastMs: noon, SeenMs: noon}
	for i := range 500 {
		v.Items = append(v.Items, VisitItem{Item: strings.Repeat("x", i%140), Type: 9, Fact: i%2 == 0})
	}
	m.Reopen(v)
	m.Reopen(Visit{Session: strings.Repeat("x", 200)})
	m.Reopen(Visit{Session: "s", Start: 6, SeenMs: noon - 1})
	if n := m.visits.table.at(0).n; n > SessionFacts+followed || m.Stats().Open != 1 {
		t.Errorf("%d items in %d visits", n, m.Stats().Open)
	}
	for got := range m.Visits() {
		if got.Start != 5 || got.Items[0].Type != Purchase {
			t.Errorf("reopened %+v", got)
		}
	}
	m.Recommend(nil, "s", 20)
}

// TestReopenKeepsTheOrderOfActivity reopens the visits of two models one after the other, as the child of a merge does.
func TestReopenKeepsTheOrderOfActivity(t *testing.T) {
	m := New(DefaultParams())
	for _, seen := range []int64{1, 5, 9, 2, 5, 10, 0} {
		m.Reopen(Visit{Session: string(rune('a' + m.Stats().Open)), SeenMs: noon + seen})
	}
	var order []string
	for v := range m.Visits() {
		order = append(order, v.Session)
	}
	if got := strings.Join(order, ""); got != "gadbecf" {
		t.Errorf("order is %s, want gadbecf", got)
	}
}

func TestSequencesStop(t *testing.T) {
	m, _ := made(loose(), newScribe(2).records(50))
	for range m.Facts() {
		break
	}
	for range m.Labels() {
		break
	}
	for range m.Visits() {
		break
	}
}

func TestParamsValidate(t *testing.T) {
	if err := DefaultParams().Validate(); err != nil {
		t.Errorf("defaults are refused: %v", err)
	}
	for name, change := range map[string]func(*Params){
		"PerItem": func(p *Params) { p.PerItem = 0 }, "Scan": func(p *Params) { p.Scan = p.PerItem + 1 },
		"MaxItems": func(p *Params) { p.MaxItems = 1<<28 + 1 }, "MaxFacts": func(p *Params) { p.MaxFacts = -1 },
		"orizon": func(p *Params) { p.Horizon = -1 }, "SessionTTL": func(p *Params) { p.SessionTTL = 25 * time.Hour },
		"TypeWeight of cart": func(p *Params) { p.TypeWeight[Cart] = -1 }, "KernelDecay": func(p *Params) { p.KernelDecay = 1001 },
		"Reminders": func(p *Params) { p.Reminders = 65 }, "Hop ": func(p *Params) { p.Hop = -5 },
	} {
		p := DefaultParams()
		change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := Params{}
	var joined interface{ Unwrap() []error }
	if err := p.Validate(); !errors.As(err, &joined) || len(joined.Unwrap()) < 10 {
		t.Errorf("the zero Params have only these problems: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("New accepts bad parameters")
		}
	}()
	New(p)
}
