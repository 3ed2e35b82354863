package processor

import (
	"bytes"
	"context"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// past has the columns of table.Row that the state of a shard is made of.
type past struct {
	PartitionKey    string     `parquet:"partition_key"`
	ExplicitHashKey *string    `parquet:"explicit_hash_key,optional"`
	ArrivalTime     time.Time  `parquet:"arrival_time,timestamp(microsecond)"`
	EventID         *string    `parquet:"event_id,optional"`
	SessionID       *string    `parquet:"session_id,optional,dict"`
	CustomerID      *string    `parquet:"customer_id,optional,dict"`
	BrowseHistory   []pastStep `parquet:"browse_history,list,optional"`
	Duplicate       bool       `parquet:"duplicate"`
}

type pastStep struct {
	ProductCode *string `parquet:"product_code,optional,dict"`
	Event       *string `parquet:"event,optional,dict"`
	Category    *string `parquet:"category,optional,dict"`
	Brand       *string `parquet:"brand,optional,dict"`
}

// Restore implements Contents.
func (c *rows) Restore(ctx context.Context, body []byte) error {
	return table.Read(ctx, bytes.NewReader(body), int64(len(body)), func(rows []past) error {
		for i := range rows {
			c.remember(&rows[i])
		}
		return nil
	})
}

// remember does for a committed row what add did for its event.
func (c *rows) remember(r *past) {
	if r.SessionID == nil || c.forgets(r) {
		return
	}
	c.seen.seen(*r.SessionID, text(r.EventID), r.ArrivalTime)
	if r.Duplicate {
		return
	}
	c.learned = c.learned[:0]
	for i := range r.BrowseHistory {
		s := &r.BrowseHistory[i]
		if s.ProductCode == nil {
			continue
		}
		kind, _ := event.ParseType(text(s.Event))
		c.learned = append(c.learned, model.Interaction{
			Item: *s.ProductCode, Type: model.EventType(kind), Category: text(s.Category), Brand: text(s.Brand),
		})
	}
	c.observe(*r.SessionID, r.ArrivalTime.UnixMilli(), r.hashKey())
}

// forgets reports whether the customer of a row has been erased since it arrived.
func (c *rows) forgets(r *past) bool {
	return c.erased != nil && r.CustomerID != nil && c.erased(*r.CustomerID, r.ArrivalTime)
}

// hashKey is the key that decides which shard owns the session. A row's explicit key has been parsed before it was written.
func (r *past) hashKey() event.HashKey {
	if r.ExplicitHashKey != nil {
		if k, err := event.ParseHashKey(*r.ExplicitHashKey); err == nil {
			return k
		}
	}
	return event.HashOf(r.PartitionKey)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
