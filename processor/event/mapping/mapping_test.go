package mapping

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

// smallest is a mapping with as little as possible.
const smallest = `{"format":"f","when":{"all":["x"]},"fields":{"session_id":"s"},"item":{"product_code":"p"}}`

func TestMistakesInMappingFilesAreExplained(t *testing.T) {
	if _, err := Parse([]byte(smallest)); err != nil {
		t.Fatalf("the smallest mapping: %v", err)
	}
	with := func(old, text string) string {
		t.Helper()
		if !strings.Contains(smallest, old) {
			t.Fatalf("%s is not there", old)
		}
		return strings.Replace(smallest, old, text, 1)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"empty":               {"", "ends before its JSON"},
		"cut off":             {`{"format":`, "ends before its JSON"},
		"not JSON":            {"{\n\n  ?}", "line 3"},
		"another type":        {"{\"format\":\n7}", "line 2"},
		"unknown member":      {with(`"fields"`, `"felds":{},"fields"`), "felds"},
		"two mappings":        {smallest + smallest, "something follows"},
		"empty list":          {"[]", "0 mappings"},
		"too large":           {strings.Repeat(" ", maxFile) + smallest, "more than"},
		"native name":         {with(`"f"`, `"streamrec"`), "something else"},
		"bad name":            {with(`"f"`, `"F\n"`), "no name of a format"},
		"no condition":        {with(`{"all":["x"]}`, `{"none":["x"]}`), "nothing tells"},
		"no session":          {with(`"session_id"`, `"city"`), "session_id has no source"},
		"no product":          {with(`"product_code"`, `"brand"`), "product_code has no source"},
		"unknown field":       {with(`"session_id":"s"`, `"session_id":"s","colour":"c"`), "colour is none of"},
		"event of an item":    {with(`"p"}`, `"p","event":"e"}`), "event is none of"},
		"unknown unit":        {with(`"s"`, `"s|fortnights"`), "none of us, ns, conceal"},
		"empty step":          {with(`"s"`, `"a..b"`), "no name of a field"},
		"open bracket":        {with(`"s"`, `"a[0"`), "[ without ]"},
		"empty bracket":       {with(`"s"`, `"a[]"`), "neither a number"},
		"negative index":      {with(`"s"`, `"a[-1]"`), "neither a number"},
		"unknown scope":       {with(`"s"`, `"$item.a"`), "no name of a field"},
		"item of the record":  {with(`{"all":["x"]}`, `{"values":{"$event.x":["1"]}}`), "without $ and |"},
		"deep path":           {with(`"s"`, `"`+strings.Repeat("a.", 20)+`a"`), "more than 16 steps"},
		"number as a source":  {with(`"s"`, `7`), "a source is a path"},
		"nested sources":      {with(`"s"`, `[[["s"]]]`), "a source is a path"},
		"many sources":        {with(`"s"`, `["a"`+strings.Repeat(`,"a"`, 40)+`]`), "at most 32"},
		"many joined":         {with(`"s"`, `[["a"`+strings.Repeat(`,"a"`, 40)+`]]`), "at most 8"},
		"unknown step":        {with(`"item"`, `"otherwise":{"step":"look","items":"i"},"item"`), "none of view"},
		"step without items":  {with(`"item"`, `"events":{"e":{"step":"view"}},"item"`), "belong together"},
		"items without step":  {with(`"item"`, `"events":{"e":{"items":"i"}},"item"`), "belong together"},
		"joined items":        {with(`"item"`, `"otherwise":{"step":"view","items":[["a","b"]]},"item"`), "not joined"},
		"joined event":        {with(`"item"`, `"event":[["a","b"]],"item"`), "not joined"},
		"two mistakes at all": {`{"format":"","when":{},"fields":{"session_id":"s"},"item":{}}`, "nothing tells"},
	} {
		if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.want)
		}
	}
}

