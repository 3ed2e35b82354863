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

// keep writes what is merged as the snapshot of the hour that begins, unless there is one. A log that is read long after it was written makes none
// for its past. An hour without snapshot costs time, so an error is reported and that is all.
func (f *Follower) keep(ctx context.Context, hour chain.Hour, fleet Fleet) {
	if f.cfg.NoSnapshots || hour < chain.HourOf(f.env.Wall())-1 || !fleet.Keeper() {
		return
	}
	_, at := fleet.Shards()
	if err := f.write(ctx, hour, at); err != nil && ctx.Err() == nil {
		f.env.Trouble(fmt.Errorf("write snapshot: %w", err))
	}
}

func (f *Follower) write(ctx context.Context, hour chain.Hour, at time.Time) error {
	key := f.cfg.Layout.SnapshotKey(hour)
	err := chain.Retry(ctx, f.env, func(ctx context.Context) error {
		_, err := f.bucket.Head(ctx, key)
		return err
	})
	if !errors.Is(err, chain.ErrNotFound) {
		return err
	}
	f.note(at)
	body, err := encode(f.merged.Load().Publish())
	if err != nil {
		return err
	}
	err = chain.Retry(ctx, f.env, func(ctx context.Context) error { return f.bucket.PutIfAbsent(ctx, key, body, f.metadata()) })
	if err != nil && !errors.Is(err, chain.ErrExists) {
		return err
	}
	f.round.Snapshot = int64(len(body))
	return f.removeOld(ctx, hour)
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

func encode(e *model.Edition) ([]byte, error) {
	var body bytes.Buffer
	err := snapshot.Write(&body, e, snapshot.Header{Marks: maps.Collect(e.Marks())})
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
		if s.hour >= now-chain.Hour(f.cfg.Keep/time.Hour) {
			continue
		}
		if err := f.cfg.Remove(ctx, s.key); err != nil {
			return fmt.Errorf("remove old snapshot: %w", err)
		}
	}
	return nil
}

type stored struct {
	key  string
	hour chain.Hour
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
	slices.SortFunc(found, func(a, b stored) int { return cmp.Compare(b.hour, a.hour) })
	return found, nil
}

func (f *Follower) snapshotsIn(ctx context.Context, prefix string) (found []stored, err error) {
	err = chain.Retry(ctx, f.env, func(ctx context.Context) error {
		found = found[:0]
		for o, err := range f.bucket.List(ctx, prefix) {
			if err != nil {
				return err
			}
			if hour, ok := f.cfg.Layout.ParseSnapshotKey(o.Key); ok {
				found = append(found, stored{o.Key, hour})
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
