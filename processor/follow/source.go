package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// source is the log of one shard.
type source struct {
	at      chain.Bookmark // up to where it is merged
	arrival int64          // of the last record there, Unix ms; before the first, when the shard was first seen
	end     chain.Bookmark // up to where it may be merged
	closed  bool           // end is the end of the shard
	waits   int64          // arrival of the last record of the next link, which was too late for the shards of this process
}

// caughtUp reports whether everything that was known to be committed is merged.
func (s *source) caughtUp() bool { return chain.Compare(s.at.Last, s.end.Last) >= 0 }

// due reports whether there is something to merge for shards that have reached an arrival time.
func (s *source) due(reached int64) bool { return !s.caughtUp() && s.waits <= reached }

// look takes note of where the logs end, and forgets shards that have no row any more. Their facts stay.
func (f *Follower) look(ctx context.Context, shards []Shard) error {
	known := map[string]bool{}
	var errs []error
	for _, shard := range shards {
		known[shard.ID] = true
		s := f.sources[shard.ID]
		if s == nil {
			s = &source{arrival: f.env.Wall().UnixMilli()}
			f.sources[shard.ID] = s
		}
		switch {
		case shard.Ended && !s.closed:
			errs = append(errs, f.close(ctx, shard.ID, s))
		case chain.Compare(shard.Bookmark.Last, s.end.Last) > 0:
			s.end = shard.Bookmark
		}
	}
	for id := range f.sources {
		if !known[id] && len(shards) > 0 {
			delete(f.sources, id)
			f.merged.Load().Drop(id)
		}
	}
	return errors.Join(errs...)
}

// close reads where the log of an ended shard ends.
func (f *Follower) close(ctx context.Context, id string, s *source) error {
	mark, err := chain.ReadEnd(ctx, f.env, f.bucket, f.cfg.Layout, id)
	if err != nil {
		return fmt.Errorf("follow %s: %w", id, err)
	}
	if mark != nil {
		s.closed, s.end = true, chain.Bookmark{Last: mark.Last, Hour: mark.Hour}
		return nil
	}
	// The shard ended before this log began; or it goes on in hours of which this log has nothing, and ends here where its links do.
	end, err := chain.LastLink(ctx, f.env, f.bucket, f.cfg.Layout, id)
	if err != nil {
		return fmt.Errorf("follow %s: %w", id, err)
	}
	if s.closed = true; chain.Compare(end.Last, s.end.Last) > 0 {
		s.end = end
	}
	return nil
}

// merge reads what is due, hour by hour: a snapshot is of whole hours.
func (f *Follower) merge(ctx context.Context, fleet Fleet) error {
	reached := fleet.Reached()
	first, last := f.due(reached)
	var errs []error
	for hour := first; hour <= last && ctx.Err() == nil; hour++ {
		links, err := f.list(ctx, hour, reached)
		errs = append(errs, err)
		if len(links) == 0 {
			continue
		}
		if hour > f.hour && f.hour > 0 {
			f.keep(ctx, hour, fleet)
		}
		f.hour = max(f.hour, hour)
		errs = append(errs, chain.Fold(ctx, f.env, f.bucket, links, func(o chain.Object, body []byte) error {
			return f.fold(ctx, o, body, reached)
		}))
		if err := errors.Join(errs...); err != nil {
			return err // what comes later in a log must not be merged before what is missing
		}
	}
	for _, s := range f.sources {
		if !s.caughtUp() && s.waits > reached {
			f.round.Waiting++
		}
	}
	return errors.Join(append(errs, context.Cause(ctx))...)
}

// due returns the hours in which links are that are due, first > last when there are none.
func (f *Follower) due(reached int64) (first, last chain.Hour) {
	first, last = 1<<62, 0
	for _, s := range f.sources {
		if s.due(reached) {
			first, last = min(first, f.begin(s)), max(last, s.end.Hour)
		}
	}
	return first, last
}

// begin returns the first hour in which a source may have links that are not merged.
func (f *Follower) begin(s *source) chain.Hour {
	if s.at.Last != "" {
		return s.at.Hour
	}
	from := f.env.Wall()
	if f.cfg.Past > 0 && f.cfg.Past < chain.HourOf(from) {
		from = f.cfg.Past.Time()
	}
	return chain.HourOf(from.Add(-f.cfg.Window))
}

// fewShards is how many shards are listed one by one. For more, the hour is listed as a whole.
const fewShards = 4

// list returns the links of an hour that are due, the chain of each shard in its order.
func (f *Follower) list(ctx context.Context, hour chain.Hour, reached int64) (due []chain.Object, err error) {
	var shards []string
	for id, s := range f.sources {
		if s.due(reached) && f.begin(s) <= hour && hour <= s.end.Hour {
			shards = append(shards, id)
		}
	}
	if len(shards) > fewShards {
		shards = []string{""}
	}
	for _, shard := range shards {
		links, err := chain.Links(ctx, f.env, f.bucket, f.cfg.Layout, hour, shard)
		if err != nil {
			return nil, fmt.Errorf("follow %s: %w", hour, err)
		}
		for _, l := range links {
			s := f.sources[l.Shard]
			if s != nil && s.due(reached) && chain.Compare(l.First, s.at.Last) > 0 && chain.Compare(l.First, s.end.Last) <= 0 {
				due = append(due, l.Object())
			}
		}
	}
	return due, nil
}

// fold merges a link, unless it, or one before it, has to wait.
func (f *Follower) fold(ctx context.Context, o chain.Object, body []byte, reached int64) error {
	link, err := chain.ParseLink(o)
	if err != nil {
		return fmt.Errorf("follow %s: %w", o.Key, err)
	}
	s := f.sources[link.Shard]
	if s == nil || s.waits > reached {
		return nil
	}
	if s.waits = link.LastArrival.UnixMilli(); s.waits > reached {
		return nil
	}
	err = f.learn(ctx, body)
	if err != nil && !errors.Is(err, table.ErrCorrupt) {
		return fmt.Errorf("follow %s: %w", o.Key, err)
	}
	f.round.Links++
	if err != nil {
		f.round.Damaged++
		f.env.Trouble(fmt.Errorf("pass over damaged %s: %w", o.Key, err))
	}
	s.at, s.arrival = chain.Bookmark{Last: link.Last, Hour: link.Hour}, s.waits
	return nil
}

// learn adds the facts of a link.
func (f *Follower) learn(ctx context.Context, body []byte) error {
	merged := f.merged.Load()
	return table.ReadFacts(ctx, bytes.NewReader(body), int64(len(body)), func(rows []table.Fact) error {
		for i := range rows {
			f.add(merged, &rows[i])
			f.pauses.Take(ctx, f.env)
		}
		return nil
	})
}

// add adds what the model of a shard has learnt from a row.
func (f *Follower) add(merged *model.Merged, r *table.Fact) {
	if f.erased(r.CustomerID, r.Arrival) {
		return
	}
	r.EachLearnt(func(fact model.Fact) {
		if !f.erased(r.CustomerID, time.UnixMilli(fact.Touch.Ms())) { // more was done with an item than before
			merged.Add(fact)
		}
	})
}

func (f *Follower) erased(customer string, arrival time.Time) bool {
	return f.cfg.Erased != nil && customer != "" && f.cfg.Erased(customer, arrival)
}
