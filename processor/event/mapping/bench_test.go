//go:build unix

package mapping

import (
	"bytes"
	"syscall"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

// native is an event of average size in the native format.
const native = `{"session_id": "a9f5b2f4-54a4-4ad5-9e60-fd8e4d5f5b0a", "customer_number": 412, "city": "Lule\u00e5", ` +
	`"country": "Sweden", "credit_limit": 53100, "browse_history": [` +
	`{"product_code": "S18_1749", "quantity": "6", "in_shopping_cart": true}, ` +
	`{"product_code": "S24_2300", "quantity": "1", "in_shopping_cart": false}, ` +
	`{"product_code": "S700_4002", "quantity": "10", "in_shopping_cart": true}]}`

func BenchmarkDecode(b *testing.B) {
	p, err := event.NewPrivacy(event.Key{9})
	if err != nil {
		b.Fatal(err)
	}
	file := func(path string) []byte { return bytes.TrimSpace(read(b, "testdata/"+path)) }
	auto := mustSet(b, "auto", "")
	for _, bench := range []struct {
		name    string
		set     *Set
		privacy *event.Privacy
		data    []byte
	}{
		{"native", nil, nil, []byte(native)},
		{"native_auto", auto, nil, []byte(native)},
		{"segment_view", auto, nil, file("segment/product-viewed.json")},
		{"segment_view_sealed", auto, p, file("segment/product-viewed.json")},
		{"segment_order", auto, nil, file("segment/order-completed.json")},
		{"ga4_bigquery_view", auto, nil, file("ga4/bigquery-view-item.json")},
		{"ga4_measurement_cart", auto, nil, file("ga4/measurement-add-to-cart.json")},
	} {
		b.Run(bench.name, func(b *testing.B) {
			d, r := event.NewDecoder(event.Options{Foreign: bench.set.Reader(), Privacy: bench.privacy, Scout: &silent{}}), record(bench.data)
			var events []event.Event
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
			b.ReportMetric(float64(len(bench.data)), "bytes")
		})
	}
}

type silent struct{}

func (silent) Saw(string, time.Time, []string) {}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
