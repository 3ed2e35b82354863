package processor

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
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
	BrowseHistory   []pastStep `parquet:"browse_history,list,optional"`
	Duplicate       bool       `parquet:"duplicate"`
}

type pastStep struct {
	ProductCode *string `parquet:"product_code,optional,dict"`
	Event       *string `parquet:"event,optional,dict"`
	Category    *string `parquet:"category,optional,dict"`
	Brand       *string `parquet:"brand,optional,dict"`
}

// restore folds what the shard and its ancestors have committed, as far back as the window goes, in the order in which it was
// committed. Objects are fetched one after the other: the order is the state.
func (p *Processor) restore(ctx context.Context) error {
	since := p.writer.End().Hour - chain.Hour((p.cfg.RestoreWindow+time.Hour-1)/time.Hour)
	keys, err := p.writer.Lineage(ctx, since)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := p.restoreLink(ctx, key); err != nil {
			return fmt.Errorf("restore from %s: %w", key, err)
		}
	}
	return nil
}

func (p *Processor) restoreLink(ctx context.Context, key string) error {
	var body []byte
	err := chain.Retry(ctx, p.env, func(ctx context.Context) (err error) {
		body, _, err = p.bucket.Get(ctx, key)
		return err
	})
	if err != nil {
		return err
	}
	return table.Read(ctx, bytes.NewReader(body), int64(len(body)), func(rows []past) error {
		for i := range rows {
			p.remember(&rows[i])
		}
		return nil
	})
}

// remember does for a committed row what row and learn did for its event.
func (p *Processor) remember(r *past) {
	if r.SessionID == nil {
		return
	}
	p.seen.seen(*r.SessionID, text(r.EventID), r.ArrivalTime)
	if r.Duplicate {
		return
	}
	p.learned = p.learned[:0]
	for i := range r.BrowseHistory {
		s := &r.BrowseHistory[i]
		if s.ProductCode == nil {
			continue
		}
		kind, _ := event.ParseType(text(s.Event))
		p.learned = append(p.learned, model.Interaction{
			Item: *s.ProductCode, Type: model.EventType(kind), Category: text(s.Category), Brand: text(s.Brand),
		})
	}
	p.observe(*r.SessionID, r.ArrivalTime.UnixMilli(), r.hashKey())
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
