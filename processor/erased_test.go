package processor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/event"
)

// of makes a customer's record of one.
func of(r event.Record, customer int) event.Record {
	r.Data = []byte(strings.Replace(string(r.Data), "{", fmt.Sprintf(`{"customer_number":%d,`, customer), 1))
	return r
}

// TestErasedCustomersAreForgotten restores a model after a customer has been erased: what only they did is not recommended any more, and
// what arrives of the time before leaves a row without content.
func TestErasedCustomersAreForgotten(t *testing.T) {
	p, err := event.NewPrivacy(event.Key{1})
	if err != nil {
		t.Fatal(err)
	}
	erasedAt, tombstones := noon.Add(-time.Hour), 1
	cfg := processor.Config{Privacy: p, Tombstones: func() int { return tombstones }, Erased: func(id string, arrival time.Time) bool { return id == p.Pseudonym("412") && !arrival.After(erasedAt) }}
	bucket := &chaintest.Bucket{}
	lists := func(b *bench) []string {
		t.Helper()
		b.wait(time.Minute)
		rows := b.rows()
		var out []string
		for _, r := range rows[len(rows)-1].Recommendations {
			out = append(out, r.ProductCode)
		}
		return out
	}
	b := newBench(t, bucket, cfg, chain.Bookmark{})
	b.process(of(view(1, "a", "tea", 0), 412), of(view(2, "a", "secret", 1), 412), of(view(3, "b", "tea", 2), 413), of(view(4, "b", "cup", 3), 413))
	b.process(view(5, "c", "tea", 4))
	if got := lists(b); !slices.Contains(got, "secret") || !slices.Contains(got, "cup") {
		t.Fatalf("before: %v", got)
	}
	erasedAt, tombstones = noon.Add(10*time.Second), 2
	b = newBench(t, bucket, cfg, chain.Bookmark{})
	b.process(view(6, "d", "tea", 20))
	if got := lists(b); slices.Contains(got, "secret") || !slices.Contains(got, "cup") {
		t.Fatalf("after: %v", got)
	}
	b.process(of(view(7, "a", "secret", 5), 412), of(view(8, "e", "cup", 21), 412))
	b.wait(time.Minute)
	rows := b.rows()
	late, back := rows[6], rows[7]
	if late.Error == nil || !strings.HasPrefix(*late.Error, "erased: ") || late.SessionID != nil || late.PartitionKey != "" || late.BrowseHistory != nil {
		t.Errorf("a late record: %+v", late)
	}
	if back.Error != nil || *back.CustomerID != p.Pseudonym("412") {
		t.Errorf("the customer who came back: %+v", back)
	}
}
