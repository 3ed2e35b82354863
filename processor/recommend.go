package processor

import (
	"encoding/binary"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// learn gives an event to the model.
func (p *Processor) learn(r *event.Record, e *event.Event) {
	p.learned = p.learned[:0]
	for i := range e.History {
		if h := &e.History[i]; h.ProductCode.Valid {
			p.learned = append(p.learned, model.Interaction{
				Item: h.ProductCode.Value, Type: model.EventType(h.Type), Category: h.Category.Value, Brand: h.Brand.Value,
			})
		}
	}
	p.observe(e.SessionID, r.Arrival.UnixMilli(), e.HashKey)
}

// observe gives p.learned to the model.
func (p *Processor) observe(session string, arrivalMs int64, key event.HashKey) {
	if len(p.learned) == 0 {
		return
	}
	p.facts = p.model.Observe(p.facts[:0], model.Record{
		Session: session, ArrivalMs: arrivalMs, Items: p.learned,
		HashKey: [2]uint64{binary.BigEndian.Uint64(key[:8]), binary.BigEndian.Uint64(key[8:])},
	})
}

// recommend computes the row's list for the session that has just acted. The lists of one record's rows share p.lists.
func (p *Processor) recommend(row *table.Row, e *event.Event) {
	if p.cfg.Recommendations <= 0 {
		return
	}
	p.scored = p.model.Recommend(p.scored[:0], e.SessionID, p.cfg.Recommendations)
	start := len(p.lists)
	for _, s := range p.scored {
		p.lists = append(p.lists, table.Recommendation{ProductCode: s.Item, Score: float64(s.Score) / (1 << 20)}) // 20 fractional bits: exact
	}
	row.Recommendations = p.lists[start:len(p.lists):len(p.lists)]
}
