package event

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// The oracle decodes payloads the slow and obvious way, with encoding/json and big.Rat, in clear and with the default
// limits. It shares no code with the decoder. Its verdict on a text that is no JSON is only that: Err.Class is
// unreadable when more than one class would do.
const unreadable Class = "unreadable"

func oracle(payload []byte, arrival time.Time) []Event {
	if strings.Trim(string(payload), " \t\r\n\ufeff") == "" {
		return []Event{oraclePoison(payload, 0, Empty)}
	}
	trimmed := strings.Trim(string(payload), " \t\r\n\ufeff")
	if class := oracleSyntax(payload); class == "" || !strings.Contains(trimmed, "\n") {
		return []Event{oracleEvent(payload, 0, arrival)}
	}
	var events []Event
	for i, line := range strings.Split(string(payload), "\n") {
		if line = strings.TrimRight(line, "\r"); strings.Trim(line, " \t\r\n\ufeff") != "" {
			events = append(events, oracleEvent([]byte(line), i, arrival))
		}
	}
	return events
}

func oraclePoison(raw []byte, line int, class Class) Event {
	return Event{Line: line, Err: &Error{Class: class}, Raw: raw}
}

// oracleSyntax is empty for a text that can be read.
func oracleSyntax(text []byte) Class {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case !utf8.Valid(text):
		return InvalidUTF8
	case !json.Valid(text):
		return unreadable
	case hasHalfSurrogate(text) && oracleDepth(text) > 64:
		return unreadable
	case hasHalfSurrogate(text):
		return InvalidUTF8
	case oracleDepth(text) > 64:
		return TooDeep
	}
	return ""
}

