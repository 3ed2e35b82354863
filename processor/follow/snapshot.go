package follow

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/model/snapshot"
	"github.com/streamrec/streamrec/processor/chain"
)

// keep writes what is merged as the snapshot of the hour that begins, unless there is one.
func (f *Follower) keep(ctx context.Context, hour chain.Hour, fleet Fleet) {
	f.save(ctx, moment{hour, 0}, fleet)
}

// keepAmid writes what is merged within an hour, every Config.Every: a worker that starts late in the hour has less of the log to read then.
func (f *Follower) keepAmid(ctx context.Context, fleet Fleet) {
	now := f.moment()
	if now.minute == 0 || !f.kept.before(now) || !fleet.Keeper() || ctx.Err() != nil {
		return
	}
	f.kept = now
	f.save(ctx, now, fleet)
}

// moment is how far the logs are merged: the last Config.Every of the hour that has begun by the time of arrival.
func (f *Follower) moment() moment {
	var arrival int64
	for _, s := range f.sources {
		if s.at.Hour == f.hour {
			arrival = max(arrival, s.arrival)
		}
	}
	into := min(max(time.UnixMilli(arrival).Sub(f.hour.Time()), 0), time.Hour-1)
	return moment{f.hour, int(into.Truncate(f.cfg.Every) / time.Minute)}
}

// save writes a snapshot, unless there is one. A log that is read long after it was written makes none for its past. One that is missing costs time, so an
// error is reported and that is all.
func (f *Follower) save(ctx context.Context, at moment, fleet Fleet) {
	if f.cfg.NoSnapshots || at.hour < chain.HourOf(f.env.Wall())-1 || !fleet.Keeper() {
		return
	}
	_, read := fleet.Shards()
	if err := f.write(ctx, at, read); err != nil && ctx.Err() == nil {
		f.env.Trouble(fmt.Errorf("write snapshot: %w", err))
	}
}

func (f *Follower) write(ctx context.Context, of moment, at time.Time) error {
	key := f.cfg.Layout.SnapshotKey(of.hour, of.minute)
	err := chain.Retry(ctx, f.env, func(ctx context.Context) error {
		_, err := f.bucket.Head(ctx, key)
		return err
	})
	if !errors.Is(err, chain.ErrNotFound) {
		return err
	}
	f.note(at)
	body, err := f.encode(f.merged.Load().Publish())
	if err != nil {
		return err
	}
	err = chain.Retry(ctx, f.env, func(ctx context.Context) error { return f.bucket.PutIfAbsent(ctx, key, body, f.metadata()) })
	if err != nil && !errors.Is(err, chain.ErrExists) {
		return err
	}
	f.round.Snapshot = int64(len(body))
	return f.removeOld(ctx, of.hour)
}

// metaTombstones is how many erasures the facts of a snapshot were read under.
const metaTombstones = "tombstones"

func (f *Follower) metadata() map[string]string {
	return map[string]string{metaTombstones: strconv.Itoa(f.heeded)}
}

// heeds reports whether a snapshot was read under all erasures that are known, or more.
func (f *Follower) heeds(o chain.Object) (tombstones int, ok bool) {
	tombstones, err := strconv.Atoi(o.Metadata[metaTombstones])
	return tombstones, err == nil && tombstones >= f.cfg.Tombstones()
}

// encode writes an edition. Its marks are those of the last records that are merged: that a log had nothing newer is known to who has looked, and no
// longer to who reads the snapshot later.
func (f *Follower) encode(e *model.Edition) ([]byte, error) {
	marks := maps.Collect(e.Marks())
	for id, mark := range marks {
		if s := f.sources[id]; s != nil {
			mark.ThroughMs = s.arrival
			marks[id] = mark
		}
	}
	var body bytes.Buffer
	err := snapshot.Write(&body, e, snapshot.Header{Marks: marks})
	return body.Bytes(), err
}

