package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// goldenAggregate is an aggregate made by the aws-kinesis-agg package of npm, version 4.2.8.
type goldenAggregate struct {
	Name    string
	Records []struct {
		PartitionKey    string `json:"partition_key"`
		ExplicitHashKey string `json:"explicit_hash_key"`
		Data            string
	}
	Aggregate []byte
}

func readGoldenAggregates(t *testing.T) []goldenAggregate {
	t.Helper()
	text, err := os.ReadFile("testdata/aggregates.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden []goldenAggregate
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	return golden
}

func (g goldenAggregate) userRecords() []UserRecord {
	var records []UserRecord
	for _, r := range g.Records {
		records = append(records, UserRecord{r.PartitionKey, r.ExplicitHashKey, []byte(r.Data)})
	}
	if g.Name != "130 keys" {
		return records
	}
	for i := range 130 { // indexes of one and of two bytes
		key := fmt.Sprintf("s-%d", i)
		records = append(records, UserRecord{PartitionKey: key, Data: []byte(`{"session_id":"` + key + `"}`)})
	}
	return records
}

func TestAggregateEqualsGolden(t *testing.T) {
	golden := readGoldenAggregates(t)
	if len(golden) != 4 {
		t.Fatalf("%d golden aggregates, want 4", len(golden))
	}
	for _, g := range golden {
		got, err := Aggregate(g.userRecords())
		if err != nil {
			t.Fatalf("%s: %v", g.Name, err)
		}
		if !bytes.Equal(got, g.Aggregate) {
			t.Errorf("%s:\n got %x\nwant %x", g.Name, got, g.Aggregate)
		}
	}
}

func TestDecodeGoldenAggregates(t *testing.T) {
	d := NewDecoder(Options{})
	for _, g := range readGoldenAggregates(t) {
		events := d.Decode(nil, recordOf(string(g.Aggregate)))
		for i, r := range g.userRecords() {
			for line, text := range strings.Split(string(r.Data), "\n") {
				if len(events) == 0 {
					t.Fatalf("%s: no event for sub-record %d, line %d", g.Name, i, line)
				}
				e := events[0]
				events = events[1:]
				wantKey := HashOf(r.PartitionKey)
				if r.ExplicitHashKey != "" {
					wantKey, _ = ParseHashKey(r.ExplicitHashKey)
				}
				if e.Sub != i || e.Line != line || e.PartitionKey != r.PartitionKey ||
					e.ExplicitHashKey != r.ExplicitHashKey || e.HashKey != wantKey {
					t.Errorf("%s: sub-record %d, line %d: got %+v", g.Name, i, line, e)
				}
				if valid := json.Valid([]byte(text)); valid && e.SessionID != r.PartitionKey || !valid && string(e.Raw) != text {
					t.Errorf("%s: sub-record %d, line %d: got session %q, error %v", g.Name, i, line, e.SessionID, e.Err)
				}
			}
		}
		if len(events) > 0 {
			t.Errorf("%s: %d events too many", g.Name, len(events))
		}
	}
}

// tableField is a field of the outer message, subField one of a sub-record.
func tableField(number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func subField(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

func TestDecodeDamagedAggregates(t *testing.T) {
	key, hashKey := tableField(partitionKeyTable, "p"), tableField(hashKeyTable, "7")
	data := tableField(dataOfRecord, `{"session_id":"s"}`)
	record := func(fields ...[]byte) []byte { return tableField(recordsOfTable, string(slices.Concat(fields...))) }
	good := record(subField(partitionKeyIndex, 0), data)
	sealed := func(parts ...[]byte) []byte { return sealAggregate(slices.Concat(parts...)) }
	first, whole := subField(partitionKeyIndex, 0), sealed(key, good)

	for _, test := range []struct {
		name string
		data []byte
		want Class // empty for one valid event
	}{
		{"good", whole, ""},
		{"with hash key", sealed(key, hashKey, record(first, subField(hashKeyIndex, 0), data)), ""},
		{"tables last", sealed(good, key), ""},
		{"unknown fields", sealed(tableField(9, "x"), key, record(first, data, tableField(4, "tag"), subField(77, 1))), ""},
		{"repeated fields", sealed(key, record(subField(partitionKeyIndex, 9), tableField(dataOfRecord, "x"), subField(partitionKeyIndex, 0), data)), ""},
		{"magic only", []byte(aggregateMagic), KPLChecksum},
		{"short", []byte(aggregateMagic + "0123456789abcde"), KPLChecksum},
		{"cut", whole[:len(whole)-1], KPLChecksum},
		{"flipped", []byte(flipped(string(whole), 8)), KPLChecksum},
		{"flipped checksum", []byte(flipped(string(whole), len(whole)-1)), KPLChecksum},
		{"no message", sealAggregate(nil), KPLEmpty},
		{"no record", sealAggregate(key), KPLEmpty},
		{"no protobuf", sealAggregate([]byte("\xff\xff\xff")), KPLMalformed},
		{"length beyond the end", sealAggregate([]byte("\x1a\xff\xff\xff\xff\x07")), KPLMalformed},
		{"length overflow", sealAggregate([]byte("\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")), KPLMalformed},
		{"end of group", sealAggregate([]byte("\x1c")), KPLMalformed},
		{"field number 0", sealAggregate([]byte("\x02\x00")), KPLMalformed},
		{"table as number", sealAggregate(subField(partitionKeyTable, 1)), KPLMalformed},
		{"unknown field cut", sealAggregate([]byte("\x4a\x05x")), KPLMalformed},
		{"sub-record is no message", sealed(key, record([]byte("\xff"))), KPLMalformed},
		{"data as number", sealed(key, record(first, subField(dataOfRecord, 1))), KPLMalformed},
		{"data cut", sealed(key, record(first, []byte("\x1a\x09x"))), KPLMalformed},
		{"index cut", sealed(key, record([]byte("\x08\xff"))), KPLMalformed},
		{"no data", sealed(key, record(first)), KPLMalformed},
		{"no key", sealed(key, record(data)), KPLMalformed},
		{"key is no UTF-8", sealed(tableField(partitionKeyTable, "\xff"), good), KPLMalformed},
		{"key too long", sealed(tableField(partitionKeyTable, strings.Repeat("å", 257)), good), KPLMalformed},
		{"key as long as can be", sealed(tableField(partitionKeyTable, strings.Repeat("å", 256)), good), ""},
		{"key outside", sealed(key, record(subField(partitionKeyIndex, 1), data)), KPLIndex},
		{"key far outside", sealed(key, record(subField(partitionKeyIndex, 1<<64-1), data)), KPLIndex},
		{"no key table", sealAggregate(good), KPLIndex},
		{"hash key outside", sealed(key, record(first, subField(hashKeyIndex, 0), data)), KPLIndex},
		{"hash key no number", sealed(key, tableField(hashKeyTable, "x"), good), KPLHashKey},
		{"hash key empty", sealed(key, tableField(hashKeyTable, ""), good), KPLHashKey},
		{"hash key 2^128", sealed(key, tableField(hashKeyTable, "340282366920938463463374607431768211456"), good), KPLHashKey},
		{"one bad of two", sealed(key, good, record(subField(partitionKeyIndex, 5), data)), KPLIndex},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := decodeOne(t, Options{}, string(test.data))
			if classOf(e) != test.want {
				t.Fatalf("got %v, want %q", e.Err, test.want)
			}
			if test.want != "" && !bytes.Equal(e.Raw, test.data) {
				t.Errorf("raw is not the whole aggregate: %q", e.Raw)
			}
		})
	}
}

func TestDecodeTooManySubRecords(t *testing.T) {
	records := slices.Repeat([]UserRecord{{PartitionKey: "p", Data: []byte("{}\n{}")}}, 5)
	data, err := Aggregate(records)
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]int{4: 1, 5: 1, 9: 1, 10: 10, 11: 10} {
		d := NewDecoder(Options{Limits: Limits{MaxEvents: limit}})
		events := d.Decode(nil, recordOf(string(data)))
		if len(events) != want {
			t.Errorf("limit %d: %d events, want %d", limit, len(events), want)
		}
		if want == 1 && (classOf(events[0]) != TooManyEvents || !bytes.Equal(events[0].Raw, data)) {
			t.Errorf("limit %d: got %+v", limit, events[0])
		}
	}
}