func oracleDepth(text []byte) int {
	depth, deepest := 0, 0
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		token, err := dec.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

var escapes = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|.)`)

// hasHalfSurrogate looks for escapes that are no character. Between the halves of a pair there must be nothing.
func hasHalfSurrogate(text []byte) bool {
	at := escapes.FindAllIndex(text, -1)
	unit := func(i int) rune {
		if i >= len(at) || at[i][1]-at[i][0] != 6 {
			return 0
		}
		n, _ := strconv.ParseUint(string(text[at[i][0]+2:at[i][1]]), 16, 16)
		return rune(n)
	}
	for i := 0; i < len(at); i++ {
		if !utf16.IsSurrogate(unit(i)) {
			continue
		}
		pair := utf16.DecodeRune(unit(i), unit(i+1)) != utf8.RuneError
		if !pair || at[i][1] != at[i+1][0] {
			return true
		}
		i++
	}
	return false
}

func oracleEvent(text []byte, line int, arrival time.Time) Event {
	if class := oracleSyntax(text); class != "" {
		return oraclePoison(text, line, class)
	}
	var object map[string]json.RawMessage
	body := bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return oraclePoison(text, line, NotObject)
	}
	e := Event{Line: line}
	id, ok := oracleCode(object["session_id"])
	if !ok || id == "" {
		return oraclePoison(text, line, NoSession)
	}
	e.SessionID = id
	delete(object, "session_id")
	if class := e.oracleHistory(object); class != "" {
		return oraclePoison(text, line, class)
	}
	e.EventID = oracleTake(object, "event_id", oracleCode)
	e.EventTime = oracleTake(object, "event_time", oracleTime)
	if t := &e.EventTime; t.Valid {
		arrival := time.UnixMicro(arrival.UnixMicro()).UTC()
		t.Value = slices.MinFunc([]time.Time{t.Value, arrival}, time.Time.Compare)
		t.Value = slices.MaxFunc([]time.Time{t.Value, arrival.Add(-24 * time.Hour)}, time.Time.Compare)
	}
	e.CustomerID = oracleTake(object, "customer_number", oracleCustomer)
	e.City = oracleTake(object, "city", oracleText)
	e.Country = oracleTake(object, "country", oracleText)
	e.CreditLimit = oracleTake(object, "credit_limit", oracleAmount)
	e.Extra = oracleExtra(object)
	return e
}

func (e *Event) oracleHistory(object map[string]json.RawMessage) Class {
	history, present := object["browse_history"]
	present = present && string(history) != "null"
	delete(object, "browse_history")
	if code, ok := object["product_code"]; !present && ok && string(code) != "null" {
		e.History = []Entry{oracleEntry(object)}
		return ""
	}
	if !present {
		return ""
	}
	var elements []json.RawMessage
	if json.Unmarshal(history, &elements) != nil {
		return BadHistory
	}
	e.History = []Entry{}
	for _, element := range elements {
		var entry map[string]json.RawMessage
		if json.Unmarshal(element, &entry) != nil || entry == nil {
			return BadHistory
		}
		x := oracleEntry(entry)
		x.Extra = oracleExtra(entry)
		if e.History = append(e.History, x); len(e.History) > 10_000 {
			return HistoryTooLong
		}
	}
	return ""
}

func oracleEntry(object map[string]json.RawMessage) Entry {
	x := Entry{
		ProductCode: oracleTake(object, "product_code", oracleCode),
		Quantity:    oracleTake(object, "quantity", oracleInteger),
		InCart:      oracleTake(object, "in_shopping_cart", oracleBool),
		Category:    oracleTake(object, "category", oracleCode),
		Brand:       oracleTake(object, "brand", oracleText),
		Price:       oracleTake(object, "price", oracleAmount),
		Currency:    oracleTake(object, "currency", oracleText),
	}
	if x.InCart.Value {
		x.Type = Cart
	}
	types := map[string]Type{"view": View, "cart": Cart, "purchase": Purchase}
	given := oracleTake(object, "event", func(raw json.RawMessage) (Type, bool) {
		name, _ := oracleText(raw)
		t, ok := types[name]
		return t, ok
	})
	if given.Valid {
		x.Type = given.Value
	}
	return x
}

// oracleTake removes what it can convert, and null, so that what is left is extra.
func oracleTake[T any](object map[string]json.RawMessage, name string, convert func(json.RawMessage) (T, bool)) Opt[T] {
	raw, ok := object[name]
	if !ok {
		return Opt[T]{}
	}
	if string(raw) == "null" {
		delete(object, name)
		return Opt[T]{}
	}
	v, ok := convert(raw)
	if !ok {
		return Opt[T]{}
	}
	delete(object, name)
	return Some(v)
}

func oracleExtra(object map[string]json.RawMessage) string {
	if len(object) == 0 {
		return ""
	}
	return canonicalObject(object)
}

// canonicalObject sorts the members; values stay byte for byte.
func canonicalObject(object map[string]json.RawMessage) string {
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(object)) {
		quoted, _ := json.Marshal(name)
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.Write(quoted)
		b.WriteByte(':')
		b.Write(object[name])
	}
	return b.String() + "}"
}

// checkAgainstOracle compares the events of one payload that is neither an aggregate nor gzip.
func checkAgainstOracle(t *testing.T, payload []byte) {
	t.Helper()
	r := recordOf(string(payload))
	got := NewDecoder(Options{}).Decode(nil, r)
	want := oracle(payload, r.Arrival)
	if len(got) != len(want) {
		t.Fatalf("%q: got %d events, want %d", payload, len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if (g.Err == nil) != (w.Err == nil) {
			t.Fatalf("%q: event %d: got error %v, want %v", payload, i, g.Err, w.Err)
		}
		if g.Err != nil && !sameClass(g.Err.Class, w.Err.Class) {
			t.Fatalf("%q: event %d: got class %s, want %s", payload, i, g.Err.Class, w.Err.Class)
		}
		g.Err, w.Err = nil, nil
		w.PartitionKey, w.HashKey = r.PartitionKey, HashOf(r.PartitionKey)
		if g, w := normalized(t, g), normalized(t, w); !reflect.DeepEqual(g, w) {
			t.Fatalf("%q: event %d:\n got %+v\nwant %+v", payload, i, g, w)
		}
	}
}

func sameClass(got, want Class) bool {
	if want == unreadable {
		return slices.Contains([]Class{InvalidJSON, InvalidUTF8, TooDeep, TooManyFields}, got)
	}
	return got == want
}

// normalized sorts the members of Extra, whose order does not matter, and drops what is private.
func normalized(t *testing.T, e Event) Event {
	t.Helper()
	e.spare = nil
	e.Extra = sortedExtra(t, e.Extra)
	if e.Raw != nil && len(e.Raw) == 0 {
		e.Raw = []byte{}
	}
	if e.History != nil {
		e.History = append([]Entry{}, e.History...)
	}
	for i := range e.History {
		e.History[i].Extra = sortedExtra(t, e.History[i].Extra)
	}
	return e
}

func sortedExtra(t *testing.T, extra string) string {
	t.Helper()
	if extra == "" {
		return ""
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(extra), &object); err != nil {
		t.Fatalf("extra %q is no JSON object: %v", extra, err)
	}
	return canonicalObject(object)
}
