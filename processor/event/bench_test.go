//go:build unix

package event

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"
)

func BenchmarkDecode(b *testing.B) {
	aggregated, err := Aggregate([]UserRecord{
		{PartitionKey: "p1", Data: []byte(typical)},
		{PartitionKey: "p2", Data: []byte(typical)},
		{PartitionKey: "p3", Data: []byte(typical)},
		{PartitionKey: "p4", Data: []byte(typical)},
	})
	if err != nil {
		b.Fatal(err)
	}
	privacy := testPrivacy(b)
	for _, bench := range []struct {
		name    string
		options Options
		data    string
	}{
		{"clear", Options{}, typical},
		{"private", Options{Privacy: privacy}, typical},
		{"extra", Options{}, strings.Replace(typical, `"city"`, `"referrer":"mail","city"`, 1)},
		{"extra_sealed", Options{Privacy: privacy}, strings.Replace(typical, `"city"`, `"referrer":"mail","city"`, 1)},
		{"lines4", Options{}, strings.Repeat(typical+"\n", 4)},
		{"aggregate4", Options{}, string(aggregated)},
		{"gzip4", Options{}, gzipped(strings.Repeat(typical+"\n", 4))},
	} {
		b.Run(bench.name, func(b *testing.B) {
			d, r := NewDecoder(bench.options), recordOf(bench.data)
			var events []Event
			b.ReportAllocs()
			n, start := 0, cpuTime()
			for b.Loop() {
				events = d.Decode(events[:0], r)
				n += len(events)
			}
			if events[0].Err != nil {
				b.Fatal(events[0].Err)
			}
			b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(n), "cpu-ns/event")
		})
	}
}

// naiveEvent is an event for encoding/json.
type naiveEvent struct {
	SessionID      string `json:"session_id"`
	CustomerNumber int64  `json:"customer_number"`
	City           string `json:"city"`
	Country        string `json:"country"`
	CreditLimit    int64  `json:"credit_limit"`
	BrowseHistory  []struct {
		ProductCode    string `json:"product_code"`
		Quantity       string `json:"quantity"`
		InShoppingCart bool   `json:"in_shopping_cart"`
	} `json:"browse_history"`
}

// BenchmarkNaive is encoding/json on the event of BenchmarkDecode, into a struct that takes neither numbers in quotes nor unknown fields.
func BenchmarkNaive(b *testing.B) {
	data := []byte(typical)
	b.ReportAllocs()
	start := cpuTime()
	for b.Loop() {
		var e naiveEvent
		if err := json.Unmarshal(data, &e); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(b.N), "cpu-ns/event")
}

// cpuTime is what the process has used of all cores: unlike wall time it does not count what other programs take.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
