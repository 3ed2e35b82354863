package eventfile

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event/mapping"
)

// TestLinesOfOtherFormats reads lines in three formats: bytes stay as they are, sessions and times are found.
func TestLinesOfOtherFormats(t *testing.T) {
	formats, err := mapping.New("auto", nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{
		`{"type":"track","event":"Product Viewed","messageId":"m","anonymousId":"a-1","timestamp":"2026-11-23T09:00:00Z","properties":{"sku":"P1"}}`,
		`{"session_id":"s-1","event_time":1795424400}`,
		`{"client_id":"c","timestamp_micros":1795424400000000,"events":[{"name":"purchase","params":{"session_id":5,"items":[{"item_id":"A"},{"item_id":"B"}]}}]}`,
		`{"type":"track","event":"Order Completed","messageId":"m","userId":"jo@example.com","properties":{"products":[{"sku":"P1"}]}}`,
		`{"metric":"cpu","value":0.7}`,
	}
	r, err := NewReader(strings.NewReader(strings.Join(lines, "\n")), Options{OnMalformed: Skip, Foreign: formats.Reader()})
	if err != nil {
		t.Fatal(err)
	}
	var events []Event
	var malformed *LineError
	for e, err := range r.Events() {
		if err != nil && !errors.As(err, &malformed) {
			t.Fatal(err)
		}
		if err == nil {
			events = append(events, e)
		}
	}
	if len(events) != 4 || malformed == nil || malformed.Line != 5 {
		t.Fatalf("%d events, %v", len(events), malformed)
	}
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for i, e := range events {
		if string(e.Payload) != lines[i] {
			t.Errorf("line %d is put as %s", i, e.Payload)
		}
		if i < 3 && !e.Time.Equal(at) {
			t.Errorf("line %d: time %v", i, e.Time)
		}
	}
	if events[0].Session != "a-1" || events[0].Item != "P1" || events[2].Session != "c.5" || events[2].Item != "B" {
		t.Errorf("%+v", events)
	}
	if s := events[3].Session; !strings.HasPrefix(s, "c-") || strings.Contains(s, "jo@") {
		t.Errorf("the key of a customer is %q", s)
	}
}