func TestFormats(t *testing.T) {
	for format, want := range map[string]string{"auto": "streamrec, segment, ga4", "streamrec": "streamrec", "segment": "streamrec, segment", "ga4": "streamrec, ga4"} {
		s, err := New(format, nil)
		if err != nil || s.String() != want {
			t.Errorf("%s: %s, %v", format, s, err)
		}
		if (s.Reader() == nil) != (format == "streamrec") || (s.Makers() == nil) != (format == "streamrec") {
			t.Errorf("%s: a reader where none is needed, or none where one is", format)
		}
	}
	for _, tt := range []struct{ format, own string }{{"custom", ""}, {"segment", smallest}, {"streamrec", smallest}, {"csv", ""}, {"", ""}, {"custom", "{"}} {
		if s, err := New(tt.format, []byte(tt.own)); err == nil {
			t.Errorf("%q with %q: %v", tt.format, tt.own, s)
		}
	}
	if s, err := New("auto", []byte(smallest)); err != nil || s.String() != "streamrec, f, segment, ga4" {
		t.Errorf("%v, %v", s, err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPersonalDataIsSealed decodes an event with an address in its fields, and one whose session is named after the customer.
func TestPersonalDataIsSealed(t *testing.T) {
	p, err := event.NewPrivacy(event.Key{9})
	if err != nil {
		t.Fatal(err)
	}
	d := event.NewDecoder(event.Options{Foreign: mustSet(t, "auto", "").Reader(), Privacy: p})
	e := d.Decode(nil, record(read(t, "testdata/segment/product-added.json")))[0]
	if e.Err != nil || e.CustomerID.Value != p.Pseudonym("jo@example.com") {
		t.Fatalf("customer %q, %v", e.CustomerID.Value, e.Err)
	}
	if strings.Contains(fmt.Sprint(e), "example.com") || strings.Contains(e.Extra, "wrapping") {
		t.Errorf("something is in clear: %+v", e)
	}
	var shown map[string]string
	if err := json.Unmarshal([]byte(e.Extra), &shown); err != nil || shown["_format"] != "segment" || shown["_event"] != "Product Added" || len(shown) != 3 {
		t.Errorf("extra %s, %v", e.Extra, err)
	}
	if opened, err := p.OpenExtra(e.Extra); err != nil || !strings.Contains(opened, `"record":{"type":"track","context":{"traits":{"email":"jo@example.com"}}`) {
		t.Errorf("opened %s, %v", opened, err)
	}
	e = d.Decode(nil, record(read(t, "testdata/segment/order-completed-server.json")))[0]
	if e.SessionID != p.Pseudonym("412") || e.CustomerID.Value != e.SessionID {
		t.Errorf("session %q of a customer", e.SessionID)
	}
	e = d.Decode(nil, record(read(t, "testdata/segment/unknown-event.json")))[0]
	if strings.Contains(e.Extra, "example.com") {
		t.Errorf("the name of an event that nobody knows is in clear: %s", e.Extra)
	}
	e = d.Decode(nil, record([]byte(`{"session_id":"s","_format":"jo@example.com","_event":"jo@example.com"}`)))[0]
	if strings.Contains(e.Extra, "example.com") {
		t.Errorf("a native record shows what it likes: %s", e.Extra)
	}
}

// TestErasedCustomersOfOtherFormats finds them by the pseudonym.
func TestErasedCustomersOfOtherFormats(t *testing.T) {
	d := event.NewDecoder(event.Options{Foreign: mustSet(t, "auto", "").Reader(), Erased: func(id string, _ time.Time) bool { return id == "412" }})
	e := d.Decode(nil, record(read(t, "testdata/ga4/bigquery-purchase.json")))[0]
	if e.Err == nil || e.Err.Class != event.Erased || len(e.Raw) > 0 {
		t.Errorf("%+v", e)
	}
}

func TestNativeRecordsAreNotShownToMappings(t *testing.T) {
	text := []byte(`{"session_id":"s","type":"track","messageId":"m","anonymousId":"a","event":"Product Viewed","product_code":"P"}`)
	for _, format := range []string{"auto", "segment"} {
		d := event.NewDecoder(event.Options{Foreign: mustSet(t, format, "").Reader()})
		if e := d.Decode(nil, record(text))[0]; e.SessionID != "s" || len(e.History) != 1 || strings.Contains(e.Extra, "_format") {
			t.Errorf("%s: %+v", format, e)
		}
	}
	own := `{"format":"f","when":{"all":["session_id","pages"]},"fields":{"session_id":"session_id"},"otherwise":{"step":"view","items":"pages"},"item":{"product_code":"p"}}`
	s, err := New("auto", []byte(own))
	if err != nil {
		t.Fatal(err)
	}
	d := event.NewDecoder(event.Options{Foreign: s.Reader()})
	if e := d.Decode(nil, record([]byte(`{"session_id":"s","pages":[{"p":"A"},{"p":"B"}]}`)))[0]; len(e.History) != 2 {
		t.Errorf("somebody's own mapping does not come first: %+v", e)
	}
}

// TestWrappedPayloads puts several formats into one payload, as lines, compressed and aggregated.
func TestWrappedPayloads(t *testing.T) {
	line := func(path string) string { return strings.ReplaceAll(string(read(t, path)), "\n", "") }
	text := line("testdata/segment/product-viewed.json") + "\n" + `{"session_id":"s-1"}` + "\n" + line("testdata/ga4/bigquery-purchase.json") + "\n" + `{"type":"track"}`
	aggregate, err := event.Aggregate([]event.UserRecord{{PartitionKey: "p", Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"lines": []byte(text), "gzip": gzipped(t, text), "aggregate": aggregate} {
		seen := &scout{}
		d := event.NewDecoder(event.Options{Foreign: mustSet(t, "auto", "").Reader(), Scout: seen})
		events := d.Decode(nil, record(data))
		if len(events) != 4 || events[0].EventID.Value != "ajs-next-2f0c0b6a" || events[1].SessionID != "s-1" || len(events[2].History) != 2 {
			t.Fatalf("%s: %+v", name, events)
		}
		if err := events[3].Err; err == nil || err.Class != event.NoSession || string(events[3].Raw) != `{"type":"track"}` {
			t.Errorf("%s: what no format knows gives %v with raw %s", name, err, events[3].Raw)
		}
		if seen.format != "ga4" {
			t.Errorf("%s: the last format seen is %s", name, seen.format)
		}
	}
}

// TestRepeatedUseIsTheSame decodes different records with one reader in both orders.
func TestRepeatedUseIsTheSame(t *testing.T) {
	one, other := read(t, "testdata/ga4/measurement-several-events.json"), read(t, "testdata/segment/order-completed.json")
	fresh := func(text []byte) string {
		events := event.NewDecoder(event.Options{Foreign: mustSet(t, "auto", "").Reader()}).Decode(nil, record(text))
		return printed(t, &events[0])
	}
	d := event.NewDecoder(event.Options{Foreign: mustSet(t, "auto", "").Reader()})
	for range 3 {
		for _, text := range [][]byte{one, other} {
			events := d.Decode(nil, record(text))
			if got, want := printed(t, &events[0]), fresh(text); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
	}
}

func printed(t *testing.T, e *event.Event) string {
	t.Helper()
	text, err := json.Marshal(readable(e))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNamesThatNeedQuotes has events and fields whose names do.
func TestNamesThatNeedQuotes(t *testing.T) {
	s, err := New("custom", []byte(`{"format":"f","when":{"all":["x"]},"fields":{"session_id":"s\\\""},"event":"e","events":{"\"Bought\"":{"step":"purchase","items":"i"}},"item":{"product_code":"p"}}`))
	if err != nil {
		t.Fatal(err)
	}
	text := `{"x":1,"s\\\"":"one","\u0065":"\u0022Bought\"","i":{"\u0070":"P\"1"},"\u00e5\n":[]}`
	e := event.NewDecoder(event.Options{Foreign: s.Reader(), Scout: &scout{}}).Decode(nil, record([]byte(text)))[0]
	if e.Err != nil || e.SessionID != "one" || len(e.History) != 1 || e.History[0].ProductCode.Value != `P"1` || e.History[0].Type != event.Purchase {
		t.Fatalf("%+v", e)
	}
	var extra struct {
		Event string `json:"_event"`
	}
	if err := json.Unmarshal([]byte(e.Extra), &extra); err != nil || extra.Event != `"Bought"` || !strings.Contains(e.Extra, `"\u00e5\n":[]`) {
		t.Errorf("extra %s, %v", e.Extra, err)
	}
}

// TestReaderKeepsNoRecordAlive looks into what a reader remembers of names: it is bounded, and is none of the records' memory.
func TestReaderKeepsNoRecordAlive(t *testing.T) {
	r := mustSet(t, "auto", "").Reader().(*Reader)
	for i := range 3000 {
		text := fmt.Sprintf(`{"type":"track","messageId":"m","anonymousId":"a","f%d":1,"%s":2,"properties":{"g%d":1}}`, i, strings.Repeat("n", 300+i%7), i)
		if _, ok := r.Rewrite(text, func(c string) string { return c }); !ok {
			t.Fatal(text)
		}
	}
	if len(r.names) > maxPaths || len(r.usual) > maxUsual {
		t.Errorf("%d names, %d places", len(r.names), len(r.usual))
	}
	for n := range r.names {
		if len(n.name) > maxName+2 {
			t.Errorf("a name of %d bytes is kept", len(n.name))
		}
	}
	if len(r.tree.nodes) > 0 || r.tree.text != "" {
		t.Error("the last record is kept")
	}
}
