package shop

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/streamrec/streamrec/processor/event"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// watch takes n events, five a second.
func watch(t testing.TB, seed uint64, people, n int, h Habits) []Event {
	t.Helper()
	c, err := New(seed).ShoppersWith(people, h)
	if err != nil {
		t.Fatal(err)
	}
	events := make([]Event, n)
	for i := range events {
		events[i] = c.Next(noon.Add(time.Duration(i) * 200 * time.Millisecond))
	}
	return events
}

// decode reads a record as a worker does.
func decode(t testing.TB, e Event) event.Event {
	t.Helper()
	d := event.NewDecoder(event.Options{}).Decode(nil, event.Record{Data: e.Payload, PartitionKey: e.Session, Arrival: e.Time.Add(time.Second)})
	if len(d) != 1 || d[0].Err != nil {
		t.Fatalf("payload %s decodes to %+v", e.Payload, d)
	}
	return d[0]
}

func TestSameSeedSameEvents(t *testing.T) {
	h := DefaultHabits()
	h.EventTime, h.Repeated, h.Malformed = true, 0.01, 0.01
	first, again, other := watch(t, 3, 100, 5000, h), watch(t, 3, 100, 5000, h), watch(t, 4, 100, 5000, h)
	if !reflect.DeepEqual(first, again) {
		t.Error("the same seed gives other events")
	}
	if reflect.DeepEqual(first, other) {
		t.Error("another seed gives the same events")
	}
}

func TestRateDoesNotChangeWhatHappens(t *testing.T) {
	slow, fast := New(3).Shoppers(100), New(3).Shoppers(100)
	for i := range 5000 {
		a, b := slow.Next(noon.Add(time.Duration(i)*time.Minute)), fast.Next(noon)
		if string(a.Payload) != string(b.Payload) {
			t.Fatalf("event %d depends on the time:\n%s\n%s", i, a.Payload, b.Payload)
		}
	}
}

func TestRecordsSayWhatTheEventSays(t *testing.T) {
	h := DefaultHabits()
	h.EventTime, h.Odd = true, 0.2
	quoted, bare := 0, 0
	for i, e := range watch(t, 1, 300, 20_000, h) {
		d := decode(t, e)
		if d.SessionID != e.Session || len(e.Session) != 36 {
			t.Fatalf("event %d: session %s, payload %s", i, e.Session, e.Payload)
		}
		last := d.History[len(d.History)-1]
		if last.ProductCode.Value != e.Item || last.Type != e.Type {
			t.Fatalf("event %d is a %v of %s, payload %s", i, e.Type, e.Item, e.Payload)
		}
		if !d.CustomerID.Valid || !d.City.Valid || !d.Country.Valid || !d.CreditLimit.Valid || !last.Quantity.Valid || !last.InCart.Valid {
			t.Fatalf("event %d: a field is missing or has another type: %s", i, e.Payload)
		}
		if !d.EventID.Valid {
			bare++
			if d.EventTime.Valid || last.Price.Valid || e.Type == event.Purchase {
				t.Fatalf("event %d is half bare: %s", i, e.Payload)
			}
		} else if !d.EventTime.Value.Equal(e.Time) || !last.Price.Valid || !last.Category.Valid || !last.Brand.Valid || !last.Currency.Valid {
			t.Fatalf("event %d lacks an optional field: %s", i, e.Payload)
		}
		if strings.Contains(string(e.Payload), `"quantity":"`) {
			quoted++
		}
	}
	if quoted < 6000 || quoted > 14_000 {
		t.Errorf("%d of 20,000 records have a quantity that is a string, want about half", quoted)
	}
	if bare < 1000 || bare > 3500 {
		t.Errorf("%d of 20,000 records are bare, want about one in ten", bare)
	}
}

func TestEventIDsAreUniqueWithinTheSession(t *testing.T) {
	seen := map[string]int{}
	for i, e := range watch(t, 2, 200, 20_000, DefaultHabits()) {
		if d := decode(t, e); d.EventID.Valid {
			key := e.Session + d.EventID.Value
			if before, ok := seen[key]; ok {
				t.Fatalf("events %d and %d have the id %s", before, i, d.EventID.Value)
			}
			seen[key] = i
		}
	}
}

