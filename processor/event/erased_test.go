package event

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestErasedCustomerLeavesNothing decodes what a customer did before and after being erased.
func TestErasedCustomerLeavesNothing(t *testing.T) {
	p := testPrivacy(t)
	id := p.Pseudonym("412")
	d := NewDecoder(Options{Privacy: p, Erased: func(customer string, arrival time.Time) bool { return customer == id && !arrival.After(arrivedAt) }})
	line := func(customer string) string {
		return `{"session_id":"SESSION","customer_number":` + customer + `,"city":"Lund","note":"x","browse_history":[{"product_code":"P1"}]}`
	}
	r := recordOf(line("412") + "\n" + line("413") + "\n" + line(`"412"`))
	r.PartitionKey, r.Arrival = "SESSION", arrivedAt
	events := d.Decode(nil, r)
	if len(events) != 3 || classOf(events[0]) != Erased || events[1].Err != nil || classOf(events[2]) != Erased || events[2].Line != 2 {
		t.Fatalf("got %+v", events)
	}
	for _, e := range []Event{events[0], events[2]} {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, "SESSION") || strings.Contains(text, id) || strings.Contains(text, "Lund") {
			t.Errorf("something is left: %s", text)
		}
		if raw, err := p.Open(e.Raw); err != nil || len(raw) != 0 {
			t.Errorf("raw opens as %q, %v", raw, err)
		}
	}
	if events[1].CustomerID.Value != p.Pseudonym("413") || events[1].PartitionKey != "SESSION" {
		t.Errorf("another customer: %+v", events[1])
	}
	r.Arrival = arrivedAt.Add(time.Millisecond)
	if e := d.Decode(nil, r)[0]; e.Err != nil || e.CustomerID.Value != id {
		t.Errorf("after being erased: %+v", e)
	}
}

var arrivedAt = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func TestKeyring(t *testing.T) {
	p := testPrivacy(t)
	other, err := NewPrivacy(Key{9})
	if err != nil {
		t.Fatal(err)
	}
	k := NewKeyring(p, nil, other)
	got := map[string]string{}
	for id, pseudonym := range k.Pseudonyms("412.0") {
		got[id] = pseudonym
	}
	if len(k.IDs()) != 2 || got[p.KeyID()] != p.Pseudonym("412") || got[other.KeyID()] != other.Pseudonym("412") {
		t.Errorf("pseudonyms %v", got)
	}
	if raw, err := k.Open("", []byte("clear")); err != nil || string(raw) != "clear" {
		t.Errorf("a value in clear: %q, %v", raw, err)
	}
	e := NewDecoder(Options{Privacy: other}).Decode(nil, recordOf(`{"session_id":"s","age":41}`))[0]
	if extra, err := k.OpenExtra(e.KeyID, e.Extra); err != nil || extra != `{"age":41}` {
		t.Errorf("extra %q, %v", extra, err)
	}
	if _, err := k.OpenExtra("none", e.Extra); err == nil {
		t.Error("opened with a key that is not there")
	}
}
