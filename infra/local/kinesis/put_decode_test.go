package kinesis

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// plainPut is a PutRecords request as encoding/json reads it.
type plainPut struct {
	StreamName string
	StreamARN  string
	DryRun     bool
	Records    []plainEntry
}

type plainEntry struct {
	Data            *[]byte
	PartitionKey    *string
	ExplicitHashKey *string
}

func TestDecodePut(t *testing.T) {
	b := new(putBatch)
	for range 2 { // a batch is used again
		body := ` {"Unknown":[{"Data":1}],"Records":[{"PartitionKey":"a\u00e9\n","Data":"aGVsbG8="},` +
			`{"Data":"","ExplicitHashKey":"12","PartitionKey":"b","More":{"x":[]}},{"PartitionKey":null,"Data":null,"ExplicitHashKey":null},{}],` +
			`"StreamName":"s","StreamARN":"arn","DryRun":true} `
		if err := b.decode([]byte(body)); err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, e := range b.entries {
			fmt.Fprintf(&got, "%q %q %q;", e.key, e.explicit, e.data)
		}
		if want := `"aé\n" "" "hello";"b" "12" "";"" "" "";"" "" "";`; got.String() != want {
			t.Errorf("entries are %s, want %s", got.String(), want)
		}
		if e := b.entries; e[1].data == nil || e[2].data != nil || e[2].key != nil || e[0].explicit != nil {
			t.Error("absent and empty members are confused")
		}
		if b.ref != (streamRef{"s", "arn"}) || !b.dryRun || !b.listed {
			t.Errorf("batch is %+v", b)
		}
		if err := b.decode([]byte(`{"StreamName":"t"}`)); err != nil || b.listed || len(b.entries) != 0 || b.dryRun {
			t.Errorf("the next request is %+v, %v", b, err)
		}
	}
}

func TestDecodePutRefuses(t *testing.T) {
	for _, body := range []string{
		``, `[]`, `null`, `{`, `{"Records":{}}`, `{"Records":[1]}`, `{"Records":["a"]}`, `{"Records":[null]}`, `{"StreamName":1}`, `{"DryRun":"yes"}`, `{} {}`,
		`{"Records":[{"Data":"a"}]}`, `{"Records":[{"Data":"aGVsbG8"}]}`, `{"Records":[{"Data":"aGVs bG8="}]}`, `{"Records":[{"Data":"aGVs\nbG8="}]}`,
		`{"Records":[{"Data":"aGVsbG9="}]}`, `{"Records":[{"Data":"a-_b"}]}`, `{"Records":[{"Data":5}]}`, `{"Records":[{"PartitionKey":["a"]}]}`, "{\"Records\":[{\"PartitionKey\":\"\xff\"}]}",
	} {
		if err := new(putBatch).decode([]byte(body)); err == nil {
			t.Errorf("%q is accepted", body)
		} else if faultOf(err).code != "SerializationException" {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// FuzzDecodePut builds requests out of fuzzed members, in both orders and with foreign members between, and holds the decoder
// against encoding/json.
func FuzzDecodePut(f *testing.F) {
	f.Add("stream", "key", "123", []byte("data"), `{"x":[1,"\ud83d\uded2"]}`, uint8(0))
	f.Add("", "é\n\"\\", "", []byte{}, `null`, uint8(255))
	f.Fuzz(func(t *testing.T, stream, key, hash string, data []byte, foreign string, shape uint8) {
		if !json.Valid([]byte(foreign)) || skipAll(foreign) != nil || !utf8.ValidString(stream) || !utf8.ValidString(key) || !utf8.ValidString(hash) {
			return
		}
		entry := plainEntry{Data: &data, PartitionKey: &key, ExplicitHashKey: &hash}
		if shape&1 != 0 {
			entry.ExplicitHashKey = nil
		}
		if shape&2 != 0 {
			entry.Data = nil
		}
		want := plainPut{StreamName: stream, Records: []plainEntry{entry, {}, entry}[:shape%4], DryRun: shape&4 != 0}
		body, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		body = slices.Concat([]byte(`{"Foreign":`), []byte(foreign), []byte(` , `), body[1:])
		b := new(putBatch)
		if err := b.decode(bytes.Clone(body)); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if b.ref.StreamName != stream || b.dryRun != want.DryRun || len(b.entries) != len(want.Records) {
			t.Fatalf("%s: stream %q, dry run %v, %d entries", body, b.ref.StreamName, b.dryRun, len(b.entries))
		}
		for i, e := range b.entries {
			compareEntry(t, body, e, want.Records[i])
		}
	})
}

// FuzzDecodePutBytes feeds arbitrary bytes: no panic, and what is accepted is JSON.
func FuzzDecodePutBytes(f *testing.F) {
	f.Add([]byte(`{"Records":[{"PartitionKey":"a","Data":"aGVsbG8=","ExplicitHashKey":"1"}],"StreamName":"s"}`))
	f.Add([]byte(`{"Records":null,"DryRun":tru`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := new(putBatch)
		if err := b.decode(bytes.Clone(body)); err == nil && !json.Valid(body) {
			t.Fatalf("%q is accepted", body)
		}
	})
}

func compareEntry(t *testing.T, body []byte, got putEntry, want plainEntry) {
	t.Helper()
	same := func(a []byte, b *string) bool { return (a == nil) == (b == nil) && (b == nil || string(a) == *b) }
	var data *string
	if want.Data != nil {
		data = new(string(*want.Data))
	}
	if !same(got.key, want.PartitionKey) || !same(got.explicit, want.ExplicitHashKey) || !same(got.data, data) {
		t.Fatalf("%q: entry is key %q, hash key %q, data %q", body, got.key, got.explicit, got.data)
	}
}
