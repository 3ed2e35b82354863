package mapping

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/streamrec/streamrec/processor/event"
)

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const track = `"type":"track","messageId":"m","anonymousId":"a"`

// TestHostileRecords have too much of something, and become one event each.
func TestHostileRecords(t *testing.T) {
	many := func(text string, n int) string { return strings.TrimSuffix(strings.Repeat(text+",", n), ",") }
	for name, tt := range map[string]struct {
		text  string
		class event.Class
	}{
		"many items":      {`{` + track + `,"event":"Order Completed","properties":{"products":[` + many(`{"product_id":"P"}`, 20_000) + `]}}`, event.HistoryTooLong},
		"many parts":      {`{` + track + `,"event":"Product Viewed","properties":[` + many("1", 10) + `],"context":{` + many(`"x":1`, 140_000) + `}}`, event.TooManyFields},
		"many events":     {`{"client_id":"c","events":[` + many(`{"name":"page_view"}`, 20_000) + `]}`, ""},
		"items of events": {`{"client_id":"c","events":[` + many(`{"name":"view_item","params":{"items":[{"item_id":"A"},{"item_id":"B"}]}}`, 10_000) + `]}`, event.HistoryTooLong},
		"long currency":   {`{` + track + `,"event":"Order Completed","properties":{"currency":"` + strings.Repeat("E", 1<<20) + `","products":[` + many(`{"product_id":"P"}`, 9_000) + `]}}`, ""},
		"long name":       {`{` + track + `,"event":"` + strings.Repeat("x", 1<<20) + `"}`, ""},
		"deep":            {`{` + track + `,"properties":` + strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60) + `}`, ""},
		"odd types":       {`{"type":{},"messageId":[],"anonymousId":7,"event":[],"properties":7,"context":"x","timestamp":{}}`, ""},
		"no item":         {`{` + track + `,"event":"Order Completed","properties":{"products":[1,null,"x",[],{"product_id":[]},{"product_id":""}]}}`, ""},
		"twice":           {`{` + track + `,"anonymousId":"b","anonymousId":"c","event":"Product Viewed","event":"page"}`, ""},
		"only nulls":      {`{"type":null,"messageId":null,"anonymousId":null,"userId":null}`, event.NoSession},
		"two sessions":    {`{"type":"track","messageId":"m","anonymousId":"` + strings.Repeat("a", 2000) + `"}`, event.NoSession},
	} {
		d := event.NewDecoder(event.Options{Foreign: mustSet(t, "auto", "").Reader(), Scout: &scout{}})
		start := time.Now()
		events := d.Decode(nil, record([]byte(tt.text)))
		if len(events) != 1 {
			t.Fatalf("%s: %d events", name, len(events))
		}
		switch e := &events[0]; {
		case tt.class == "" && e.Err != nil, tt.class != "" && (e.Err == nil || e.Err.Class != tt.class):
			t.Errorf("%s: %v, want class %q", name, e.Err, tt.class)
		case e.Err != nil && string(e.Raw) != tt.text:
			t.Errorf("%s: raw is not the record", name)
		case e.Err == nil && len(e.Extra) > 2*len(tt.text)+1000:
			t.Errorf("%s: %d bytes of extra from %d", name, len(e.Extra), len(tt.text))
		}
		t.Logf("%s: %d bytes took %v", name, len(tt.text), time.Since(start))
	}
}

// FuzzRewrite rewrites anything with every mapping: no panic, and of a valid record a valid one, in which everything is that was not null.
func FuzzRewrite(f *testing.F) {
	for _, path := range []string{
		"testdata/segment/product-added.json", "testdata/segment/order-completed.json", "testdata/ga4/bigquery-purchase.json",
		"testdata/ga4/measurement-several-events.json", "testdata/custom/sale.json",
	} {
		f.Add(string(read(f, path)))
	}
	f.Add(`{"type":1,"messageId":2,"userId":"\u0061\"","event":"\ud83d\ude00","properties":{"products":[{"sku":"\\"}]}}`)
	own, err := New("auto", read(f, "testdata/custom/mapping.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			t.Skip()
		}
		r := own.Reader()
		rewritten, ok := r.Rewrite(text, func(c string) string { return c })
		if !ok || !json.Valid([]byte(text)) || !utf8.ValidString(text) || text[0] != '{' {
			return
		}
		if !rewritten.TooLarge && !json.Valid(rewritten.Text) {
			t.Fatalf("%s becomes %s", text, rewritten.Text)
		}
		again, _ := r.Rewrite(text, func(c string) string { return c })
		if first := string(rewritten.Text); string(again.Text) != first {
			t.Fatalf("%s becomes %s, then %s", text, first, again.Text)
		}
		e := event.NewDecoder(event.Options{Foreign: own.Reader()}).Decode(nil, record([]byte(text)))
		if len(e) != 1 || e[0].Err == nil && !strings.Contains(e[0].Extra, `"_format"`) {
			t.Fatalf("%s decodes to %+v", text, e)
		}
	})
}

// FuzzParse reads anything as a mapping file: no panic, and what is accepted rewrites records without one.
func FuzzParse(f *testing.F) {
	f.Add(smallest)
	for _, shipped := range shippedFiles {
		f.Add(string(read(f, "formats/"+shipped.file)))
	}
	text := `{"x":[{"key":"a","value":{"b":"c"}}],"s":{"t":[1,"2"]},"type":"track"}`
	f.Fuzz(func(t *testing.T, file string) {
		mappings, err := Parse([]byte(file))
		if err != nil {
			return
		}
		r := (&Set{mappings: mappings, first: true}).Reader()
		if rewritten, ok := r.Rewrite(text, func(c string) string { return c }); ok && !json.Valid(rewritten.Text) {
			t.Fatalf("%s makes %s", file, rewritten.Text)
		}
	})
}
