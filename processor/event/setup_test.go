package event

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// typical is an event of average size: 392 bytes in the data that the schema comes from.
const typical = `{"session_id": "a9f5b2f4-54a4-4ad5-9e60-fd8e4d5f5b0a", "customer_number": 412, "city": "Lule\u00e5", ` +
	`"country": "Sweden", "credit_limit": 53100, "browse_history": [` +
	`{"product_code": "S18_1749", "quantity": "6", "in_shopping_cart": true}, ` +
	`{"product_code": "S24_2300", "quantity": "1", "in_shopping_cart": false}, ` +
	`{"product_code": "S700_4002", "quantity": "10", "in_shopping_cart": true}]}`

var arrival = time.Date(2026, 11, 23, 9, 30, 0, 123456000, time.UTC)

func recordOf(data string) Record {
	return Record{
		SequenceNumber: "49590338271490256608559692538361571095921575989136588898",
		PartitionKey:   "a9f5b2f4-54a4-4ad5-9e60-fd8e4d5f5b0a",
		Arrival:        arrival,
		Data:           []byte(data),
	}
}

func testPrivacy(t testing.TB) *Privacy {
	t.Helper()
	key := Key{}
	for i := range key {
		key[i] = byte(i + 1)
	}
	p, err := NewPrivacy(key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // a Buffer takes everything
	_ = w.Close()
	return b.String()
}

// sealAggregate puts magic and checksum around the body of an aggregate.
func sealAggregate(body []byte) []byte {
	sum := md5.Sum(body)
	return slices.Concat([]byte(aggregateMagic), body, sum[:])
}

func gunzipped(t *testing.T, data string) string {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
