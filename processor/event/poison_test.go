package event

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// poisons maps a payload to the class it must get.
func poisons() map[string]Class {
	entries := func(n int) string { return "[" + strings.Repeat("{},", n-1) + "{}]" }
	return map[string]Class{
		"":                                 Empty,
		" \t\r\n \n":                       Empty,
		"\ufeff":                           Empty,
		gzipped(""):                        Empty,
		"{":                                InvalidJSON,
		"nul":                              InvalidJSON,
		"not json":                         InvalidJSON,
		`{"session_id":"s"`:                InvalidJSON,
		`{"session_id":"s",}`:              InvalidJSON,
		`{"session_id" "s"}`:               InvalidJSON,
		`{"session_id":"s"} x`:             InvalidJSON,
		`{"session_id":"s"}{}`:             InvalidJSON,
		`{session_id:"s"}`:                 InvalidJSON,
		`{'session_id':'s'}`:               InvalidJSON,
		`{"session_id":NaN}`:               InvalidJSON,
		`{"session_id":Infinity}`:          InvalidJSON,
		`{"session_id":01}`:                InvalidJSON,
		`{"session_id":1.}`:                InvalidJSON,
		`{"session_id":1e}`:                InvalidJSON,
		`{"session_id":-}`:                 InvalidJSON,
		`{"session_id":"\x"}`:              InvalidJSON,
		`{"session_id":"\u12"}`:            InvalidJSON,
		`{"session_id":"\u12g4"}`:          InvalidJSON,
		"{\"session_id\":\"a\tb\"}":        InvalidJSON,
		"{\"session_id\":\"a\x00b\"}":      InvalidJSON,
		"\x00":                             InvalidJSON,
		`{"session_id":"s","x":[1,]}`:      InvalidJSON,
		`{"session_id":"s","x":[,1]}`:      InvalidJSON,
		`{"session_id":"s","x":[1 2]}`:     InvalidJSON,
		`{"session_id":"s","x":{"a":1,,}}`: InvalidJSON,
		`{"session_id":"s","x":[}`:         InvalidJSON,
		`// comment`:                       InvalidJSON,
		"{\"session_id\":\"\xff\"}":        InvalidUTF8,
		"{\"session_id\":\"s\",\"x\":\"\xc0\xaf\"}":                   InvalidUTF8,
		"{\"session_id\":\"\xed\xa0\x80\"}":                           InvalidUTF8,
		"\xff\xfe{\x00}\x00":                                          InvalidUTF8,
		"\x80\x81":                                                    InvalidUTF8,
		`{"session_id":"\ud800"}`:                                     InvalidUTF8,
		`{"session_id":"\udc00\ud800"}`:                               InvalidUTF8,
		`{"session_id":"\udc00\udc00"}`:                               InvalidUTF8,
		`{"session_id":"\ud800\ud800"}`:                               InvalidUTF8,
		`{"session_id":"\ud800\u00e5"}`:                               InvalidUTF8,
		`{"session_id":"\ud800 \udc00"}`:                              InvalidUTF8,
		`{"session_id":"s","\ud800\u0041":1}`:                         InvalidUTF8,
		strings.Repeat(`[`, 65) + strings.Repeat(`]`, 65):             TooDeep,
		`{"session_id":"s","x":` + strings.Repeat(`{"x":`, 10_000_00): TooDeep,
		`{"session_id":"s","x":` + strings.Repeat(`[`, 64):            TooDeep,
		`[]`:                                 NotObject,
		`"s"`:                                NotObject,
		`5`:                                  NotObject,
		`true`:                               NotObject,
		`null`:                               NotObject,
		`[{"session_id":"s"}]`:               NotObject,
		`{}`:                                 NoSession,
		`{"Session_id":"s"}`:                 NoSession,
		`{"session_id":null}`:                NoSession,
		`{"session_id":""}`:                  NoSession,
		`{"session_id":true}`:                NoSession,
		`{"session_id":["s"]}`:               NoSession,
		`{"session_id":"s","session_id":""}`: NoSession,
		`{"session_id":"` + strings.Repeat("s", 1025) + `"}`:                        NoSession,
		`{"session_id":"s","browse_history":{}}`:                                    BadHistory,
		`{"session_id":"s","browse_history":"[]"}`:                                  BadHistory,
		`{"session_id":"s","browse_history":false}`:                                 BadHistory,
		`{"session_id":"s","browse_history":[null]}`:                                BadHistory,
		`{"session_id":"s","browse_history":[{},"P"]}`:                              BadHistory,
		`{"session_id":"s","browse_history":[[]]}`:                                  BadHistory,
		`{"session_id":"s","browse_history":` + entries(10_001) + `}`:               HistoryTooLong,
		strings.Repeat("x\n", 65_537):                                               TooManyEvents,
		"\x1f\x8b":                                                                  GzipDamaged,
		"\x1f\x8bgarbage of some length":                                            GzipDamaged,
		gzipped(typical)[:100]:                                                      GzipDamaged,
		gzipped(typical) + "trailing":                                               GzipDamaged,
		flipped(gzipped(typical), 60):                                               GzipDamaged,
		gzipped(strings.Repeat("0", 17<<20)):                                        GzipBomb,
		gzipped(strings.Repeat(" ", 1<<20) + "{}"):                                  GzipBomb,
		`{"session_id":"s"` + distinctMembers(4097) + `}`:                           TooManyFields,
		`{"session_id":"s","browse_history":[{"":0` + distinctMembers(4097) + `}]}`: TooManyFields,
		gzipped(gzipped("{}")):                                                      InvalidUTF8,
	}
}