func TestDecodeMisrouted(t *testing.T) {
	shard := HashRange{Start: HashKey{0x40}, End: HashKey{0x7f}}
	body := []byte(`{"session_id":"s"}`)
	data, err := Aggregate([]UserRecord{
		{PartitionKey: "a", ExplicitHashKey: "85070591730234615865843651857942052864", Data: body},  // 2^126, the start
		{PartitionKey: "b", ExplicitHashKey: "85070591730234615865843651857942052863", Data: body},  // one before
		{PartitionKey: "c", ExplicitHashKey: "168811955464684315858783496655603761152", Data: body}, // the end
		{PartitionKey: "d", ExplicitHashKey: "168811955464684315858783496655603761153", Data: []byte("{")},
		{PartitionKey: "x", Data: body}, // MD5 9d…
		{PartitionKey: "j", Data: body}, // MD5 36…
		{PartitionKey: "i", Data: body}, // MD5 86…
		{PartitionKey: "l", Data: body}, // MD5 2d…
		{PartitionKey: "f", Data: body}, // MD5 8f…
		{PartitionKey: "m", Data: body}, // MD5 6f…
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range NewDecoder(Options{Range: &shard}).Decode(nil, recordOf(string(data))) {
		if e.Err == nil != shard.Contains(e.HashKey) {
			t.Errorf("%s with hash key %x: %v", e.PartitionKey, e.HashKey, e.Err)
		}
		if classOf(e) == Misrouted && (e.SessionID != "" || e.Raw == nil) {
			t.Errorf("%s: a misrouted sub-record is decoded, or lost: %+v", e.PartitionKey, e)
		}
		got = append(got, e.PartitionKey+string(classOf(e)))
	}
	want := []string{"a", "bmisrouted", "c", "dmisrouted", "xmisrouted", "jmisrouted", "imisrouted", "lmisrouted", "fmisrouted", "m"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// A plain record is in the shard by definition: only its producer knows its explicit hash key.
	if e := decodeOne(t, Options{Range: &HashRange{}}, string(body)); e.Err != nil {
		t.Errorf("plain record: %v", e.Err)
	}
}

func TestAggregateRefuses(t *testing.T) {
	for name, records := range map[string][]UserRecord{
		"nothing":          nil,
		"no partition key": {{PartitionKey: "p"}, {Data: []byte("x")}},
		"bad hash key":     {{PartitionKey: "p", ExplicitHashKey: "-1"}},
	} {
		if data, err := Aggregate(records); err == nil {
			t.Errorf("%s: got %q", name, data)
		}
	}
}

func TestHashKeys(t *testing.T) {
	for text, want := range map[string]HashKey{
		"0":                    {},
		"1":                    {15: 1},
		"256":                  {14: 1},
		"18446744073709551615": {8: 255, 9: 255, 10: 255, 11: 255, 12: 255, 13: 255, 14: 255, 15: 255},
		"18446744073709551616": {7: 1},
		"170141183460469231731687303715884105728": {0: 0x80},
		"340282366920938463463374607431768211455": HashKey(bytes.Repeat([]byte{255}, 16)),
	} {
		if got, err := ParseHashKey(text); err != nil || got != want {
			t.Errorf("ParseHashKey(%s) = %x, %v; want %x", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "-1", "+1", " 1", "1x", "0x1", "340282366920938463463374607431768211456", "999999999999999999999999999999999999999",
		strings.Repeat("0", 40),
	} {
		if got, err := ParseHashKey(text); err == nil {
			t.Errorf("ParseHashKey(%q) = %x", text, got)
		}
	}
	if got := fmt.Sprintf("%x", HashOf("session-a")); got != "d3cbc8c43aec9ac9b85d923eaadc1bbb" {
		t.Errorf("HashOf = %s", got)
	}
}

func TestParseHashRange(t *testing.T) {
	r, err := ParseHashRange("0", "170141183460469231731687303715884105727")
	if err != nil {
		t.Fatal(err)
	}
	if !r.Contains(HashKey{}) || !r.Contains(r.End) || r.Contains(HashKey{0x80}) {
		t.Errorf("range %x does not contain what it should", r)
	}
	for _, bad := range [][2]string{{"x", "1"}, {"1", "x"}, {"2", "1"}} {
		if _, err := ParseHashRange(bad[0], bad[1]); err == nil {
			t.Errorf("range %q is accepted", bad)
		}
	}
}
