package event

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// swapped understands {"s":…}, and writes what it is told.
type swapped struct {
	text     string
	large    bool
	sessions bool
	shown    int
}

func (s *swapped) Wants(session bool) bool { return !session || s.sessions }

func (s *swapped) Rewrite(text string, conceal func(string) string) (Rewritten, bool) {
	s.shown++
	if !strings.HasPrefix(text, `{"s":`) {
		return Rewritten{}, false
	}
	native := strings.ReplaceAll(s.text, "CUSTOMER", conceal("412"))
	return Rewritten{Format: "swap", Text: []byte(native), Unknown: []string{"a.b"}, TooLarge: s.large}, true
}

// scouts keeps what a Scout is told.
type scouts struct{ told []string }

func (s *scouts) Saw(format string, _ time.Time, unknown []string) {
	s.told = append(s.told, format+" "+strings.Join(unknown, ","))
}

func TestForeignRecordsAreRewritten(t *testing.T) {
	f, seen := &swapped{text: `{"session_id":"n","price":"x","_format":"swap","record":{"a":{"b":1}}}`}, &scouts{}
	d := NewDecoder(Options{Foreign: f, Scout: seen})
	events := d.Decode(nil, recordOf(`{"s":1}`+"\n"+`{"session_id":"s","referrer":1,"browse_history":[{"colour":2}]}`+"\n"+`{"t":1}`+"\n"+`[`))
	if len(events) != 4 || events[0].SessionID != "n" || events[1].SessionID != "s" || events[2].Err == nil || events[2].Err.Class != NoSession {
		t.Fatalf("%+v", events)
	}
	if want := `{"_format":"swap","record":{"a":{"b":1}},"price":"x"}`; events[0].Extra != want {
		t.Errorf("extra %s, want %s", events[0].Extra, want)
	}
	if f.shown != 2 {
		t.Errorf("%d lines were shown, want 2: one of them has a session, one is no JSON", f.shown)
	}
	if want := []string{"swap a.b,price", "streamrec colour,referrer"}; !slices.Equal(seen.told, want) {
		t.Errorf("told %q, want %q", seen.told, want)
	}
	f.sessions = true
	if d.Decode(nil, recordOf(`{"session_id":"s"}`)); f.shown != 3 {
		t.Error("a record with a session was not shown to who wants them")
	}
}

func TestForeignFailuresKeepTheRecord(t *testing.T) {
	for _, f := range []*swapped{{text: `{"session_id":"n"}`, large: true}, {text: `{}`}, {text: `{"session_id":"n","browse_history":7}`}} {
		d := NewDecoder(Options{Foreign: f})
		if e := d.Decode(nil, recordOf(`{"s":1}`))[0]; e.Err == nil || string(e.Raw) != `{"s":1}` {
			t.Errorf("%+v gives %+v", f, e)
		}
	}
}

func TestForeignRecordsAreSealed(t *testing.T) {
	f := &swapped{text: `{"session_id":"CUSTOMER","customer_number":"412","_format":"swap","_event":"x","record":{"mail":"jo"},"browse_history":[{"item":"jo"}]}`}
	p := testPrivacy(t)
	e := NewDecoder(Options{Foreign: f, Privacy: p}).Decode(nil, recordOf(`{"s":1}`))[0]
	if !strings.HasPrefix(e.Extra, `{"_format":"swap","_event":"x","_sealed":"`) || !strings.HasPrefix(e.History[0].Extra, `{"_sealed":"`) {
		t.Errorf("extra %s, of the entry %s", e.Extra, e.History[0].Extra)
	}
	if e.SessionID != p.Pseudonym("412") || e.SessionID != e.CustomerID.Value {
		t.Errorf("session %s of customer %s", e.SessionID, e.CustomerID.Value)
	}
	e = NewDecoder(Options{Privacy: p}).Decode(nil, recordOf(`{"session_id":"s","_format":"jo"}`))[0]
	if !strings.HasPrefix(e.Extra, `{"_sealed":"`) {
		t.Errorf("a native record decides what is in clear: %s", e.Extra)
	}
}
