package eventfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/streamrec/streamrec/processor/event"
)

func TestRecordOfRow(t *testing.T) {
	tests := []struct {
		name, header, row string
		want              string
	}{
		{
			"the least", csvHeader, csvRow,
			`{"session_id":"304938","event_id":"f.csv:2","event_time":"2021-01-01T00:51:16.000Z",` +
				`"browse_history":[{"product_code":"4101564","in_shopping_cart":false,"event":"view","quantity":1}]}`,
		},
		{
			"everything",
			csvHeader + ",category,brand,price,currency,quantity,customer_number,city,country,credit_limit,event_id,part",
			`1609462276001,"s,1",purchase,"a ""b""",tea,Acme,9.95,EUR,3,412,Luleå,Sweden,500,e-1,train`,
			`{"session_id":"s,1","event_id":"e-1","event_time":"2021-01-01T00:51:16.001Z","customer_number":412,` +
				`"city":"Luleå","country":"Sweden","credit_limit":500,"part":"train",` +
				`"browse_history":[{"product_code":"a \"b\"","in_shopping_cart":true,"event":"purchase","category":"tea","brand":"Acme",` +
				`"price":9.95,"currency":"EUR","quantity":3}]}`,
		},
		{
			"empty cells", csvHeader + ",category,brand,price,quantity,event_id,part", "0,s,cart,i,,,,,,",
			`{"session_id":"s","event_id":"f.csv:2","event_time":"1970-01-01T00:00:00.000Z",` +
				`"browse_history":[{"product_code":"i","in_shopping_cart":true,"event":"cart","quantity":1}]}`,
		},
		{
			"no numbers", csvHeader + ",price,customer_number,quantity", "0,s,view,i,free,007,1e",
			`{"session_id":"s","event_id":"f.csv:2","event_time":"1970-01-01T00:00:00.000Z","customer_number":"007",` +
				`"browse_history":[{"product_code":"i","in_shopping_cart":false,"event":"view","price":"free","quantity":"1e"}]}`,
		},
		{
			"what JSON escapes", csvHeader + `,"a ""b"" \"`, "0,s\x01\t,view,\\,\u2028\x7f",
			`{"session_id":"s\u0001\u0009","event_id":"f.csv:2","event_time":"1970-01-01T00:00:00.000Z",` +
				`"a \"b\" \\":"` + "\u2028\x7f" + `","browse_history":[{"product_code":"\\","in_shopping_cart":false,"event":"view","quantity":1}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events, problems := readString(t, tt.header+"\n"+tt.row+"\n", Options{Source: "f.csv"})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if got := string(events[0].Payload); got != tt.want {
				t.Errorf("payload\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestRecordsDecodeAsTheirRows reads the payloads of a CSV file with the decoder of the workers.
func TestRecordsDecodeAsTheirRows(t *testing.T) {
	const content = csvHeader + ",category,brand,price,customer_number,city,part\n" +
		"1609462276000,304938,view,4101564,videocards,gigabyte,481.54,17,Münster,train\n" +
		"1609462276000,304938,cart,4101564,videocards,,481.5,17,Münster,valid\n" +
		"1609462276500,304939,purchase,12,,,,,,\n"
	events, problems := readString(t, content, Options{Source: "f"})
	if len(problems) > 0 || len(events) != 3 {
		t.Fatalf("%d events, problems %q", len(events), problems)
	}
	decoder := event.NewDecoder(event.Options{})
	arrival := time.Date(2021, 1, 1, 2, 0, 0, 0, time.UTC)
	ids := map[string]bool{}
	for i, e := range events {
		decoded := decoder.Decode(nil, event.Record{Data: e.Payload, PartitionKey: e.Session, Arrival: arrival})[0]
		if decoded.Err != nil {
			t.Fatalf("row %d: %v", i, decoded.Err)
		}
		if decoded.SessionID != e.Session || !decoded.EventTime.Value.Equal(e.Time) || len(decoded.History) != 1 {
			t.Errorf("row %d: decoded %+v, read %+v", i, decoded, e)
		}
		h := decoded.History[0]
		if h.ProductCode.Value != e.Item || h.Type != e.Type || h.Category.Value != e.Steps[0].Category || h.Brand.Value != e.Steps[0].Brand {
			t.Errorf("row %d: decoded %+v, read %+v", i, h, e.Steps[0])
		}
		if h.Quantity != event.Some(int64(1)) || h.InCart != event.Some(e.Type != event.View) || h.Extra != "" {
			t.Errorf("row %d: decoded %+v", i, h)
		}
		ids[decoded.EventID.Value] = true
	}
	if len(ids) != 3 {
		t.Errorf("event ids %v, want 3", ids)
	}
	first := decoder.Decode(nil, event.Record{Data: events[0].Payload, Arrival: arrival})[0]
	if first.City.Value != "Münster" || first.CustomerID.Value != "17" || first.Extra != `{"part":"train"}` || first.History[0].Price.Value.String() != "481.54" {
		t.Errorf("first row decoded as %+v", first)
	}
	again, _ := readString(t, content, Options{Source: "f"})
	if !reflect.DeepEqual(again, events) {
		t.Error("the same file gives other events when it is read again")
	}
}

// FuzzSplit compares the splitting of one line with encoding/csv.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{csvHeader, `"a ""b""",c`, `,,`, `"`, `a"b`, `"a"b`, ``, `"",""`, `"a,b",`, "a\tb,c d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\r\n") || line == "" {
			return // lines have no line breaks; encoding/csv passes blank lines over
		}
		var p csvParser
		err := p.split([]byte(line))
		r := csv.NewReader(strings.NewReader(line))
		want, wantErr := r.Read()
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: error %v, encoding/csv gives %v", line, err, wantErr)
		}
		if err == nil && !slices.Equal(p.names(), want) {
			t.Errorf("%q: fields %q, encoding/csv gives %q", line, p.names(), want)
		}
	})
}

// FuzzReader reads arbitrary files: no panic, every payload is one valid record of the session that the event names.
func FuzzReader(f *testing.F) {
	f.Add([]byte(csvHeader+",price,part\n"+csvRow+",1.5,\"a,\"\"b\"\n"+csvRow), false)
	f.Add([]byte(jsonLine+"\n\n{\"session_id\":1,\"event_time\":\"1e11\"}"), false)
	f.Add([]byte(csvHeader+",event_id,quantity\n1,s,cart,\\,\x00,-0\n"), true)
	f.Add([]byte("\x1f\x8b\x08\x00"), true)
	f.Fuzz(func(t *testing.T, content []byte, skip bool) {
		r, err := NewReader(bytes.NewReader(content), Options{OnMalformed: Policy(skip), Source: "f"})
		if err != nil {
			return
		}
		decoder, last := event.NewDecoder(event.Options{}), int64(0)
		for e, err := range r.Events() {
			if err != nil {
				continue
			}
			if e.Line <= last || !json.Valid(e.Payload) || !utf8.ValidString(e.Session) {
				t.Fatalf("event %+v after line %d", e, last)
			}
			last = e.Line
			decoded := decoder.Decode(nil, event.Record{Data: e.Payload})
			if len(decoded) != 1 || decoded[0].Err != nil || decoded[0].SessionID != e.Session {
				t.Fatalf("payload %s decodes to %+v, session %q", e.Payload, decoded, e.Session)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, tt := range []struct{ name, first, line string }{
		{"csv", csvHeader + ",category,brand,price\n", csvRow + ",computers.components.videocards,gigabyte,481.54\n"},
		{"json", "", `{"session_id":"c8f2a7e6-5a1b-4b6e-9d55-1f0a4a1c7e11","customer_number":103,"city":"Nantes","country":"France","credit_limit":21000,"browse_history":[{"product_code":"S24_2022","quantity":"2","in_shopping_cart":true},{"product_code":"S12_1099","quantity":"1","in_shopping_cart":false}]}` + "\n"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			content := tt.first + strings.Repeat(tt.line, 1000)
			b.SetBytes(int64(len(tt.line)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n%1000 != 0 { // one iteration is one line
					n++
					continue
				}
				r, err := NewReader(strings.NewReader(content), Options{})
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range r.Events() {
					if err != nil {
						b.Fatal(err)
					}
				}
				n++
			}
		})
	}
}