func flipped(s string, i int) string {
	return s[:i] + string([]byte{s[i] ^ 1}) + s[i+1:]
}

func TestDecodePoison(t *testing.T) {
	for payload, class := range poisons() {
		e := decodeOne(t, Options{}, payload)
		if classOf(e) != class {
			t.Errorf("%.60q: got %v, want %s", payload, e.Err, class)
			continue
		}
		want := payload
		if class != GzipDamaged && class != GzipBomb && strings.HasPrefix(payload, "\x1f\x8b") {
			want = gunzipped(t, payload)
		}
		if string(e.Raw) != want {
			t.Errorf("%.60q: raw is %.60q", payload, e.Raw)
		}
		if e.SessionID != "" || e.History != nil || e.Extra != "" || e.PartitionKey == "" || e.HashKey == (HashKey{}) {
			t.Errorf("%.60q: a poison event has more or less than an identity: %+v", payload, e)
		}
	}
}

func TestDecodeAtTheLimits(t *testing.T) {
	for name, payload := range map[string]string{
		"depth":   `{"session_id":"s","x":` + strings.Repeat(`[`, 63) + strings.Repeat(`]`, 63) + `}`,
		"fields":  `{"session_id":"s"` + distinctMembers(4096) + `}`,
		"history": `{"session_id":"s","browse_history":[` + strings.Repeat("{},", 9_999) + `{}]}`,
		"session": `{"session_id":"` + strings.Repeat("s", 1024) + `"}`,
		"1 MiB":   `{"session_id":"s","x":"` + strings.Repeat("x", 1<<20) + `"}`,
		"10 MiB":  `{"session_id":"s","x":"` + strings.Repeat("x", 10<<20) + `"}`,
		"inflate": gzipped(`{"session_id":"s"}` + strings.Repeat(" ", 1<<20-18)),
		"pair":    `{"session_id":"\ud83d\ude00"}`,
	} {
		t.Run(name, func(t *testing.T) { decodeValid(t, payload) })
	}
	events := NewDecoder(Options{}).Decode(nil, recordOf(strings.Repeat("x\n", 65_536)))
	if len(events) != 65_536 {
		t.Errorf("%d events of as many lines as are allowed", len(events))
	}
}

