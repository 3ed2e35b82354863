package weblog

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/event/mapping"
)

func newTestReader(t testing.TB, rules *Rules) *Reader {
	t.Helper()
	formats, err := mapping.New("auto", nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewReader(rules, formats.Reader(), "salt")
}

const browser = `"https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64)"`

// TestLinesOfAShop reads lines of all kinds with the default rules.
func TestLinesOfAShop(t *testing.T) {
	for name, tt := range map[string]struct {
		line string
		kind Kind
		want string // of the decoded event: session, product, event, quantity
	}{
		"view, cookie":       {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /product/S18_1749 HTTP/1.1" 200 512 ` + browser + ` "theme=dark; sid=s-1"`, Activity, "s-1 S18_1749 view"},
		"view, query":        {`203.0.113.7 - 412 [23/Nov/2026:10:30:00 +0100] "GET /product?id=S18%201749&sid=s-2 HTTP/2.0" 304 - ` + browser, Activity, "s-2 S18 1749 view"},
		"cart":               {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "POST /cart/add?product=P1&quantity=3&sid=s-3 HTTP/1.1" 302 0 ` + browser, Activity, "s-3 P1 cart 3"},
		"purchase":           {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "POST /buy/P%C3%85?sid=s-4 HTTP/1.1" 200 0 ` + browser, Activity, "s-4 PÅ purchase"},
		"common format":      {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /p/P1?sid=s-5 HTTP/1.0" 200 5`, Activity, "s-5 P1 view"},
		"quotes in agent":    {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /p/P1?sid=s-6 HTTP/1.0" 200 5 "-" "a \"strange\" \x41gent"`, Activity, "s-6 P1 view"},
		"style sheet":        {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /style.css HTTP/1.1" 200 512 ` + browser, Other, ""},
		"not found":          {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /product/P1 HTTP/1.1" 404 512 ` + browser, Other, ""},
		"head":               {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "HEAD /product/P1 HTTP/1.1" 200 0 ` + browser, Other, ""},
		"scanner":            {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "\x16\x03\x01" 400 0 "-" "-"`, Other, ""},
		"robot":              {`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /product/P1 HTTP/1.1" 200 512 "-" "Mozilla/5.0 (compatible; Googlebot/2.1)"`, Bot, ""},
		"native":             {`{"session_id":"s-7","browse_history":[{"product_code":"P1"}]}`, Activity, "s-7 P1 view"},
		"native, own id":     {`{"session_id":"s-8","event_id":"own","product_code":"P1"}`, Activity, "s-8 P1 view"},
		"segment":            {`{"type":"track","event":"Product Added","messageId":"m","anonymousId":"a","properties":{"sku":"P1","quantity":2}}`, Activity, "a P1 cart 2"},
		"segment page":       {`{"type":"page","messageId":"m","anonymousId":"a"}`, Activity, "a"},
		"ga4 without id":     {`{"client_id":"c","events":[{"name":"view_item","params":{"items":[{"item_id":"P1"}]}}]}`, Activity, "c P1 view"},
		"nginx json":         {`{"time_iso8601":"2026-11-23T09:30:00+00:00","remote_addr":"203.0.113.7","request":"GET /product/P1 HTTP/1.1","status":"200","http_user_agent":"Mozilla","cookie_sid":"s-9"}`, Activity, "s-9 P1 view"},
		"json access":        {`{"ts":1795426200.5,"method":"POST","path":"/cart/add","query":"product=P1&sid=s-10","status":200,"user_agent":"Mozilla"}`, Activity, "s-10 P1 cart"},
		"json robot":         {`{"request":"GET /product/P1 HTTP/1.1","status":200,"http_user_agent":"AhrefsBot"}`, Bot, ""},
		"metric":             {`{"metric":"cpu","value":0.93,"host":"web-1"}`, Other, ""},
		"message, session":   {`{"level":"info","session_id":"s-1","msg":"logged in"}`, Other, ""},
		"blank":              {"  ", Other, ""},
		"half an object":     {`{"session_id":"s-1"`, Malformed, ""},
		"array":              {`[1]`, Malformed, ""},
		"text":               {`panic: runtime error`, Malformed, ""},
		"not UTF-8":          {"{\"session_id\":\"\xff\"}", Malformed, ""},
		"long session":       {`{"session_id":"` + strings.Repeat("s", 300) + `","product_code":"P"}`, Malformed, ""},
		"history of a wrong": {`{"session_id":"s","browse_history":7}`, Malformed, ""},
	} {
		rec, kind, err := newTestReader(t, Default()).Read([]byte(tt.line), "l-id")
		if kind != tt.kind || (err != nil) != (kind == Malformed) {
			t.Errorf("%s: kind %d, %v, want %d", name, kind, err, tt.kind)
			continue
		}
		if kind != Activity {
			continue
		}
		if got := summary(t, rec); got != tt.want {
			t.Errorf("%s: %q from %s, want %q", name, got, rec.Payload, tt.want)
		}
	}
}

var arrival = time.Date(2026, 11, 23, 9, 31, 0, 0, time.UTC)

func decode(t testing.TB, rec Record) event.Event {
	t.Helper()
	formats, err := mapping.New("auto", nil)
	if err != nil {
		t.Fatal(err)
	}
	events := event.NewDecoder(event.Options{Foreign: formats.Reader()}).Decode(nil, event.Record{Data: rec.Payload, PartitionKey: rec.Key, Arrival: arrival})
	if len(events) != 1 || events[0].Err != nil {
		t.Fatalf("%s decodes to %+v", rec.Payload, events)
	}
	return events[0]
}

func summary(t testing.TB, rec Record) string {
	e := decode(t, rec)
	if rec.Key != e.SessionID {
		t.Errorf("partition key %q, session %q", rec.Key, e.SessionID)
	}
	if id := e.EventID.Value; id != "l-id" && id != "own" && id != "m" {
		t.Errorf("event id %q of %s", id, rec.Payload)
	}
	text := e.SessionID
	for _, h := range e.History {
		text += " " + h.ProductCode.Value + " " + h.Type.String()
		if h.Quantity.Valid {
			text += " " + string(rune('0'+h.Quantity.Value))
		}
	}
	return text
}

func TestRequestsKeepWhatMatters(t *testing.T) {
	r := newTestReader(t, Default())
	line := `203.0.113.7 - 412 [23/Nov/2026:10:30:00 +0100] "GET /product/P1?email=jo@example.com HTTP/2.0" 200 5 "https://example.com/?q=tea" "Mozilla/5.0"`
	rec, kind, err := r.Read([]byte(line), "l-1")
	if kind != Activity || err != nil {
		t.Fatal(kind, err)
	}
	e := decode(t, rec)
	if !e.EventTime.Value.Equal(arrival.Add(-time.Minute)) || e.CustomerID.Value != "412" {
		t.Errorf("%+v", e)
	}
	var extra map[string]any
	if err := json.Unmarshal([]byte(e.Extra), &extra); err != nil || extra["path"] != "/product/P1" || extra["user_agent"] != "Mozilla/5.0" || len(extra) != 4 {
		t.Errorf("extra %s", e.Extra)
	}
	if text := string(rec.Payload) + rec.Key; strings.Contains(text, "203.0") || strings.Contains(text, "jo@") {
		t.Errorf("the address, or a query, is kept: %s", text)
	}
	again, _, _ := r.Read([]byte(line), "l-1")
	other, _, _ := NewReader(Default(), nil, "pepper").Read([]byte(line), "l-1")
	if again.Key != rec.Key || other.Key == rec.Key || !strings.HasPrefix(rec.Key, "v-") {
		t.Errorf("clients are named %s, %s, and %s under another salt", rec.Key, again.Key, other.Key)
	}
}

func TestOwnRules(t *testing.T) {
	rules, err := Parse([]byte(`{
		"session": ["field:who"], "status": ["204"], "bots": ["evil"],
		"activity": [{"path": "/{*}/item/{product_code}", "event": "view"}, {"path": "/thanks/{product_code}/**", "event": "purchase"}],
		"json": {"keep": [{"field": "kind", "in": ["click", "7"]}, {"field": "order.id"}], "drop": [{"field": "user.internal", "in": ["true"]}], "names": {"status": ["code"], "agent": ["a"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := newTestReader(t, rules)
	for line, want := range map[string]Kind{
		`{"kind":"click","who":"s","request":"GET /sv/item/P1 HTTP/1.1","code":204}`:                                                Activity,
		`{"kind":7,"who":"s","request":"GET /thanks/P1/a/b HTTP/1.1","code":204}`:                                                   Activity,
		`{"kind":"click","who":"s","request":"GET /thanks/P1 HTTP/1.1","code":204}`:                                                 Activity,
		`{"kind":"click","who":"s","request":"GET /sv/item/P1 HTTP/1.1","code":200}`:                                                Other,
		`{"kind":"click","who":"s","request":"GET /sv/item/P1 HTTP/1.1","code":204,"user":{"internal":true}}`:                       Other,
		`{"kind":"tick","who":"s","request":"GET /sv/item/P1 HTTP/1.1","code":204}`:                                                 Other,
		`{"kind":"click","request":"GET /sv/item/P1 HTTP/1.1","code":204}`:                                                          Malformed,
		`{"kind":"click","who":"s","a":"An Evil one","request":"GET /sv/item/P1 HTTP/1.1","code":204}`:                              Bot,
		`{"order":{"id":null},"session_id":"s","product_code":"P"}`:                                                                 Other,
		`{"order":{"id":1},"session_id":"s","product_code":"P"}`:                                                                    Activity,
		`{"session_id":"s","product_code":"P"}`:                                                                                     Other,
		`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /sv/item/P1 HTTP/1.1" 204 5 "-" "-"`:                                     Malformed,
		`{"kind":"click","who":"s","request":"GET /sv/item/` + strings.Repeat("P", 300) + ` HTTP/1.1","code":204}`:                  Other,
		`{"kind":"click","who":"s","request":"GET http://shop.example.com/sv/item/P1?x HTTP/1.1","code":204,"u":{"internal":true}}`: Activity,
	} {
		if _, kind, err := r.Read([]byte(line), "l"); kind != want {
			t.Errorf("%s: kind %d, %v, want %d", line, kind, err, want)
		}
	}
}

func TestMistakesInRulesAreExplained(t *testing.T) {
	for text, want := range map[string]string{
		``:                                    "EOF",
		`{}{}`:                                "something follows",
		`{"sesion":[]}`:                       "sesion",
		`{"session":["cookie"]}`:              "has no name",
		`{"session":["ip"]}`:                  "none of cookie",
		`{"status":["2x"]}`:                   "neither like 2xx",
		`{"status":["6xx"]}`:                  "neither like 2xx",
		`{"bots":[""]}`:                       "in every agent",
		`{"json":{"names":{"colour":["c"]}}}`: "colour is none of",
		`{"json":{"keep":[{"in":["c"]}]}}`:    "no name",
		`{"activity":[{"path":"/p/{product_code}","event":"view"}]}`:                             "nothing tells the session",
		`{"session":["client"],"activity":[{"path":"p/{product_code}","event":"view"}]}`:         "begin with /",
		`{"session":["client"],"activity":[{"path":"/p/{product_code}","event":"look"}]}`:        "none of view",
		`{"session":["client"],"activity":[{"path":"/p","event":"view"}]}`:                       "nothing tells the product_code",
		`{"session":["client"],"activity":[{"path":"/**/{product_code}","event":"view"}]}`:       "not at the end",
		`{"session":["client"],"activity":[{"path":"/p-{product_code}","event":"view"}]}`:        "whole part",
		`{"session":["client"],"activity":[{"path":"/{product_code}/{colour}","event":"view"}]}`: "colour is none of",
		`{"session":["client"],"activity":[{"path":"/p","query":{"id":"item"},"event":"view"}]}`: "item is none of",
		strings.Repeat(" ", maxFile+1): "more than",
		`{"methods":["` + strings.Repeat(`GET","`, maxEntries+1) + `"],"session":[],"status":[]}`: "more than",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %q", text, err, want)
		}
	}
}

// FuzzRead reads anything: no panic, and an activity is a record that workers can read, of the session that is its key.
func FuzzRead(f *testing.F) {
	f.Add(`203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /product/S18?sid=s HTTP/1.1" 200 512 "-" "Moz\"illa" "sid=s-1"`)
	f.Add(`{"request":"GET /product/P1 HTTP/1.1","status":200,"cookie_sid":"s","ts":"1e300"}`)
	f.Add(`{"session_id":1,"product_code":2}`)
	f.Add(`{ }`)
	f.Add(`{"type":"track","event":"Product Added","messageId":7,"anonymousId":"a","properties":{"sku":"P1"}}`)
	r := newTestReader(f, Default())
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n") {
			return
		}
		rec, kind, _ := r.Read([]byte(line), "l-id")
		if kind != Activity {
			return
		}
		e := decode(t, rec)
		if e.SessionID != rec.Key || !e.EventID.Valid {
			t.Fatalf("%q: key %q, session %q, id %v of %s", line, rec.Key, e.SessionID, e.EventID, rec.Payload)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for name, line := range map[string]string{
		"combined": `203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /product/S18_1749 HTTP/1.1" 200 512 ` + browser + ` "theme=dark; sid=s-1"`,
		"other":    `203.0.113.7 - - [23/Nov/2026:09:30:00 +0000] "GET /style.css HTTP/1.1" 200 512 ` + browser,
		"native":   `{"session_id":"s-7","event_id":"e","browse_history":[{"product_code":"P1","quantity":1}]}`,
		"metric":   `{"metric":"cpu","value":0.93,"host":"web-1"}`,
	} {
		b.Run(name, func(b *testing.B) {
			r := newTestReader(b, Default())
			b.ReportAllocs()
			for b.Loop() {
				if _, kind, err := r.Read([]byte(line), "l-id"); kind == Malformed {
					b.Fatal(err)
				}
			}
		})
	}
}
