package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// TakeOver finds the end of a shard's chain, beginning at the bookmark, and returns the writer that continues it.
// A bookmark that no link bears out, or a chain whose links do not follow each other, is ErrBroken.
func TakeOver(ctx context.Context, env Env, b Bucket, l Layout, shard Shard, leaseCounter int64, at Bookmark) (*Writer, error) {
	w := &Writer{env: env, bucket: b, layout: l, shard: shard, leaseCounter: leaseCounter, bookmark: at}
	if err := w.takeOver(ctx, at); err != nil {
		return nil, fmt.Errorf("take over chain of %s: %w", shard.ID, err)
	}
	return w, nil
}

func (w *Writer) takeOver(ctx context.Context, at Bookmark) error {
	hour, err := w.parentsHour(ctx)
	if err != nil {
		return err
	}
	w.end.Hour = hour
	start, first, err := readStart(ctx, w.env, w.bucket, w.layout, w.shard.ID)
	if err != nil {
		return err
	}
	if w.first = first; start == nil {
		if at.Last != "" {
			return fmt.Errorf("the bookmark is at %s and there is no start mark: %w", at.Last, ErrBroken)
		}
		return nil
	}
	w.begun(start)
	if start.First == "" {
		return nil // the shard ended without a record
	}
	if at.Last != "" {
		if w.end, err = w.endAt(ctx, at); err != nil {
			return err
		}
	}
	return w.follow(ctx)
}

// parentsHour is the highest hour of the parents' end marks: a child's links never lie in an earlier hour.
// A parent without a mark ended before this log began.
func (w *Writer) parentsHour(ctx context.Context) (hour Hour, err error) {
	for _, parent := range w.shard.Parents {
		end, err := ReadEnd(ctx, w.env, w.bucket, w.layout, parent)
		if err != nil {
			return 0, err
		}
		if end != nil {
			hour = max(hour, end.Hour)
		}
	}
	return hour, nil
}

// endAt returns the end that the bookmark stands for.
func (w *Writer) endAt(ctx context.Context, at Bookmark) (End, error) {
	link, err := linkWith(ctx, w.env, w.bucket, w.layout, w.shard.ID, at)
	switch {
	case err != nil:
		return End{}, err
	case link == nil:
		return End{}, fmt.Errorf("the bookmark is at %s in hour %s, where no link is: %w", at.Last, at.Hour, ErrBroken)
	case link.Last != at.Last:
		return End{}, fmt.Errorf("the bookmark is at %s, %s ends at %s: %w", at.Last, link.Key, link.Last, ErrBroken)
	}
	return link.End(), nil
}

// linkWith returns the last link of an hour that begins with a record or before it, or nil when there is none.
func linkWith(ctx context.Context, env Env, b Bucket, l Layout, shard string, at Bookmark) (*Link, error) {
	keys, err := Links(ctx, env, b, l, at.Hour, shard)
	if err != nil {
		return nil, err
	}
	found := ""
	for _, k := range keys {
		if Compare(k.First, at.Last) <= 0 {
			found = k.Key
		}
	}
	if found == "" {
		return nil, nil
	}
	return headLink(ctx, env, b, l, found)
}

// follow walks from the end held to the last link, and over the gaps that somebody has accepted. A link that does not follow may have
// been put after its predecessor's hour was listed. Then the predecessor is there by now, and a walk that begins now finds it; if it gets nowhere either, the
// log is broken.
func (w *Writer) follow(ctx context.Context) error {
	for doubtful := false; ; {
		before := w.end
		stray, err := w.walk(ctx)
		if err != nil {
			return err
		}
		passed, err := w.passGap(ctx)
		if err != nil {
			return err
		}
		switch {
		case stray == "" && !passed:
			return nil
		case w.end != before:
			doubtful = false
		case doubtful:
			return fmt.Errorf("%s does not follow %q: %w", stray, w.end.Last, ErrBroken)
		default:
			doubtful = true
		}
	}
}

