package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"fmt"
	"strings"
)

// payload is what somebody puts as one Kinesis record, and the rows that it has to become.
type payload struct {
	name    string
	hashKey string // explicit, if it matters
	data    []byte
	want    []wanted
}

// wanted is a row: a decoded event, or an undecoded one with the class of its error and its bytes.
type wanted struct {
	sub, line int
	session   string
	extra     string // of the event, as text
	history   []step
	class     string
	raw       []byte
}

// step is an entry of the history as the oracle shows it.
type step struct {
	Product  *string `json:"p"`
	Quantity *int64  `json:"q"`
	Cart     *bool   `json:"c"`
	Event    string  `json:"e"`
	Extra    *string `json:"x"`
}

// secret stands for what nobody may find in a log, and without the key not in the bucket either. customer is a customer
// number, the same in all events.
const (
	secret   = "CONFIDENTIAL"
	customer = 8_712_340_099
)

// event is a typical good event.
func event(session string) (data []byte, row wanted) {
	data = fmt.Appendf(nil, `{"session_id":%q,"customer_number":%d,"city":"Luleå","country":"Sweden","credit_limit":500,`+
		`"browse_history":[{"product_code":"P1","quantity":"2","in_shopping_cart":true},{"product_code":"P2","quantity":3,"in_shopping_cart":false}]}`,
		session, customer)
	return data, wanted{session: session, history: []step{
		{Product: new("P1"), Quantity: new(int64(2)), Cart: new(true), Event: "cart"},
		{Product: new("P2"), Quantity: new(int64(3)), Cart: new(false), Event: "view"},
	}}
}

// poison is a record that cannot be decoded and is kept as it is.
func poison(name, class, data string) payload {
	return payload{name: name, data: []byte(data), want: []wanted{{class: class, raw: []byte(data)}}}
}

// odd is an event with a session of its own name and further members, of which extra has no column.
func odd(name, members, extra string, history ...step) payload {
	return payload{
		name: name, data: fmt.Appendf(nil, `{"session_id":%q%s}`, name, members),
		want: []wanted{{session: name, extra: extra, history: history}},
	}
}

const mebibyte = 1 << 20

// malformedPayloads are records that are no event, each in a way of its own.
func malformedPayloads() []payload {
	return []payload{
		poison("empty", "empty", ""),
		poison("white space", "empty", " \t\r\n"),
		poison("text", "invalid_json", "not json "+secret),
		poison("a truncated object", "invalid_json", `{"session_id":"`+secret),
		poison("two objects", "invalid_json", `{"session_id":"`+secret+`"}{}`),
		poison("NUL bytes alone", "invalid_json", strings.Repeat("\x00", 100)),
		poison("NUL bytes in a string", "invalid_json", "{\"session_id\":\"a\x00b\",\"x\":\""+secret+"\"}"),
		poison("not a number", "invalid_json", `{"session_id":"s","credit_limit":NaN,"x":"`+secret+`"}`),
		poison("a byte that no UTF-8 has", "invalid_utf8", "{\"session_id\":\""+secret+"\xff\"}"),
		poison("half a surrogate pair", "invalid_utf8", `{"session_id":"`+secret+`\ud800"}`),
		poison("UTF-16", "invalid_utf8", "\xff\xfe{\x00}\x00"),
		poison("an array", "not_an_object", `["`+secret+`"]`),
		poison("null", "not_an_object", "null"),
		poison("no session", "no_session", `{"city":"`+secret+`"}`),
		poison("a session that is a bool", "no_session", `{"session_id":true,"x":"`+secret+`"}`),
		poison("a history that is an object", "bad_history", `{"session_id":"s","browse_history":{"x":"`+secret+`"}}`),
		poison("a history of strings", "bad_history", `{"session_id":"s","browse_history":["`+secret+`"]}`),
		poison("a history without end", "history_too_long", `{"session_id":"s","browse_history":[{}`+strings.Repeat(",{}", 10_000)+`]}`),
		poison("nested too deep", "too_deep", `{"session_id":"s","x":`+strings.Repeat("[", 65)+strings.Repeat("]", 65)+`}`),
		poison("nested without end", "too_deep", `{"session_id":"s","x":`+strings.Repeat(`{"x":`, 200_000)),
		poison("too many lines", "too_many_events", strings.Repeat("x\n", 65_537)),
		poison("a gzip bomb", "gzip_bomb", gzipped(strings.Repeat("0", 64*mebibyte))),
		poison("a damaged gzip", "gzip_damaged", gzipped(secret + strings.Repeat("x", 1000))[:40]),
		poison("1 MiB of text", "invalid_json", strings.Repeat(secret+" ", mebibyte)[:mebibyte]),
		poison("10 MiB of text", "invalid_json", strings.Repeat("x"+secret, mebibyte)[:10*mebibyte-maxKey]),
	}
}

// maxKey is room for the partition key, which counts towards the largest record.
const maxKey = 64