// TestHistories follows each session: its records tell either the newest step or all steps so far, never a mixture.
func TestHistories(t *testing.T) {
	type seen struct{ steps, longest int }
	sessions := map[string]*seen{}
	for i, e := range watch(t, 5, 200, 20_000, Habits{WholeHistory: 0.3}) {
		s := sessions[e.Session]
		if s == nil {
			s = &seen{}
			sessions[e.Session] = s
		}
		s.steps++
		n := len(decode(t, e).History)
		if n != 1 && n != s.steps {
			t.Fatalf("event %d, step %d of its session, tells %d steps", i, s.steps, n)
		}
		if s.steps > 1 && (n > 1) != (s.longest > 1) && s.steps > 2 {
			t.Fatalf("event %d: the session changes its way", i)
		}
		s.longest = max(s.longest, n)
	}
	whole, long := 0, 0
	for _, s := range sessions {
		if s.steps > 1 {
			long++
			if s.longest > 1 {
				whole++
			}
		}
	}
	if share := float64(whole) / float64(long); share < 0.27 || share > 0.33 {
		t.Errorf("%.2f of the sessions tell their whole history, want 0.3", share)
	}
}

func TestLengthsOfSessions(t *testing.T) {
	lengths := map[string]int{}
	events := watch(t, 6, 400, 200_000, DefaultHabits())
	for _, e := range events {
		lengths[e.Session]++
	}
	for _, e := range events[len(events)-20_000:] {
		delete(lengths, e.Session) // may not be at its end
	}
	list := make([]int, 0, len(lengths))
	for _, n := range lengths {
		list = append(list, n)
	}
	slices.Sort(list)
	at := func(q float64) int { return list[int(q*float64(len(list)))] }
	if at(.5) != 3 || at(.75) < 5 || at(.75) > 7 || at(.9) < 9 || at(.9) > 11 || at(.99) < 22 || at(.99) > 32 || at(0) != 1 {
		t.Errorf("lengths p50 %d, p75 %d, p90 %d, p99 %d; want 3, 6, 10, 27", at(.5), at(.75), at(.9), at(.99))
	}
}

func TestCartsAndPurchases(t *testing.T) {
	s := New(9)
	count := map[event.Type]int{}
	last, cart := map[string]Event{}, map[string]bool{}
	for i, e := range watch(t, 9, 300, 50_000, DefaultHabits()) {
		count[e.Type]++
		key := e.Session + e.Item
		switch e.Type {
		case event.Cart:
			if before := last[e.Session]; before.Type != event.View || before.Item != e.Item {
				t.Fatalf("event %d: %s goes into the cart after a %v of %s", i, e.Item, before.Type, before.Item)
			}
			if p, _ := s.Product(e.Item); p.Stock == 0 {
				t.Fatalf("event %d: %s is sold out", i, e.Item)
			}
			cart[key] = true
		case event.Purchase:
			if !cart[key] {
				t.Fatalf("event %d: %s is bought and not in the cart", i, e.Item)
			}
			cart[key] = false
		}
		last[e.Session] = e
	}
	if carts := count[event.Cart]; carts < 2500 || carts > 6000 {
		t.Errorf("%d of 50,000 events are carts, want 5 to 12 %%", carts)
	}
	if bought := count[event.Purchase]; bought < 500 || bought > 2500 {
		t.Errorf("%d of 50,000 events are purchases, want 1 to 5 %%", bought)
	}
}

func TestPlaces(t *testing.T) {
	cities, foreign := map[string]map[string]bool{}, 0
	events := watch(t, 10, 200, 30_000, DefaultHabits())
	perSession := map[string]string{}
	for i, e := range events {
		d := decode(t, e)
		place := d.City.Value + "/" + d.Country.Value
		if before, ok := perSession[e.Session]; ok && before != place {
			t.Fatalf("event %d: the session moves from %s to %s", i, before, place)
		}
		perSession[e.Session] = place
		if cities[d.CustomerID.Value] == nil {
			cities[d.CustomerID.Value] = map[string]bool{}
		}
		cities[d.CustomerID.Value][place] = true
		if len(d.City.Value) != utf8.RuneCountInString(d.City.Value) {
			foreign++
		}
	}
	travellers := 0
	for _, of := range cities {
		if len(of) > 1 {
			travellers++
		}
	}
	if len(cities) < 150 || travellers < 100 {
		t.Errorf("%d of %d customers come from several cities, want most", travellers, len(cities))
	}
	if foreign < len(events)/3 {
		t.Errorf("%d of %d records have a city that is not ASCII, want many", foreign, len(events))
	}
}

