package processor

import (
	"bytes"
	"context"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/table"
)

// Restore implements Contents.
func (c *rows) Restore(ctx context.Context, body []byte) error {
	return table.ReadFacts(ctx, bytes.NewReader(body), int64(len(body)), func(facts []table.Fact) error {
		for i := range facts {
			c.remember(&facts[i])
		}
		return nil
	})
}

// remember does for a committed row what add did for its event. A session of an ancestor that another shard goes on with has no open visit
// here, from which its facts would follow: they are taken from the row.
func (c *rows) remember(f *table.Fact) {
	if f.SessionID == "" || c.forgets(f, f.Arrival) {
		return
	}
	if !c.hashes.Contains(f.HashKey()) {
		f.EachLearnt(func(fact model.Fact) {
			if !c.forgets(f, time.UnixMilli(fact.Touch.Ms())) { // more was done with an item than before
				c.model.Add(fact)
			}
		})
		return
	}
	c.seen.seen(f.SessionID, f.EventID, f.Arrival)
	if f.Duplicate {
		return
	}
	c.learned = c.learned[:0]
	for _, s := range f.Steps {
		c.learned = append(c.learned, model.Interaction{Item: s.ProductCode, Type: model.EventType(s.Type), Category: s.Category, Brand: s.Brand})
	}
	c.observe(f.SessionID, f.Arrival.UnixMilli(), f.HashKey())
}

// forgets reports whether the customer of a row has been erased since a time.
func (c *rows) forgets(f *table.Fact, since time.Time) bool {
	return c.erased != nil && f.CustomerID != "" && c.erased(f.CustomerID, since)
}
