package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// Superseded is what a replay would take away from readers.
type Superseded struct {
	Objects int
	Bytes   int64
	From    chain.Hour // the first and the last hour; 0 when there is nothing
	To      chain.Hour
	Unknown []string // shards that have some of it, and of which the table has no row that they could be read again under
}

// Survey finds what the draft would supersede, and how many records it would read that the stream has no more. It lists the hours of the replay.
func (d *Draft) Survey(ctx context.Context, s Source, stream worker.Stream) (Superseded, error) {
	before, wanted := s.Layout.With(d.Before), s.Layout.With(d.After)
	var out Superseded
	firsts := map[string][]string{}
	for hour := d.first(s.Env); hour <= max(chain.HourOf(s.Env.Wall()), d.From)+1; hour++ {
		if before.GenerationAt(hour) == wanted.GenerationAt(hour) {
			continue
		}
		links, err := chain.Links(ctx, s.Env, s.Bucket, before, hour, "")
		if err != nil {
			return out, fmt.Errorf("survey replay: %w", err)
		}
		for _, l := range links {
			if !d.knows(l.Shard) && !slices.Contains(out.Unknown, l.Shard) {
				out.Unknown = append(out.Unknown, l.Shard)
			}
			out.Objects++
			out.Bytes += l.Size
			firsts[l.Shard] = append(firsts[l.Shard], l.First)
		}
		if len(links) > 0 {
			if out.From == 0 {
				out.From = hour
			}
			out.To = hour
		}
	}
	err := chain.Each(s.Env, len(d.Shards), shardsAtATime, func(i int) error {
		sh := &d.Shards[i]
		for _, first := range firsts[sh.Row.Key] {
			if chain.Compare(first, sh.Then.Last) > 0 && (sh.First == "" || chain.Compare(first, sh.First) < 0) {
				sh.First = first
			}
		}
		if err := sh.look(ctx, s.Env, stream); err != nil || !d.Wanted.Latest || sh.At.Type == lease.ShardEnd {
			return err
		}
		return sh.lookAhead(ctx, s.Env, stream)
	})
	if err != nil {
		return out, fmt.Errorf("survey replay: %w", err)
	}
	return out, nil
}

// knows reports whether there is a row of a shard that names its hash range.
func (d *Draft) knows(shard string) bool {
	i, ok := slices.BinarySearchFunc(d.Shards, shard, func(s ShardDraft, id string) int { return strings.Compare(s.Row.Key, id) })
	return ok && d.Shards[i].Row.StartingHashKey != ""
}

// first returns the first hour that may have something to supersede: before all chains began there is nothing, however far back somebody wants to go.
func (d *Draft) first(env chain.Env) chain.Hour {
	earliest := chain.HourOf(env.Wall()) + 1
	for i := range d.Shards {
		if began := d.Shards[i].Began; began != nil {
			earliest = min(earliest, *began)
		}
	}
	return max(d.From, earliest)
}

// Missing reports whether records that the shard would have to read in the stream are past retention. Of one that was stopped it is not known whether there were
// any. What is read back from the log the stream need not have.
func (s *ShardDraft) Missing() bool {
	last, first := s.Then.Last, s.First
	if s.Log {
		last, first = s.Now.Last, ""
	}
	return s.examined() && (s.Gone || chain.Compare(s.Oldest, last) > 0 && (first == "" || chain.Compare(s.Oldest, first) > 0))
}

// examined reports whether what the stream has of the shard is of interest: something of it would be read again there, or it was stopped.
func (s *ShardDraft) examined() bool {
	if s.At.Type == lease.ShardEnd || s.Log && s.Over {
		return false
	}
	return s.First != "" && !s.Log || s.Row.Stopped != ""
}

// look finds the oldest record that the stream has of the shard, if that is of interest.
func (s *ShardDraft) look(ctx context.Context, env chain.Env, stream worker.Stream) error {
	if !s.examined() {
		return nil
	}
	r, _, err := FirstAt(ctx, env, stream, s.Row.Key, lease.Position{Type: lease.TrimHorizon})
	if err != nil {
		return fmt.Errorf("look for oldest record of %s: %w", s.Row.Key, err)
	}
	if s.Gone = r == nil; r != nil { // else the log has records after the position, and the stream none
		s.Oldest, s.OldestAt = r.SequenceNumber, r.Arrival
	}
	return nil
}

// lookAhead finds the first record that has not been committed.
func (s *ShardDraft) lookAhead(ctx context.Context, env chain.Env, stream worker.Stream) error {
	at := s.At
	if !s.Known {
		at = lease.Position{Type: lease.TrimHorizon}
	}
	r, _, err := FirstAt(ctx, env, stream, s.Row.Key, at)
	if err != nil {
		return fmt.Errorf("look for first record of %s that has not been read: %w", s.Row.Key, err)
	}
	if r != nil {
		s.Unread = r.Arrival
	}
	return nil
}

// FirstAt returns the first record that a shard has from a position on. It is nil when there is none; over says that there never will be: the shard is closed, or gone.
func FirstAt(ctx context.Context, env chain.Env, stream worker.Stream, shard string, at lease.Position) (first *worker.Record, over bool, err error) {
	iterator := ""
	err = chain.Retry(ctx, env, func(ctx context.Context) (err error) {
		iterator, err = stream.Iterator(ctx, shard, at)
		if errors.Is(err, worker.ErrShardGone) {
			return nil
		}
		return err
	})
	for err == nil && iterator != "" {
		var page worker.Page
		err = chain.Retry(ctx, env, func(ctx context.Context) (err error) {
			page, err = stream.Read(ctx, iterator, 1)
			return err
		})
		if err == nil && len(page.Records) > 0 {
			return &page.Records[0], false, nil
		}
		if iterator = page.Next; err == nil && iterator != "" && page.MillisBehindLatest == 0 {
			return nil, false, nil
		}
		if err == nil && iterator != "" {
			err = env.Sleep(ctx, readPause)
		}
	}
	return nil, err == nil, err
}

// readPause leaves most of the five reads a second of a shard to the workers.
const readPause = 400 * time.Millisecond

// Oldest returns the arrival of the oldest record that the stream has in any of the shards, zero when it has none.
func Oldest(ctx context.Context, env chain.Env, stream worker.Stream, rows []lease.Lease) (time.Time, error) {
	found := make([]ShardDraft, len(rows))
	err := chain.Each(env, len(rows), shardsAtATime, func(i int) error {
		found[i] = ShardDraft{Row: rows[i], First: "0"}
		return found[i].look(ctx, env, stream)
	})
	var oldest time.Time
	for i := range found {
		if at := found[i].OldestAt; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	return oldest, err
}
