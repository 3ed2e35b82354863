package mapping

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

var update = flag.Bool("update", false, "write what the examples become")

// arrival is that of all records here.
var arrival = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// entry and decoded are an event as people read it.
type entry struct {
	Event    string          `json:"event"`
	Product  string          `json:"product_code"`
	Quantity *int64          `json:"quantity,omitempty"`
	InCart   *bool           `json:"in_shopping_cart,omitempty"`
	Category string          `json:"category,omitempty"`
	Brand    string          `json:"brand,omitempty"`
	Price    string          `json:"price,omitempty"`
	Currency string          `json:"currency,omitempty"`
	Extra    json.RawMessage `json:"extra,omitempty"`
}

type decoded struct {
	Session  string          `json:"session_id"`
	ID       string          `json:"event_id,omitempty"`
	Time     *time.Time      `json:"event_time,omitempty"`
	Customer string          `json:"customer_id,omitempty"`
	City     string          `json:"city,omitempty"`
	Country  string          `json:"country,omitempty"`
	History  []entry         `json:"browse_history"`
	Extra    json.RawMessage `json:"extra,omitempty"`
	Unknown  []string        `json:"unknown_fields,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func readable(e *event.Event) decoded {
	d := decoded{
		Session: e.SessionID, ID: e.EventID.Value, Time: e.EventTime.Ptr(), Customer: e.CustomerID.Value, City: e.City.Value, Country: e.Country.Value,
		Extra: json.RawMessage(e.Extra),
	}
	if e.Err != nil {
		d.Error = e.Err.Error()
	}
	if e.History != nil {
		d.History = []entry{}
	}
	for i := range e.History {
		x := &e.History[i]
		y := entry{
			Event: x.Type.String(), Product: x.ProductCode.Value, Quantity: x.Quantity.Ptr(), InCart: x.InCart.Ptr(), Category: x.Category.Value,
			Brand: x.Brand.Value, Currency: x.Currency.Value, Extra: json.RawMessage(x.Extra),
		}
		if x.Price.Valid {
			y.Price = x.Price.Value.String()
		}
		d.History = append(d.History, y)
	}
	return d
}

// scout keeps what it is told last.
type scout struct {
	format  string
	unknown []string
}

func (s *scout) Saw(format string, _ time.Time, unknown []string) {
	s.format, s.unknown = format, append([]string(nil), unknown...)
}

func mustSet(t testing.TB, format, own string) *Set {
	t.Helper()
	var data []byte
	if own != "" {
		var err error
		if data, err = os.ReadFile(own); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(format, data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func record(text []byte) event.Record {
	return event.Record{SequenceNumber: "1", PartitionKey: "p", Arrival: arrival, Data: text}
}

// TestExamples decodes the examples of each format, alone and among all, and compares with what they should become.
func TestExamples(t *testing.T) {
	for folder, formats := range map[string][]string{"segment": {"segment", "auto"}, "ga4": {"ga4", "auto"}, "custom": {"custom", "auto"}} {
		for _, format := range formats {
			own := ""
			if folder == "custom" {
				own = "testdata/custom/mapping.json"
			}
			seen := &scout{}
			d := event.NewDecoder(event.Options{Foreign: mustSet(t, format, own).Reader(), Scout: seen})
			files, err := filepath.Glob("testdata/" + folder + "/*.json")
			if err != nil || len(files) < 3 {
				t.Fatalf("%d examples, %v", len(files), err)
			}
			for _, path := range files {
				if path == own || strings.HasSuffix(path, ".want.json") {
					continue
				}
				t.Run(format+"/"+strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) { example(t, d, seen, path) })
			}
		}
	}
}

func example(t *testing.T, d *event.Decoder, seen *scout, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	*seen = scout{}
	events := d.Decode(nil, record(text))
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	out := readable(&events[0])
	out.Unknown = seen.unknown
	got, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	wanted := strings.TrimSuffix(path, ".json") + ".want.json"
	if *update {
		if err := os.WriteFile(wanted, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s becomes\n%s", path, got)
	}
}