// oddPayloads are events that have something nobody expects, which must not spoil the rest.
func oddPayloads() []payload {
	deep := strings.Repeat("[", 63) + strings.Repeat("]", 63)
	pad := strings.Repeat(secret, mebibyte)
	step1 := func(extra string) step { return step{Product: new("P1"), Event: "view", Extra: new(extra)} }
	return []payload{
		odd("unknown fields", `,"loyalty":{"tier":"`+secret+`","points":12345678901234567890},"a":[1,2]`,
			`{"loyalty":{"tier":"`+secret+`","points":12345678901234567890},"a":[1,2]}`),
		odd("a city that is a number", `,"city":4711`, `{"city":4711}`),
		odd("a limit that is text", `,"credit_limit":"`+secret+`"`, `{"credit_limit":"`+secret+`"}`),
		odd("a time that is none", `,"event_time":"`+secret+`"`, `{"event_time":"`+secret+`"}`),
		odd("an unknown field in a step", `,"browse_history":[{"product_code":"P1","colour":"`+secret+`"}]`, "", step1(`{"colour":"`+secret+`"}`)),
		odd("a quantity that is a word", `,"browse_history":[{"product_code":"P1","quantity":"`+secret+`"}]`, "", step1(`{"quantity":"`+secret+`"}`)),
		odd("an empty history", `,"browse_history":[]`, "", []step{}...),
		odd("as deep as allowed", `,"x":`+deep, `{"x":`+deep+`}`),
		odd("1 MiB", `,"pad":"`+pad[:mebibyte-100]+`"`, `{"pad":"`+pad[:mebibyte-100]+`"}`),
		odd("10 MiB", `,"pad":"`+pad[:10*mebibyte-200]+`"`, `{"pad":"`+pad[:10*mebibyte-200]+`"}`),
		odd("a NUL that is escaped", `,"x":"\u0000"`, `{"x":"\u0000"}`),
	}
}

// wrappedPayloads are containers: lines, gzip, aggregates of the KPL.
func wrappedPayloads() []payload {
	first, firstRow := event("line 0")
	last, lastRow := event("line 4")
	bad := []byte("no json " + secret)
	lastRow.line = 4
	lines := bytes.Join([][]byte{first, bad, nil, []byte("  "), append(last, '\r'), nil}, []byte("\n"))
	inside, insideRow := event("inside gzip")
	return []payload{
		{name: "lines", data: lines, want: []wanted{firstRow, {line: 1, class: "invalid_json", raw: bad}, lastRow}},
		{name: "gzip", data: []byte(gzipped(string(inside))), want: []wanted{insideRow}},
		{name: "gzip of nonsense", data: []byte(gzipped(secret)), want: []wanted{{class: "invalid_json", raw: []byte(secret)}}},
		mixedAggregate(),
		misroutedAggregate(),
		poison("an aggregate with a wrong checksum", "kpl_checksum", damaged(mixedAggregate().data)),
		poison("an aggregate that ends early", "kpl_checksum", string(mixedAggregate().data[:30])),
		poison("an aggregate of nonsense", "kpl_malformed", string(kplSeal([]byte(secret)))),
		poison("an aggregate of nothing", "kpl_empty", string(kplSeal(nil))),
	}
}

// mixedAggregate holds good and bad sub-records, one of them of two lines. They are at home in the first shard, by their keys or
// by explicit hash keys.
func mixedAggregate() payload {
	a, rowA := event("sub 0")
	b, rowB := event("sub 2 line 0")
	c, rowC := event("sub 2 line 1")
	bad := []byte(secret + "\x00")
	rowB.sub, rowC.sub, rowC.line = 2, 2, 1
	data := kplAggregate(subRecord{key: keyOfFirstShard(), data: a}, subRecord{"sub-b", lowestHashKey, bad},
		subRecord{"sub-c", lowestHashKey, bytes.Join([][]byte{b, c}, []byte("\n"))})
	return payload{
		name: "an aggregate", hashKey: lowestHashKey, data: data,
		want: []wanted{rowA, {sub: 1, class: "invalid_json", raw: bad}, rowB, rowC},
	}
}

// keyOfFirstShard is a partition key whose MD5 is in the lower half of all.
func keyOfFirstShard() string {
	for i := 0; ; i++ {
		key := fmt.Sprintf("sub-%d", i)
		if sum := md5.Sum([]byte(key)); sum[0] < 0x80 {
			return key
		}
	}
}

// Hash keys of the first and the last shard.
const (
	lowestHashKey  = "0"
	highestHashKey = "340282366920938463463374607431768211455"
)

// misroutedAggregate holds a record of another shard than the one that it is put into.
func misroutedAggregate() payload {
	here, row := event("at home")
	stray, _ := event("astray")
	data := kplAggregate(subRecord{"home", lowestHashKey, here}, subRecord{"stray", highestHashKey, stray})
	return payload{name: "a misrouted sub-record", hashKey: lowestHashKey, data: data, want: []wanted{row, {sub: 1, class: "misrouted", raw: stray}}}
}

// damaged flips a bit in the middle.
func damaged(data []byte) string {
	b := bytes.Clone(data)
	b[len(b)/2] ^= 1
	return string(b)
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}
