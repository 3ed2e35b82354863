package table

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

var arrival = time.Date(2026, 11, 23, 9, 30, 0, 123_456_000, time.UTC)

func eventsOf(t testing.TB, payload string) (event.Record, []event.Event) {
	t.Helper()
	r := event.Record{SequenceNumber: "49590338271490256608", PartitionKey: "p", Arrival: arrival, Data: []byte(payload)}
	return r, event.NewDecoder(event.Options{}).Decode(nil, r)
}

func TestFromEvent(t *testing.T) {
	r, events := eventsOf(t, `{"session_id":"s","event_id":"","event_time":"2026-11-23T09:00:00Z","customer_number":7,"city":"Luleå",
		"credit_limit":500.25,"x":1,"browse_history":[{"product_code":"P","quantity":"2","in_shopping_cart":true,"event":"purchase",
		"category":"a","brand":"","price":9.95,"currency":"EUR","y":null},{}]}`)
	var row Row
	FromEvent(&row, "shardId-000000000003", &r, &events[0])
	want := Row{
		ShardID:        "shardId-000000000003",
		SequenceNumber: strings.Repeat("0", 36) + "49590338271490256608",
		PartitionKey:   "p", ArrivalTime: arrival, EventTime: new(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		EventID: new(""), SessionID: new("s"), CustomerID: new("7"), City: new("Luleå"), CreditLimit: new(int64(5_002_500)),
		Extra: new(`{"x":1}`),
		BrowseHistory: []Entry{{
			ProductCode: new("P"), Quantity: new(int64(2)), InShoppingCart: new(true), Event: new("purchase"), Category: new("a"),
			Brand: new(""), Price: new(int64(99_500)), Currency: new("EUR"), Extra: new(`{"y":null}`),
		}, {Event: new("view")}},
	}
	sameRows(t, []Row{row}, []Row{want})
	sameRows(t, readFile(t, writeFile(t, Options{}, []Row{row}, nil)), []Row{want})
}

func TestFromEventKeepsAbsenceApart(t *testing.T) {
	for _, test := range []struct {
		payload string
		want    []Entry
	}{
		{`{"session_id":"s"}`, nil},
		{`{"session_id":"s","browse_history":[]}`, []Entry{}},
	} {
		for _, row := range []Row{{}, {BrowseHistory: make([]Entry, 3)}} {
			r, events := eventsOf(t, test.payload)
			FromEvent(&row, "s", &r, &events[0])
			if len(row.BrowseHistory) != 0 || (row.BrowseHistory == nil) != (test.want == nil) {
				t.Errorf("%s: history is %#v", test.payload, row.BrowseHistory)
			}
		}
	}
}

func TestFromPoison(t *testing.T) {
	for _, payload := range []string{"", "{", "{}\n{}\n"} {
		r, events := eventsOf(t, payload)
		r.SequenceNumber = strings.Repeat("9", 60)
		for i := range events {
			row := Row{BrowseHistory: make([]Entry, 2), City: new("of an earlier event")}
			FromEvent(&row, "s", &r, &events[i])
			got := readFile(t, writeFile(t, Options{}, []Row{row}, nil))[0]
			want := Row{
				ShardID: "s", SequenceNumber: r.SequenceNumber, Line: int32(events[i].Line), PartitionKey: "p", ArrivalTime: arrival,
				Error: new(events[i].Err.Error()), Raw: new(events[i].Raw),
			}
			sameRows(t, []Row{got}, []Row{want})
		}
	}
}

func TestFromEventOfAggregate(t *testing.T) {
	data, err := event.Aggregate([]event.UserRecord{
		{PartitionKey: "a", ExplicitHashKey: "7", Data: []byte(`{"session_id":"s"}`)},
		{PartitionKey: "b", Data: []byte("{\"session_id\":\"s\"}\n{\"session_id\":\"t\"}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, events := eventsOf(t, string(data))
	rows := make([]Row, len(events))
	for i := range events {
		FromEvent(&rows[i], "s", &r, &events[i])
	}
	row := func(sub, line int32, key, session string, hashKey *string) Row {
		return Row{
			ShardID: "s", SequenceNumber: padded(r.SequenceNumber), SubSequence: sub, Line: line, PartitionKey: key,
			ExplicitHashKey: hashKey, ArrivalTime: arrival, SessionID: &session,
		}
	}
	want := []Row{row(0, 0, "a", "s", new("7")), row(1, 0, "b", "s", nil), row(1, 1, "b", "t", nil)}
	sameRows(t, readFile(t, writeFile(t, Options{}, rows, nil)), want)
	for i, f := range readFacts(t, writeFile(t, Options{}, rows, nil)) {
		if f.HashKey() != events[i].HashKey {
			t.Errorf("fact %d has the hash key %x, its event %x", i, f.HashKey(), events[i].HashKey)
		}
	}
}

func TestFromEventAllocatesNothing(t *testing.T) {
	r, events := eventsOf(t, `{"session_id":"s","city":"c","browse_history":[{"product_code":"P"},{"product_code":"Q"}]}`)
	r.SequenceNumber = strings.Repeat("4", 56)
	var row Row
	if allocs := testing.AllocsPerRun(100, func() { FromEvent(&row, "s", &r, &events[0]) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestTypeNames(t *testing.T) {
	for typ := range event.Purchase + 1 {
		if typeNames[typ] != typ.String() {
			t.Errorf("type %d is called %q", typ, typeNames[typ])
		}
	}
}

// TestToEventIsTheInverse reads rows of every kind, and makes the same rows of the events that come out.
func TestToEventIsTheInverse(t *testing.T) {
	aggregate, err := event.Aggregate([]event.UserRecord{
		{PartitionKey: "a", ExplicitHashKey: "7", Data: []byte(`{"session_id":"s","browse_history":[{"product_code":"P"}]}`)},
		{PartitionKey: "b", Data: []byte("{\"session_id\":\"s\"}\n{\n{\"session_id\":\"t\",\"browse_history\":[]}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	privacy, err := event.NewPrivacy(event.Key{7})
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{
		`{"session_id":"s","event_id":"","event_time":"2026-11-23T09:00:00Z","customer_number":7,"city":"Luleå","country":"","credit_limit":0,"x":1,
			"browse_history":[{"product_code":"P","quantity":"0","in_shopping_cart":false,"event":"purchase","category":"a","brand":"","price":9.95,"currency":"EUR","y":null},{}]}`,
		`{"session_id":"s","browse_history":[]}`, `{"session_id":"s"}`, "", "{", "null", string(aggregate), "\x1f\x8b",
	} {
		for _, p := range []*event.Privacy{nil, privacy} {
			for _, erased := range []bool{false, true} {
				r := event.Record{SequenceNumber: "49590338271490256608", PartitionKey: "p", Arrival: arrival, Data: []byte(payload)}
				decoder := event.NewDecoder(event.Options{Privacy: p, Erased: func(string, time.Time) bool { return erased }})
				requireInverse(t, r, decoder.Decode(nil, r))
			}
		}
	}
}

func requireInverse(t *testing.T, r event.Record, events []event.Event) {
	t.Helper()
	rows := make([]Row, len(events))
	for i := range events {
		FromEvent(&rows[i], "s", &r, &events[i])
	}
	again := make([]Row, len(rows))
	var e event.Event // whose storage is used again
	for i, row := range readInput(t, writeFile(t, Options{}, rows, nil)) {
		record, err := ToEvent(&e, &row)
		if err != nil {
			t.Fatal(err)
		}
		if record.SequenceNumber != r.SequenceNumber || e.HashKey != events[i].HashKey && e.PartitionKey != "" {
			t.Fatalf("row %d is of record %s, its event has the hash key %x; want %s, %x", i, record.SequenceNumber, e.HashKey, r.SequenceNumber, events[i].HashKey)
		}
		FromEvent(&again[i], "s", &record, &e)
		sameRows(t, again[i:i+1], readFile(t, writeFile(t, Options{}, rows[i:i+1], nil)))
	}
}

func readInput(t *testing.T, file []byte) (rows []Input) {
	t.Helper()
	err := Read(t.Context(), bytes.NewReader(file), int64(len(file)), func(some []Input) error {
		rows = append(rows, some...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestInputIsWhatFromEventSets: a column that comes from the input, and is not among those of Input, would be lost in a replay from the log.
func TestInputIsWhatFromEventSets(t *testing.T) {
	made := map[string]bool{"ShardID": true, "Recommendations": true, "ModelVersion": true, "Duplicate": true, "VisitStarted": true}
	row, input := reflect.TypeFor[Row](), reflect.TypeFor[Input]()
	for i := range row.NumField() {
		f := row.Field(i)
		in, ok := input.FieldByName(f.Name)
		if ok == made[f.Name] || ok && (in.Tag != f.Tag || in.Type != f.Type) {
			t.Errorf("Row.%s %q is Input.%s %q", f.Name, f.Tag, in.Name, in.Tag)
		}
	}
}

func TestToEventRefusesOtherRows(t *testing.T) {
	for name, row := range map[string]Input{
		"neither session nor error": {}, "an error without bytes": {Error: new("empty: x")}, "a hash key that is no number": {SessionID: new("s"), ExplicitHashKey: new("x")},
	} {
		var e event.Event
		if _, err := ToEvent(&e, &row); err == nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
