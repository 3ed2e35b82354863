package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// variants are values that producers were seen to send, or might, for any field.
var variants = []string{
	`null`, `true`, `false`, `"true"`, `"True"`, `"FALSE"`, `"yes"`, `0`, `1`, `-1`, `"1"`, `"0"`, `12`, `"12"`, `3.0`,
	`"3.0"`, `3.5`, `"3.5"`, `-0`, `-0.0`, `0.0000`, `1e2`, `"1E+2"`, `120e-1`, `1e-4`, `1e-5`, `1e999`, `-1e999`,
	`1e-999`, `0e999999999999999999999`, `1e99999999999999999999`, `9007199254740993`, `99999999999999.9999`,
	`100000000000000`, `999999999999999999`, `1000000000000000000`, `"999999999999999999.0"`, `9223372036854775808`,
	`0.10000000000000000000000000`, `""`, `" 1"`, `"NaN"`, `"+1"`, `"01"`, `".5"`, `"5."`, `"Lule\u00e5"`, `"Luleå"`,
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ude00\ude00"`, `"😀"`, `"a\u0000b"`, `"\"\\\/\b\f\n\r\t"`,
	`"view"`, `"cart"`, `"purchase"`, `"vi\u0065w"`, `"Cart"`, `{}`, `[]`, `[{}]`, `[null]`, `[[]]`,
	`{"a":[1,{"b":null}]}`, `[{"product_code":"P"},{"product_code":7,"event":"purchase","x":1}]`,
	`"2026-11-23T09:29:00Z"`, `"2026-11-23T10:29:00.1234567+01:00"`, `"2026-11-23t09:29:00z"`, `"2026-11-23"`,
	`"0000-01-01T00:00:00Z"`, `1795425000`, `1795425000.25`, `1795425000.1234567890`, `1795425000123`,
	`"1795425000123"`, `-1795425000`, `99999999999`, `100000000000`, `179542500012345678`, `1795425000123456789012`,
}

// someText writes an object with random members of known and unknown names, now and then twice, and random white space.
func someText(rng *rand.Rand, depth int) string {
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	known := append([]string{"Session_id", "sess\\u0069on_id", "x", "x", "_sealed", "", "ä", "\\u00e4"}, names[1:]...)
	space := []string{"", "", "", " ", "\n", "\t\r "}
	var b strings.Builder
	b.WriteString(pick(space) + "{")
	for i := range rng.IntN(8) {
		if i > 0 {
			b.WriteString(pick(space) + "," + pick(space))
		}
		name, value := pick(known), pick(variants)
		if depth > 0 && name == "browse_history" && rng.IntN(4) > 0 {
			value = "[" + someText(rng, depth-1) + "," + someText(rng, depth-1) + "]"
		}
		fmt.Fprintf(&b, `%s"%s"%s:%s%s`, pick(space), name, pick(space), pick(space), value)
	}
	if depth > 0 && rng.IntN(4) > 0 {
		b.WriteString(strings.TrimPrefix(`,"session_id":"s"`, map[bool]string{true: ",", false: ""}[strings.HasSuffix(b.String(), "{")]))
	}
	b.WriteString(pick(space) + "}")
	return b.String()
}

func TestDecodeAgreesWithOracle(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	valid := 0
	for range 20_000 {
		text := someText(rng, 1)
		switch rng.IntN(20) {
		case 0: // damage one byte
			if text != "" {
				i := rng.IntN(len(text))
				text = text[:i] + string([]byte{byte(rng.IntN(256))}) + text[i+1:]
			}
		case 1:
			text = text[:rng.IntN(len(text))]
		case 2:
			text += "\n" + someText(rng, 1) + "\r\n\n"
		case 3:
			text = "\ufeff" + text
		}
		checkAgainstOracle(t, []byte(text))
		if oracle([]byte(text), arrival)[0].Err == nil {
			valid++
		}
	}
	if valid < 5_000 {
		t.Errorf("only %d of 20,000 texts were valid: the comparison proves little", valid)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	f.Add([]byte(typical))
	for range 30 {
		f.Add([]byte(someText(rng, 1)))
	}
	for _, v := range variants {
		f.Add([]byte(`{"session_id":` + v + `,"price":` + v + `,"product_code":1}`))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if isGzip(payload) || isAggregate(payload) {
			t.Skip("not a plain payload")
		}
		if len(payload) > 1<<16 {
			t.Skip("the oracle is slow")
		}
		checkAgainstOracle(t, payload)
	})
}

func FuzzDecodeAggregate(f *testing.F) {
	for _, records := range [][]UserRecord{
		{{PartitionKey: "p", Data: []byte(typical)}},
		{{PartitionKey: "p", ExplicitHashKey: "0", Data: nil}, {PartitionKey: "q", Data: []byte("{}\n{}")}},
		{{PartitionKey: "å", ExplicitHashKey: "340282366920938463463374607431768211455", Data: []byte(gzipped(typical))}},
	} {
		data, err := Aggregate(records)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[len(aggregateMagic):len(data)-16], true)
		f.Add(data, false)
	}
	f.Fuzz(func(t *testing.T, body []byte, wrap bool) {
		data := body
		if wrap { // a mutated body rarely has the right checksum by itself
			data = sealAggregate(body)
		}
		d := NewDecoder(Options{Range: &HashRange{End: HashKey{0x7f}}})
		checkInvariants(t, d, data)
	})
}

func FuzzDecodeGzip(f *testing.F) {
	for _, text := range []string{"", typical, typical + "\n" + typical, strings.Repeat(" ", 5000)} {
		f.Add([]byte(gzipped(text)), []byte(text))
	}
	f.Add([]byte("\x1f\x8b"), []byte(nil))
	f.Fuzz(func(t *testing.T, data, text []byte) {
		d := NewDecoder(Options{Limits: Limits{MaxInflated: 1 << 16}})
		checkInvariants(t, d, append([]byte("\x1f\x8b"), data...))

		// Whatever the text, wrapping it changes nothing but Raw of nothing.
		if isGzip(text) || isAggregate(text) || len(text) > 1<<16 {
			return
		}
		plain := d.Decode(nil, recordOf(string(text)))
		wrapped := d.Decode(nil, recordOf(gzipped(string(text))))
		if len(plain) != len(wrapped) {
			t.Fatalf("%d events in plain, %d wrapped", len(plain), len(wrapped))
		}
		for i := range plain {
			if !bytes.Equal(plain[i].Raw, wrapped[i].Raw) || plain[i].SessionID != wrapped[i].SessionID {
				t.Fatalf("event %d differs: %+v, wrapped %+v", i, plain[i], wrapped[i])
			}
		}
	})
}

// checkInvariants checks what holds for any record, twice, because a Decoder reuses memory.
func checkInvariants(t *testing.T, d *Decoder, data []byte) {
	t.Helper()
	var events []Event
	for range 2 {
		events = d.Decode(events[:0], recordOf(string(data)))
		if len(events) == 0 {
			t.Fatal("no event")
		}
		seen := map[[2]int]bool{}
		for _, e := range events {
			if seen[[2]int{e.Sub, e.Line}] {
				t.Fatalf("two events at sub %d, line %d", e.Sub, e.Line)
			}
			seen[[2]int{e.Sub, e.Line}] = true
			switch {
			case !utf8.ValidString(e.PartitionKey):
				t.Fatalf("partition key %q is not UTF-8", e.PartitionKey)
			case e.Err == nil && (e.SessionID == "" || e.Raw != nil):
				t.Fatalf("valid event with session %q and %d raw bytes", e.SessionID, len(e.Raw))
			case e.Err != nil && (e.SessionID != "" || e.History != nil || e.Raw == nil):
				t.Fatalf("poison event with fields or without raw: %+v", e)
			}
		}
	}
}

// FuzzOpen opens anything: only what was sealed opens, as what it was.
func FuzzOpen(f *testing.F) {
	p, err := NewPrivacy(Key{7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("plain"), `{"a":1,"_sealed":"AQ=="}`, 3)
	f.Add([]byte(nil), `{}`, 0)
	f.Fuzz(func(t *testing.T, plain []byte, extra string, flip int) {
		sealed := p.Seal("c", plain)
		if got, err := p.Open(sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("sealed %q opens as %q, %v", plain, got, err)
		}
		at := int(uint(flip) % uint(len(sealed)))
		sealed[at] ^= 1 << (uint(flip) % 8)
		if _, err := p.Open(sealed); err == nil {
			t.Fatalf("opens with a flipped bit in byte %d", at)
		}
		if _, err := p.Open(plain); err == nil {
			t.Fatalf("%q opens", plain)
		}
		if got, err := p.OpenExtra(extra); err == nil && got != "" && !json.Valid([]byte(got)) {
			t.Fatalf("%q opens as %q", extra, got)
		}
	})
}