// TestDecodeLimitsEntriesOfRecord checks the bound on what many short lines of many short entries become.
func TestDecodeLimitsEntriesOfRecord(t *testing.T) {
	line := `{"session_id":"s","browse_history":[{},{},{}]}` + "\n"
	step := `{"session_id":"s","product_code":"P"}` + "\n"
	d := NewDecoder(Options{Limits: Limits{MaxEntries: 7}})
	for range 2 {
		events := d.Decode(nil, recordOf(line+line+step+step+line))
		var got []Class
		for _, e := range events {
			got = append(got, classOf(e))
		}
		if want := []Class{"", "", "", HistoryTooLong, HistoryTooLong}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestErrorsHoldNoContent plants a canary everywhere in poison payloads and looks for it in the errors.
func TestErrorsHoldNoContent(t *testing.T) {
	const canary = "XCANARYX"
	payloads := []string{
		canary, `{"` + canary + `":}`, `{"session_id":"` + canary, `{"session_id":` + canary + `}`, `{"session_id":"\` + canary + `"}`,
		`{"session_id":["` + canary + `"]}`, `["` + canary + `"]`, `{"session_id":"s","browse_history":"` + canary + `"}`,
		`{"session_id":"s","browse_history":[{},"` + canary + `"]}`, "\x1f\x8b" + canary, gzipped(canary), canary + "\xff",
		`{"session_id":"\ud800` + canary + `"}`, `{"session_id":"s"}` + canary, `{"session_id":tru` + canary + `}`,
		aggregateMagic + canary, aggregateMagic + canary + canary + canary, string(sealAggregate([]byte(canary))),
		string(sealAggregate(tableField(partitionKeyTable, canary+"\xff"))), string(sealAggregate(tableField(hashKeyTable, canary))),
		string(sealAggregate(tableField(recordsOfTable, canary))),
	}
	for payload := range poisons() {
		payloads = append(payloads, strings.ReplaceAll(payload, "s", canary))
	}
	for _, payload := range payloads {
		r := recordOf(payload)
		r.PartitionKey, r.SequenceNumber = canary, canary
		for _, e := range NewDecoder(Options{}).Decode(nil, r) {
			if e.Err == nil {
				continue
			}
			text := fmt.Sprintf("%v %+v %#v", e.Err, e.Err, *e.Err)
			if strings.Contains(text, canary) || len(text) > 300 || strings.ContainsFunc(text, func(r rune) bool { return r == 0 || r == 0xfffd || r == 0x0a }) {
				t.Errorf("%.60q: the error repeats its payload: %s", payload, text)
			}
		}
	}
}

// TestHostileRecordsCostLittle bounds what the worst records of 10 MiB allocate, Raw included.
func TestHostileRecordsCostLittle(t *testing.T) {
	const size = 10 << 20
	fill := func(prefix, unit string) []byte {
		return append([]byte(prefix), bytes.Repeat([]byte(unit), (size-len(prefix))/len(unit))...)
	}
	manyKeys := fill("", string(tableField(partitionKeyTable, "p")))
	manyRecords := fill(string(tableField(partitionKeyTable, "p")), string(tableField(recordsOfTable, "\x08\x00\x1a\x00")))
	for name, data := range map[string][]byte{
		"lines":       fill("", "x\n"),
		"blank lines": fill("", "\n"),
		"sessions":    fill("", "{\"session_id\":1,\"product_code\":1}\n"),
		"histories":   fill("", `{"session_id":1,"browse_history":[`+strings.Repeat("{},", 999)+"{}]}\n"),
		"history":     fill(`{"session_id":1,"browse_history":[{}`, ",{}"),
		"members":     fill(`{"session_id":1`, `,"":1`),
		"depth":       fill(`{"session_id":1,"x":`, "["),
		"escapes":     fill(`{"session_id":"`, `\u0041`),
		"keys":        sealAggregate(manyKeys),
		"records":     sealAggregate(manyRecords),
		"bomb":        []byte(gzipped(strings.Repeat("0", 64<<20))),
		"no UTF-8":    fill("", "\xff"),
		"fields":      []byte(`{"session_id":"s"` + distinctMembers(1<<20) + `}`),
	} {
		t.Run(name, func(t *testing.T) {
			d, r := NewDecoder(Options{}), recordOf("")
			r.Data = data
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			events := d.Decode(nil, r)
			runtime.ReadMemStats(&after)
			if len(events) == 0 {
				t.Fatal("no event")
			}
			t.Logf("%d KiB allocated, %d events", (after.TotalAlloc-before.TotalAlloc)>>10, len(events))
			if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 80 {
				t.Errorf("%d MiB allocated in all for a record of %d MiB", mib, len(data)>>20)
			}
			events = nil
			runtime.GC()
			runtime.ReadMemStats(&after)
			if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 4<<20 {
				t.Errorf("the decoder keeps %d KiB", kept>>10)
			}
			runtime.KeepAlive(d)
			runtime.KeepAlive(events)
		})
	}
}

func distinctMembers(n int) string {
	var b []byte
	for i := range n {
		b = fmt.Appendf(b, `,"%d":%d`, i, i)
	}
	return string(b)
}

// TestClassesAreAll: whoever asks for one that is missing would be told that there is none.
func TestClassesAreAll(t *testing.T) {
	source, err := os.ReadFile("fault.go")
	if err != nil {
		t.Fatal(err)
	}
	written := regexp.MustCompile(`(?m)^\t\w+ +Class = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	for _, w := range written {
		if !slices.Contains(Classes(), Class(w[1])) {
			t.Errorf("%s is missing", w[1])
		}
	}
	if len(written) != len(Classes()) || len(written) == 0 {
		t.Errorf("%d classes, %d are written down", len(Classes()), len(written))
	}
}
