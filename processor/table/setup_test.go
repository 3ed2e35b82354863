package table

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// catalog makes rows as production has them: Zipf-distributed products of a catalogue of 20,000, a few thousand open sessions
// of several events each, customers with pseudonyms, fixed-point scores.
type catalog struct {
	rng      *rand.Rand
	zipf     *rand.Zipf
	variants uint64 // of each product; nearly every product is another one when there are many
	sequence int
	arrival  time.Time
	open     []visitor
	perVisit int // events of a session
}

type visitor struct {
	session, customer, city string
	since                   *time.Time
}

func newCatalog(perVisit int) *catalog {
	rng := rand.New(rand.NewPCG(1, 2))
	c := &catalog{
		rng: rng, zipf: rand.NewZipf(rng, 1.2, 20, 20_000), variants: 1, perVisit: perVisit,
		arrival: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	}
	for range 3000 {
		c.open = append(c.open, newVisitor(rng))
	}
	return c
}

func newVisitor(r *rand.Rand) visitor {
	return visitor{
		session: fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x",
			r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Uint64()>>16),
		customer: fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()),
		city:     fmt.Sprintf("City %d", r.IntN(300)),
	}
}

func (c *catalog) product() string {
	return fmt.Sprintf("S%02d_%04d", c.zipf.Uint64()%c.variants, c.zipf.Uint64())
}

func (c *catalog) row(recommendations int) Row {
	v := &c.open[c.rng.IntN(len(c.open))]
	if c.rng.IntN(c.perVisit) == 0 {
		*v = newVisitor(c.rng)
	}
	if v.since == nil {
		v.since = new(c.arrival.Truncate(time.Second))
	}
	c.sequence += 1 + c.rng.IntN(1<<20)
	c.arrival = c.arrival.Add(time.Duration(c.rng.IntN(2000)) * time.Microsecond)
	r := Row{
		ShardID:        "shardId-000000000003",
		SequenceNumber: fmt.Sprintf("495903382714902566085596925383615710959%017d", c.sequence),
		PartitionKey:   v.session, ArrivalTime: c.arrival, SessionID: new(v.session), CustomerID: new(v.customer),
		KeyID: new("c4753388"), City: new(v.city), Country: new("Sweden"),
		CreditLimit: new(int64(c.rng.IntN(1000)) * 1_000_000), ModelVersion: new(int32(7)),
		VisitStarted: v.since,
	}
	for range 1 + c.rng.IntN(4) {
		r.BrowseHistory = append(r.BrowseHistory, Entry{
			ProductCode: new(c.product()), Quantity: new(int64(1 + c.rng.IntN(10))),
			InShoppingCart: new(c.rng.IntN(2) == 0), Event: new("view"),
			TouchOffset: new(int64(len(r.BrowseHistory))),
		})
	}
	score := 1 << 20
	for range recommendations {
		score -= c.rng.IntN(1 << 14)
		r.Recommendations = append(r.Recommendations, Recommendation{c.product(), float64(score) / (1 << 16)})
	}
	return r
}

func (c *catalog) rows(n, recommendations int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = c.row(recommendations)
	}
	return rows
}

// writeFile writes rows in one Append.
func writeFile(t testing.TB, o Options, rows []Row, meta map[string]string) []byte {
	t.Helper()
	w, err := NewWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(rows); err != nil {
		t.Fatal(err)
	}
	file, err := w.Close(meta)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
