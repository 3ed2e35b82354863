package kinesis

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"testing"
)

func TestAppendRecordIsJSON(t *testing.T) {
	number := sequence{epoch: 1_700_000_000, counter: 77, seconds: 1_700_000_001, shard: 3}
	r := record{counter: 77, arrival: 1_700_000_001_050, key: []byte("k\"\\\n\x01é\u2028"), data: []byte{0, 1, 2, 255}}
	var got struct {
		SequenceNumber              string
		ApproximateArrivalTimestamp json.Number
		Data                        []byte
		PartitionKey                string
	}
	if err := json.Unmarshal(appendRecord(nil, number, r), &got); err != nil {
		t.Fatal(err)
	}
	if got.SequenceNumber != number.String() || got.ApproximateArrivalTimestamp != "1700000001.05" || !bytes.Equal(got.Data, r.data) || got.PartitionKey != string(r.key) {
		t.Errorf("record is %+v", got)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "plain", "\"\\/\b\f\n\r\t\x00\x1f\x7f", "é漢\U0001F6D2\u2028", "\xff\xc3(", "a\xed\xa0\x80z"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := appendString([]byte("x"), text)
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil {
			t.Fatalf("%q is written as %s: %v", text, got[1:], err)
		}
		if want := string([]rune(string(text))); back != want { // conversion to runes replaces each invalid byte
			t.Fatalf("%q is read back as %q, want %q", text, back, want)
		}
	})
}

func TestTimeUnix(t *testing.T) {
	cases := map[int64]string{
		0: "0", 1: "0.001", 10: "0.01", 100: "0.1", 999: "0.999", 1000: "1", 1_700_000_001_050: "1700000001.05", -1: "-0.001", -1500: "-1.5",
	}
	for millis, want := range cases {
		if got := string(timeUnix(millis).append(nil)); got != want {
			t.Errorf("%d ms is %s, want %s", millis, got, want)
		}
		var back timeUnix
		if err := json.Unmarshal([]byte(want), &back); err != nil || int64(back) != millis {
			t.Errorf("%s is %d ms, %v; want %d", want, back, err, millis)
		}
	}
	for text, want := range map[string]int64{"1.7000000010504e9": 1_700_000_001_050, "1459799926.480": 1_459_799_926_480, "5e-1": 500, "0.0004": 0, "0.0006": 1} {
		var back timeUnix
		if err := json.Unmarshal([]byte(text), &back); err != nil || int64(back) != want {
			t.Errorf("%s is %d ms, %v; want %d", text, back, err, want)
		}
	}
	for _, text := range []string{`"1"`, `true`, `1e300`, `-1e18`, `[]`, `{}`} {
		var back timeUnix
		if err := json.Unmarshal([]byte(text), &back); err == nil {
			t.Errorf("%s is taken for %d ms", text, back)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add(token{kind: tokenIterator, issued: 1, epoch: 2, counter: 3, shard: 4, stream: "s"}.String())
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseToken(tokenIterator, text)
		if err == nil && got.String() != text {
			t.Fatalf("%q was read as %+v, which is %q", text, got, got.String())
		}
	})
}

func TestToken(t *testing.T) {
	want := token{kind: tokenShards, issued: math.MinInt64, epoch: 1<<64 - 1, counter: 5, shard: 1<<32 - 1, filter: 6, time: -7, stream: "a.b_c-d"}
	if got, err := parseToken(tokenShards, want.String()); err != nil || got != want {
		t.Errorf("%+v came back as %+v, %v", want, got, err)
	}
	if got, err := parseToken(tokenIterator, want.String()); err == nil {
		t.Errorf("a token of ListShards is taken for an iterator %+v", got)
	}
	raw, err := base64.StdEncoding.DecodeString(want.String())
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(raw) * 8 {
		raw[bit/8] ^= 1 << (bit % 8)
		if got, err := parseToken(tokenShards, base64.StdEncoding.EncodeToString(raw)); err == nil {
			t.Errorf("bit %d flipped gives %+v", bit, got)
		}
		raw[bit/8] ^= 1 << (bit % 8)
	}
}
