package event

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// decodeOne decodes a payload that must become one event.
func decodeOne(t *testing.T, o Options, payload string) Event {
	t.Helper()
	events := NewDecoder(o).Decode(nil, recordOf(payload))
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	return events[0]
}

// decodeValid decodes a payload that must become one valid event.
func decodeValid(t *testing.T, payload string) Event {
	t.Helper()
	e := decodeOne(t, Options{}, payload)
	if e.Err != nil {
		t.Fatalf("decode %s: %v", payload, e.Err)
	}
	return e
}

func TestDecodeAllFields(t *testing.T) {
	got := decodeValid(t, `{"session_id":"s-1","customer_number":7,"city":"Lule\u00e5","country":"Sverige","credit_limit":"500.25",
		"event_id":"e-9","event_time":"2026-11-23T10:00:00+01:00","referrer":{"a":9007199254740993},
		"browse_history":[{"product_code":"P1","quantity":"2","in_shopping_cart":true,"event":"purchase","category":12,
			"brand":"Acme","price":9.95,"currency":"EUR","size":"XL"}, {}]}`)
	want := Event{
		PartitionKey: "a9f5b2f4-54a4-4ad5-9e60-fd8e4d5f5b0a",
		HashKey:      HashOf("a9f5b2f4-54a4-4ad5-9e60-fd8e4d5f5b0a"),
		SessionID:    "s-1",
		EventID:      Some("e-9"),
		EventTime:    Some(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		CustomerID:   Some("7"),
		City:         Some("Luleå"),
		Country:      Some("Sverige"),
		CreditLimit:  Some(Decimal(500_2500)),
		History: []Entry{{
			ProductCode: Some("P1"), Quantity: Some[int64](2), InCart: Some(true), Type: Purchase, Category: Some("12"),
			Brand: Some("Acme"), Price: Some(Decimal(9_9500)), Currency: Some("EUR"), Extra: `{"size":"XL"}`,
		}, {}},
		Extra: `{"referrer":{"a":9007199254740993}}`,
	}
	got.spare = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestDecodeHistoryPresence(t *testing.T) {
	for _, test := range []struct {
		name, fields string
		want         []Entry
	}{
		{"missing", `"city":"x"`, nil},
		{"null", `"browse_history":null`, nil},
		{"empty", `"browse_history":[]`, []Entry{}},
		{"single step", `"product_code":"P","quantity":1`, []Entry{{ProductCode: Some("P"), Quantity: Some[int64](1)}}},
		{"single step beside null", `"browse_history":null,"product_code":"P"`, []Entry{{ProductCode: Some("P")}}},
		{"array before step", `"browse_history":[{}],"product_code":"P"`, []Entry{{}}},
		{"last of equal names", `"browse_history":7,"browse_history":[{"quantity":1,"quantity":2}]`, []Entry{{Quantity: Some[int64](2)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := decodeValid(t, `{"session_id":"s",`+test.fields+`}`)
			if !reflect.DeepEqual(e.History, test.want) {
				t.Errorf("got %+v, want %+v", e.History, test.want)
			}
		})
	}
}

func TestDecodeKeepsWhatHasNoColumn(t *testing.T) {
	for _, test := range []struct{ name, payload, want string }{
		{"unknown", `{"session_id":"s","b": 1.50 ,"a":null}`, `{"b":1.50,"a":null}`},
		{"wrong type", `{"session_id":"s","city":["Lund"],"customer_number":{"id":5}}`, `{"customer_number":{"id":5},"city":["Lund"]}`},
		{"wrong type at last", `{"session_id":"s","city":"Lund","city":7}`, `{"city":7}`},
		{"right type at last", `{"session_id":"s","city":7,"city":"Lund"}`, ``},
		{"last of unknown", `{"session_id":"s","x":1,"y":2,"\u0078":3}`, `{"\u0078":3,"y":2}`},
		{"inexact amount", `{"session_id":"s","credit_limit":0.00001}`, `{"credit_limit":0.00001}`},
		{"too large", `{"session_id":"s","credit_limit":100000000000000}`, `{"credit_limit":100000000000000}`},
		{"too large to be a number", `{"session_id":"s","credit_limit":1e999}`, `{"credit_limit":1e999}`},
		{"quoted NaN", `{"session_id":"s","credit_limit":"NaN"}`, `{"credit_limit":"NaN"}`},
		{"entry fields beside a history", `{"session_id":"s","browse_history":[],"price":1,"event":"view"}`, `{"event":"view","price":1}`},
		{"entry fields without product", `{"session_id":"s","quantity":null}`, `{"quantity":null}`},
		{"step", `{"session_id":"s","product_code":"P","price":"cheap","y":1}`, `{"y":1,"price":"cheap"}`},
		{"time", `{"session_id":"s","event_time":"yesterday"}`, `{"event_time":"yesterday"}`},
		{"long text", `{"session_id":"s","city":"` + strings.Repeat("x", 1025) + `"}`, `{"city":"` + strings.Repeat("x", 1025) + `"}`},
		{"longest text", `{"session_id":"s","city":"` + strings.Repeat("x", 1024) + `"}`, ``},
		{"other case", `{"session_id":"s","City":"Lund"}`, `{"City":"Lund"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if e := decodeValid(t, test.payload); e.Extra != test.want {
				t.Errorf("got %s, want %s", e.Extra, test.want)
			}
		})
	}
}

func TestDecodeManyExtraMembers(t *testing.T) {
	var b strings.Builder
	for range 3 {
		for i := range 2 * indexFrom {
			b.WriteString(`,"m` + strings.Repeat("x", i) + `":` + Decimal(10_000*b.Len()).String())
		}
	}
	e := decodeValid(t, `{"session_id":"s"`+b.String()+`}`)
	if got := strings.Count(e.Extra, ":"); got != 2*indexFrom {
		t.Errorf("extra has %d members, want each of %d names once", got, 2*indexFrom)
	}
}

func TestDecodeTypes(t *testing.T) {
	for _, test := range []struct {
		fields string
		want   Type
		extra  string
	}{
		{`"x":0`, View, `{"x":0}`},
		{`"in_shopping_cart":false`, View, ``},
		{`"in_shopping_cart":"True"`, Cart, ``},
		{`"in_shopping_cart":1`, Cart, ``},
		{`"in_shopping_cart":true,"event":"view"`, View, ``},
		{`"in_shopping_cart":false,"event":"purchase"`, Purchase, ``},
		{`"in_shopping_cart":true,"event":"remove_from_cart"`, Cart, `{"event":"remove_from_cart"}`},
		{`"in_shopping_cart":"maybe","event":null`, View, `{"in_shopping_cart":"maybe"}`},
	} {
		x := decodeValid(t, `{"session_id":"s","browse_history":[{`+test.fields+`}]}`).History[0]
		if x.Type != test.want || x.Extra != test.extra {
			t.Errorf("%s: got %s and %s, want %s and %s", test.fields, x.Type, x.Extra, test.want, test.extra)
		}
	}
}

func TestDecodeIdentifiers(t *testing.T) {
	for _, test := range []struct{ value, session, customer string }{
		{`"412"`, "412", "412"},
		{`412`, "412", "412"},
		{`412.0`, "412", "412"},
		{`4.12e2`, "412", "412"},
		{`"412.0"`, "412.0", "412"},
		{`"0412"`, "0412", "0412"},
		{`-0`, "0", "0"},
		{`9007199254740993`, "9007199254740993", "9007199254740993"},
		{`123456789012345678901234567890`, "123456789012345678901234567890", "123456789012345678901234567890"},
		{`1e400`, "1e400", "1e400"},
		{`0.5`, "0.5", "0.5"},
		{`" 412"`, " 412", " 412"},
		{`"a\u0000b"`, "a\x00b", "a\x00b"},
	} {
		e := decodeValid(t, `{"session_id":`+test.value+`,"customer_number":`+test.value+`}`)
		if e.SessionID != test.session || e.CustomerID != Some(test.customer) {
			t.Errorf("%s: got %q and %q, want %q and %q", test.value, e.SessionID, e.CustomerID.Value, test.session, test.customer)
		}
	}
}

func TestDecodeEventTime(t *testing.T) {
	second := arrival.Truncate(time.Second)
	for _, test := range []struct {
		value string
		want  time.Time
	}{
		{`"2026-11-23T09:30:00Z"`, second},
		{`"2026-11-23T10:30:00.0001239+01:00"`, second.Add(123 * time.Microsecond)},
		{`1795426200`, second},
		{`"1795426200"`, second},
		{`1795426200.000123`, second.Add(123 * time.Microsecond)},
		{`1795426200.0001239999`, second.Add(123 * time.Microsecond)},
		{`1795426200000`, second},
		{`1795426200000.5`, second.Add(500 * time.Microsecond)},
		{`"2026-11-24T09:30:00Z"`, arrival},
		{`"2026-11-23T09:30:00.123457Z"`, arrival},
		{`0`, arrival.Add(-24 * time.Hour)},
		{`-1e11`, arrival.Add(-24 * time.Hour)},
		{`99999999999999`, arrival},
		{`"2026-11-22T09:30:00Z"`, arrival.Add(-24 * time.Hour)},
	} {
		e := decodeValid(t, `{"session_id":"s","event_time":`+test.value+`}`)
		if !e.EventTime.Valid || !e.EventTime.Value.Equal(test.want) || e.EventTime.Value.Location() != time.UTC {
			t.Errorf("%s: got %v, want %v", test.value, e.EventTime, test.want)
		}
	}
}

func TestDecodeLines(t *testing.T) {
	const first, second = `{"session_id":"a"}`, `{"session_id":"b"}`
	for _, test := range []struct {
		name, payload string
		want          []string // per event: line:session or line:class
	}{
		{"one line", first, []string{"0:a"}},
		{"line break at the end", first + "\r\n", []string{"0:a"}},
		{"two", first + "\n" + second, []string{"0:a", "1:b"}},
		{"blank lines between", "\n\r\n" + first + "\n \t\n" + second + "\n\n", []string{"2:a", "4:b"}},
		{"a bad one", first + "\n{]\n" + second, []string{"0:a", "1:invalid_json", "2:b"}},
		{"the first bad", "{\n" + second, []string{"0:invalid_json", "1:b"}},
		{"bad UTF-8 spoils its line", first + "\n\"\xff\"\n" + second, []string{"0:a", "1:invalid_utf8", "2:b"}},
		{"other faults", first + "\n5\n{}", []string{"0:a", "1:not_an_object", "2:no_session"}},
		{"pretty-printed", "{\n \"session_id\":\n \"a\"\n}\n", []string{"0:a"}},
		{"pretty-printed poison", "{\n \"city\":\n \"a\"\n}\n", []string{"0:no_session"}},
		{"pretty-printed array", "[\n" + first + "\n]", []string{"0:not_an_object"}},
		{"byte order marks", "\ufeff" + first + "\n\ufeff" + second, []string{"0:a", "1:b"}},
		{"byte order mark on one", "\ufeff" + first, []string{"0:a"}},
		{"no line break between", first + second, []string{"0:invalid_json"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, payload := range []string{test.payload, gzipped(test.payload)} {
				var got []string
				for _, e := range NewDecoder(Options{}).Decode(nil, recordOf(payload)) {
					got = append(got, Decimal(e.Line*10_000).String()+":"+e.SessionID+string(classOf(e)))
				}
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
		})
	}
}

func classOf(e Event) Class {
	if e.Err == nil {
		return ""
	}
	return e.Err.Class
}

func TestDecodeAppends(t *testing.T) {
	d := NewDecoder(Options{})
	events := d.Decode(nil, recordOf(`{"session_id":"a","browse_history":[{"product_code":"P"}]}`))
	events = d.Decode(events, recordOf(`{"session_id":"b","browse_history":[{"product_code":"Q"}]}`))
	events = d.Decode(events, recordOf(`{`))
	if len(events) != 3 || events[0].SessionID != "a" || events[0].History[0].ProductCode.Value != "P" ||
		events[1].History[0].ProductCode.Value != "Q" || events[2].Err == nil {
		t.Errorf("got %+v", events)
	}
}

func TestDecodeReusesHistories(t *testing.T) {
	d, r := NewDecoder(Options{}), recordOf(strings.Replace(typical, `\u00e5`, "å", 1))
	events := d.Decode(nil, r)
	allocs := testing.AllocsPerRun(100, func() { events = d.Decode(events[:0], r) })
	if allocs > 1 {
		t.Errorf("%v allocations per record, want only the copy of the payload", allocs)
	}
	events = d.Decode(events[:0], recordOf(`{"session_id":"s","city":null}`))
	if e := events[0]; e.History != nil || e.City.Valid || e.CreditLimit.Valid || e.CustomerID.Valid {
		t.Errorf("a reused event shows its past: %+v", e)
	}
}

func TestDecodeSharesNoMemoryWithData(t *testing.T) {
	aggregated, err := Aggregate([]UserRecord{{PartitionKey: "p", Data: []byte(typical)}, {PartitionKey: "q", Data: []byte("{")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{typical, "{", gzipped(typical), gzipped("{"), "\x1f\x8b", string(aggregated), aggregateMagic} {
		r := recordOf(payload)
		events := NewDecoder(Options{}).Decode(nil, r)
		clear(r.Data)
		want := NewDecoder(Options{}).Decode(nil, recordOf(payload))
		if !reflect.DeepEqual(events, want) {
			t.Errorf("%.20q: the events changed with the data of their record", payload)
		}
	}
}

func TestOptPtr(t *testing.T) {
	none, some := Opt[int]{Value: 1}, Some(0)
	if none.Ptr() != nil || some.Ptr() != &some.Value {
		t.Errorf("Ptr of an absent value is %v, of a present one %v", none.Ptr(), some.Ptr())
	}
}

func TestTypeNames(t *testing.T) {
	for _, typ := range []Type{View, Cart, Purchase} {
		if got, ok := ParseType(typ.String()); !ok || got != typ {
			t.Errorf("ParseType(%q) = %v, %v", typ, got, ok)
		}
	}
	if _, ok := ParseType("other"); ok {
		t.Error("ParseType accepts another name")
	}
	if View >= Cart || Cart >= Purchase {
		t.Error("types are not in the order of their strength")
	}
}

func TestFieldNames(t *testing.T) {
	for f := unknown + 1; f < fieldCount; f++ {
		if fieldOf(names[f]) != f {
			t.Errorf("fieldOf(%q) is not %d", names[f], f)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, test := range []struct {
		text string
		want Decimal
		ok   bool
	}{
		{"0", 0, true},
		{"-0.0", 0, true},
		{"9.95", 9_9500, true},
		{"-0.0001", -1, true},
		{"0.00010000", 1, true},
		{"1e-4", 1, true},
		{"99999999999999.9999", 999_999_999_999_999_999, true},
		{"-99999999999999.9999", -999_999_999_999_999_999, true},
		{"100000000000000", 0, false},
		{"0.00001", 0, false},
		{"1e14", 0, false},
		{"1E+13", 1e17, true},
		{"0.0000000000000000000000000001e28", 1_0000, true},
		{"1000000000000000000000000e-24", 1_0000, true},
		{"12345678901234567890e-19", 0, false},
		{"0e999999999999999999999", 0, true},
		{"1e999999999999999999999", 0, false},
		{"1e-999999999999999999999", 0, false},
		{"", 0, false},
		{"-", 0, false},
		{"1.", 0, false},
		{".5", 0, false},
		{"+1", 0, false},
		{"01", 0, false},
		{"1e", 0, false},
		{"1 ", 0, false},
		{"NaN", 0, false},
		{"Infinity", 0, false},
		{"0x10", 0, false},
		{"1_000", 0, false},
	} {
		if got, ok := ParseDecimal(test.text); got != test.want || ok != test.ok {
			t.Errorf("ParseDecimal(%q) = %d, %v; want %d, %v", test.text, got, ok, test.want, test.ok)
		}
	}
	for text, d := range map[string]Decimal{
		"0": 0, "9.95": 9_9500, "-3": -3_0000, "-0.0001": -1, "0.01": 100, "-922337203685477.5808": math.MinInt64, "99999999999999.9999": 1e18 - 1,
	} {
		if got := d.String(); got != text {
			t.Errorf("Decimal(%d).String() = %s, want %s", int64(d), got, text)
		}
	}
}