func TestOddities(t *testing.T) {
	count := map[string]int{}
	const n = 10_000
	for _, e := range watch(t, 11, 200, n, Habits{Odd: 0.3}) {
		d := decode(t, e)
		switch {
		case d.Extra != "":
			count["unknown field"]++
			if want := `{"referrer":null,"viewport":{"width":1280,"scale":1.25,"touch":[true,"coarse"]}}`; d.Extra != want {
				t.Fatalf("extra fields %s, want %s", d.Extra, want)
			}
		case len(d.History) == 2:
			count["twice"]++
			if !reflect.DeepEqual(d.History[0], d.History[1]) {
				t.Fatalf("payload %s", e.Payload)
			}
		case strings.Contains(string(e.Payload), `\u`):
			count["escaped"]++
			if !slices.Contains(places[:], place{d.City.Value, d.Country.Value}) {
				t.Fatalf("place %s, %s from payload %s", d.City.Value, d.Country.Value, e.Payload)
			}
		}
	}
	for _, kind := range []string{"unknown field", "twice", "escaped"} {
		if count[kind] < n/20 || count[kind] > n/8 {
			t.Errorf("%s in %d of %d records, want about a tenth", kind, count[kind], n)
		}
	}
}

func TestRepeatedAndMalformedRecords(t *testing.T) {
	const n = 20_000
	events := watch(t, 12, 200, n, Habits{Repeated: 0.05, Malformed: 0.03})
	repeated, malformed := 0, 0
	for i, e := range events {
		if i > 0 && reflect.DeepEqual(e, events[i-1]) {
			repeated++
			if &e.Payload[0] == &events[i-1].Payload[0] {
				t.Fatal("a repeated event shares its payload")
			}
		}
		d := event.NewDecoder(event.Options{}).Decode(nil, event.Record{Data: e.Payload})
		if d[0].Err != nil {
			malformed++
			if d[0].Err.Class != event.InvalidJSON {
				t.Fatalf("payload %s is poison as %s", e.Payload, d[0].Err.Class)
			}
		}
	}
	if repeated < n*4/100 || repeated > n*6/100 {
		t.Errorf("%d of %d records are repeated, want 5 %%", repeated, n)
	}
	if malformed < n*2/100 || malformed > n*4/100 {
		t.Errorf("%d of %d records are malformed, want 3 %%", malformed, n)
	}
}

func TestFewShoppers(t *testing.T) {
	for people := 1; people <= 5; people++ {
		open := map[string]bool{}
		for _, e := range watch(t, 13, people, 500, DefaultHabits()) {
			open[decode(t, e).CustomerID.Value] = true
		}
		if len(open) != people {
			t.Errorf("%d customers were seen, want %d", len(open), people)
		}
	}
}

func TestOneSessionPerShopper(t *testing.T) {
	last, lastOf := map[string]int{}, map[string]string{}
	for i, e := range watch(t, 14, 60, 20_000, DefaultHabits()) {
		customer := decode(t, e).CustomerID.Value
		if before := lastOf[customer]; before != e.Session {
			if _, seen := last[e.Session]; seen {
				t.Fatalf("event %d: customer %s goes back to session %s after %s", i, customer, e.Session, before)
			}
		}
		lastOf[customer], last[e.Session] = e.Session, i
	}
}

func TestHabitsAreChecked(t *testing.T) {
	_, err := New(1).ShoppersWith(0, Habits{WholeHistory: -0.1, Odd: 1.1, DriftEvery: -1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"0 shoppers", "WholeHistory", "Odd", "DriftEvery"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if err := DefaultHabits().Validate(); err != nil {
		t.Errorf("default habits: %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Shoppers(0) does not panic")
		}
	}()
	New(1).Shoppers(0)
}

func BenchmarkNext(b *testing.B) {
	for _, people := range []int{100, 10_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			c := New(1).Shoppers(people)
			b.ReportAllocs()
			bytes := 0
			for b.Loop() {
				bytes += len(c.Next(noon).Payload)
			}
			b.ReportMetric(float64(bytes)/float64(b.N), "payload-B")
		})
	}
}
