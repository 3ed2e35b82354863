package processor

import (
	"encoding/binary"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// learn gives an event to the model.
func (c *rows) learn(r *event.Record, e *event.Event) {
	c.learned = c.learned[:0]
	for i := range e.History {
		if h := &e.History[i]; h.ProductCode.Valid {
			c.learned = append(c.learned, model.Interaction{
				Item: h.ProductCode.Value, Type: model.EventType(h.Type), Category: h.Category.Value, Brand: h.Brand.Value,
			})
		}
	}
	c.observe(e.SessionID, r.Arrival.UnixMilli(), e.HashKey)
}

// observe gives c.learned to the model.
func (c *rows) observe(session string, arrivalMs int64, key event.HashKey) {
	if len(c.learned) == 0 {
		return
	}
	c.facts = c.model.Observe(c.facts[:0], model.Record{
		Session: session, ArrivalMs: arrivalMs, Items: c.learned,
		HashKey: [2]uint64{binary.BigEndian.Uint64(key[:8]), binary.BigEndian.Uint64(key[8:])},
	})
}

// recommend computes the row's list for the session that has just acted. The lists of one record's rows share c.lists.
func (c *rows) recommend(row *table.Row, e *event.Event) {
	if c.length <= 0 {
		return
	}
	c.scored = c.model.Recommend(c.scored[:0], e.SessionID, c.length)
	start := len(c.lists)
	for _, s := range c.scored {
		c.lists = append(c.lists, table.Recommendation{ProductCode: s.Item, Score: float64(s.Score) / (1 << 20)}) // 20 fractional bits: exact
	}
	row.Recommendations = c.lists[start:len(c.lists):len(c.lists)]
}