// removeOld removes the snapshots that are too old for anybody.
func (f *Follower) removeOld(ctx context.Context, now chain.Hour) error {
	if f.cfg.Remove == nil {
		return nil
	}
	keys, err := f.snapshots(ctx)
	if err != nil {
		return err
	}
	for _, s := range keys {
		if !f.old(s.moment, now) {
			continue
		}
		if err := f.cfg.Remove(ctx, s.key); err != nil {
			return fmt.Errorf("remove old snapshot: %w", err)
		}
	}
	return nil
}

// old reports whether nobody would begin with a snapshot any more. Replays begin with those of whole hours; the others are for workers that start now.
func (f *Follower) old(s moment, now chain.Hour) bool {
	return s.hour < now-chain.Hour(f.cfg.Keep/time.Hour) || s.minute > 0 && s.hour < now-1
}

// moment is of what a snapshot has everything: the hours before this one, and this one up to about a minute.
type moment struct {
	hour   chain.Hour
	minute int
}

func (m moment) compare(o moment) int {
	return cmp.Or(cmp.Compare(m.hour, o.hour), cmp.Compare(m.minute, o.minute))
}

func (m moment) before(o moment) bool { return m.compare(o) < 0 }

type stored struct {
	key string
	moment
}

// snapshots lists the snapshots that belong to the hours of the layout, in whatever generation, the newest first.
func (f *Follower) snapshots(ctx context.Context) (found []stored, err error) {
	for _, g := range f.cfg.Layout.Generations() {
		of, err := f.snapshotsIn(ctx, f.cfg.Layout.In(g).SnapshotsPrefix())
		if err != nil {
			return nil, wrap("list snapshots", err)
		}
		found = append(found, of...)
	}
	slices.SortFunc(found, func(a, b stored) int { return b.compare(a.moment) })
	return found, nil
}

func (f *Follower) snapshotsIn(ctx context.Context, prefix string) (found []stored, err error) {
	err = chain.Retry(ctx, f.env, func(ctx context.Context) error {
		found = found[:0]
		for o, err := range f.bucket.List(ctx, prefix) {
			if err != nil {
				return err
			}
			if hour, minute, ok := f.cfg.Layout.ParseSnapshotKey(o.Key); ok {
				found = append(found, stored{o.Key, moment{hour, minute}})
			}
		}
		return nil
	})
	return found, err
}

// restore begins with the newest snapshot that can be used. Those that cannot are reported.
func (f *Follower) restore(ctx context.Context) error {
	keys, err := f.snapshots(ctx)
	if err != nil {
		return err
	}
	fresh := func() *model.Merged { return model.NewMerged(f.cfg.Model) }
	var failed error
	merged, header, found, passed := snapshot.Newest(f.read(ctx, keys, &failed), fresh)
	if failed != nil {
		return failed
	}
	if passed != nil {
		f.env.Trouble(fmt.Errorf("pass over snapshots: %w", passed))
	}
	defer f.merged.Store(merged)
	if !found {
		f.heeded = f.cfg.Tombstones()
		return nil
	}
	for id, mark := range header.Marks {
		at, err := chain.ParseBookmark(mark.Link)
		if err != nil { // its log is read from the window on
			f.env.Trouble(fmt.Errorf("read mark of %s in snapshot: %w", id, err))
			continue
		}
		f.sources[id] = &source{at: at, arrival: mark.ThroughMs}
		merged.Note(id, mark)
		f.hour = max(f.hour, at.Hour)
	}
	merged.Publish()
	return nil
}

// read gets one snapshot after the other, as long as somebody wants them. failed is set when one cannot be got, which is not its fault.
func (f *Follower) read(ctx context.Context, keys []stored, failed *error) iter.Seq[io.Reader] {
	return func(yield func(io.Reader) bool) {
		for _, s := range keys {
			var body []byte
			var o chain.Object
			err := chain.Retry(ctx, f.env, func(ctx context.Context) (err error) {
				body, o, err = f.bucket.Get(ctx, s.key)
				return err
			})
			if errors.Is(err, chain.ErrNotFound) {
				continue // somebody has removed it
			}
			if err != nil {
				*failed = fmt.Errorf("read snapshot: %w", err)
				return
			}
			ok := false
			if f.heeded, ok = f.heeds(o); !ok {
				continue
			}
			if !yield(bytes.NewReader(body)) {
				return
			}
		}
	}
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