// walk lists the hours from that of the end held to the next one by this machine's clock, and returns a link that does not follow.
func (w *Writer) walk(ctx context.Context) (stray string, err error) {
	for at := (search{hour: w.end.Hour}); ; {
		hours, err := at.next(ctx, w.env, w.bucket, w.layout, w.shard.ID, max(HourOf(w.env.Wall()), w.end.Hour)+1)
		if err != nil || len(hours) == 0 {
			return "", err
		}
		for _, k := range slices.Concat(hours...) {
			if Compare(k.First, w.end.Last) <= 0 {
				continue
			}
			link, err := headLink(ctx, w.env, w.bucket, w.layout, k.Key)
			if err != nil {
				return "", err
			}
			if !w.end.precedes(link) {
				return k.Key, nil
			}
			w.end = link.End()
		}
	}
}

// headLink reads a link's metadata and checks it against the key.
func headLink(ctx context.Context, env Env, b Bucket, l Layout, key string) (*Link, error) {
	var o Object
	err := Retry(ctx, env, func(ctx context.Context) (err error) {
		o, err = b.Head(ctx, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("head %s: %w", key, err)
	}
	o.Key = key
	link, err := ParseLink(o)
	if err != nil {
		return nil, err
	}
	want, err := l.LinkKey(link.Hour, link.Shard, link.First)
	if err != nil || want != key || link.Generation != l.GenerationAt(link.Hour) {
		return nil, errors.Join(err, fmt.Errorf("%s holds the link %s: %w", key, want, ErrBroken))
	}
	return link, nil
}

// Find returns the writer that stands at the end of a shard's chain, beginning at the last link that the listing shows: for whoever has no bookmark. It writes
// nothing by itself.
func Find(ctx context.Context, env Env, b Bucket, l Layout, shard Shard) (*Writer, error) {
	at, err := LastLink(ctx, env, b, l, shard.ID)
	if err != nil {
		return nil, fmt.Errorf("find chain of %s: %w", shard.ID, err)
	}
	return TakeOver(ctx, env, b, l, shard, 0, at)
}

// LastLink returns the end of the last link of the latest hour that has one; zero when there is none.
func LastLink(ctx context.Context, env Env, b Bucket, l Layout, shard string) (Bookmark, error) {
	start, err := ReadStart(ctx, env, b, l, shard)
	if err != nil || start == nil || start.First == "" {
		return Bookmark{}, err
	}
	until := max(HourOf(env.Wall()), start.Hour) + 1
	for n := Hour(1); until >= start.Hour; n = min(2*n, mostHours) {
		n = min(n, until-start.Hour+1)
		hours, err := (&search{hour: until - n + 1, width: n}).next(ctx, env, b, l, shard, until)
		if err != nil {
			return Bookmark{}, err
		}
		if keys := slices.Concat(hours...); len(keys) > 0 {
			link, err := headLink(ctx, env, b, l, keys[len(keys)-1].Key)
			if err != nil {
				return Bookmark{}, err
			}
			return Bookmark{Last: link.Last, Hour: link.Hour}, nil
		}
		until -= n
	}
	return Bookmark{}, nil
}

// HourOfRecord returns the hour of the link in which a record lies. ErrNotFound: no link can have it.
func HourOfRecord(ctx context.Context, env Env, b Bucket, l Layout, shard, sequence string) (Hour, error) {
	start, err := ReadStart(ctx, env, b, l, shard)
	if err != nil {
		return 0, fmt.Errorf("find record of %s: %w", shard, err)
	}
	if start == nil {
		return 0, fmt.Errorf("find record of %s: %w", shard, ErrNotFound)
	}
	for hour := max(HourOf(env.Wall()), start.Hour) + 1; hour >= start.Hour; hour-- {
		keys, err := Links(ctx, env, b, l, hour, shard)
		if err != nil {
			return 0, err
		}
		for i := len(keys) - 1; i >= 0; i-- {
			if Compare(keys[i].First, sequence) > 0 {
				continue
			}
			link, err := headLink(ctx, env, b, l, keys[i].Key)
			if err == nil && Compare(sequence, link.Last) > 0 {
				err = ErrNotFound
			}
			return hour, wrap("find record of "+shard, err)
		}
	}
	return 0, fmt.Errorf("find record of %s: %w", shard, ErrNotFound)
}
