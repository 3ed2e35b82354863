//go:build unix

package processor

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// traffic is a shop with categories of 400 products: 2,000 shoppers at a time, each within a category, popular products and a long tail.
type traffic struct {
	rng             *rand.Rand
	category, items *rand.Zipf
	now             time.Time
	sequence        int
	open            []shopper
}

type shopper struct{ number, category, left int }

func newTraffic(categories uint64) *traffic {
	rng := rand.New(rand.NewPCG(1, 1))
	return &traffic{
		rng: rng, category: rand.NewZipf(rng, 1.05, 8, categories-1), items: rand.NewZipf(rng, 1.05, 4, 399),
		now: time.UnixMilli(1_700_000_000_000), open: make([]shopper, 2000),
	}
}

// step lets one shopper look at a product.
func (w *traffic) step() (session string, product string, category, customer int) {
	s := &w.open[w.rng.IntN(len(w.open))]
	if s.left == 0 {
		*s = shopper{number: w.rng.Int(), category: int(w.category.Uint64()), left: 2 + int(w.rng.ExpFloat64()*2.5)}
	}
	s.left--
	w.now = w.now.Add(time.Duration(w.rng.IntN(20)) * time.Millisecond)
	return fmt.Sprintf("s%015x", s.number), fmt.Sprintf("P%03d-%04d", s.category, w.items.Uint64()), s.category, s.number % 1_000_000
}

// record returns the next record: one step, with all the fields that shops send.
func (w *traffic) record() event.Record {
	session, product, category, customer := w.step()
	w.sequence++
	return event.Record{
		SequenceNumber: fmt.Sprintf("495903382714902566085596925383615710959%017d", w.sequence), PartitionKey: session, Arrival: w.now,
		Data: fmt.Appendf(nil, `{"session_id":"%s","event_id":"%s-%d","customer_number":%d,"city":"Gothenburg","country":"Sweden","credit_limit":5000,`+
			`"browse_history":[{"product_code":"%s","category":"category-%d","brand":"brand-%d","price":19.90,"currency":"EUR","quantity":"1","in_shopping_cart":%t}]}`,
			session, session, w.sequence, customer, product, category, w.rng.IntN(3), w.rng.IntN(10) == 0),
	}
}

// fill teaches a model until it has a number of facts, or so few that a benchmark shows no more than that it works.
func (w *traffic) fill(m *model.Model, facts int) {
	if testing.Short() {
		facts /= 100
	}
	var made []model.Fact
	for n := 0; ; n++ {
		if n%1000 == 0 && m.Stats().Facts >= facts {
			return
		}
		session, product, category, _ := w.step()
		made = m.Observe(made[:0], model.Record{
			Session: session, ArrivalMs: w.now.UnixMilli(),
			Items: []model.Interaction{{Item: product, Category: fmt.Sprint("category-", category), Brand: "brand-1"}},
		})
	}
}

// shopSize is the size of a catalogue, in categories of 400 products, and how much a model has learnt of it.
type shopSize struct {
	name       string
	categories uint64
	facts      int
}

// BenchmarkEvents is the way of an event through a shard: what a CPU second of the process, garbage collection included, is enough for. Each
// line does what the one before does, and one thing more; rows is Contents.Add without recommendations, parquet with them, and an
// object is sealed every 50,000 rows. The network is not in it.
func BenchmarkEvents(b *testing.B) {
	for _, size := range []shopSize{{"products=20000", 50, 1_000_000}, {"products=400000", 1000, 3_000_000}} {
		b.Run(size.name, func(b *testing.B) { benchmarkEvents(b, size) })
	}
}

func benchmarkEvents(b *testing.B, size shopSize) {
	contents, err := newRows(Config{}.WithDefaults(), Shard{Shard: chain.Shard{ID: "shardId-000000000000", StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455"}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	c := contents.(*rows)
	w := newTraffic(size.categories)
	w.fill(c.model, size.facts)
	through := func(length int) func(r *event.Record) error {
		return func(r *event.Record) error {
			c.length = length
			c.starts, c.offsets, c.lists, c.chunk = c.starts[:0], c.offsets[:0], c.lists[:0], c.chunk[:0]
			c.events = c.decoder.Decode(c.events[:0], *r)
			for i := range c.events {
				c.add(r, &c.events[i])
			}
			return nil
		}
	}
	decode := func(r *event.Record) error {
		c.events = c.decoder.Decode(c.events[:0], *r)
		if err := c.events[0].Err; err != nil {
			return err
		}
		return nil
	}
	add := func(length int) func(r *event.Record) error {
		return func(r *event.Record) error {
			if c.length = length; c.Rows() == 50_000 {
				if _, err := c.Seal(map[string]string{}); err != nil {
					return err
				}
				c.Reset()
			}
			_, err := c.Add(r)
			return err
		}
	}
	for _, bench := range []struct {
		name string
		do   func(r *event.Record) error
	}{{"decode", decode}, {"learn", through(-1)}, {"rows", add(-1)}, {"recommend", through(20)}, {"parquet", add(20)}} {
		b.Run(bench.name, func(b *testing.B) { eachRecord(b, w, bench.do) })
	}
}

// eachRecord feeds new records, which are made while the clock stands still.
func eachRecord(b *testing.B, w *traffic, do func(r *event.Record) error) {
	records := make([]event.Record, 20_000)
	at, cpu, since := len(records), time.Duration(0), cpuTime()
	b.ReportAllocs()
	for b.Loop() {
		if at == len(records) {
			cpu += cpuTime() - since
			b.StopTimer()
			for i := range records {
				records[i] = w.record()
			}
			b.StartTimer()
			at, since = 0, cpuTime()
		}
		if err := do(&records[at]); err != nil {
			b.Fatal(err)
		}
		at++
	}
	cpu += cpuTime() - since
	b.ReportMetric(float64(b.N)/cpu.Seconds(), "events/CPU-s")
	b.ReportMetric(float64(cpu.Nanoseconds())/1000/float64(b.N), "CPU-µs/event")
}

// cpuTime is what the process has used of all cores.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
