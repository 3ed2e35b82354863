package chain

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Trail follows a chain that is there already, from a place on that somebody else's chain shares with it. It writes nothing.
type Trail struct {
	env    Env
	bucket Bucket
	layout Layout
	shard  string
	until  Hour // at least until there links are looked for, and until now
	start  *StartMark
	end    End      // the place where it is
	search search   // of what comes behind listed
	listed []Listed // links from there on
}

// Step is what comes next on a Trail: one of these, or none of them when the chain goes no further, for now.
type Step struct {
	Link *Link
	Size int64 // of the link's object
	Gap  *GapMark
	End  *EndMark
}

// OpenTrail returns the Trail of a shard's chain from a place on. It is nil when the chain does not lead there: it has not begun, no link of it ends there, or it
// came there over other links, as the hash tells. Links are looked for until now, by this machine's clock, and until an hour in which there may be some,
// should that be later.
func OpenTrail(ctx context.Context, env Env, b Bucket, l Layout, shard string, from End, until Hour) (*Trail, error) {
	t := &Trail{env: env, bucket: b, layout: l, shard: shard, until: until}
	found, err := t.find(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("follow chain of %s: %w", shard, err)
	}
	if !found {
		return nil, nil
	}
	return t, nil
}

// find goes to a place, if the chain leads there.
func (t *Trail) find(ctx context.Context, from End) (found bool, err error) {
	start, err := ReadStart(ctx, t.env, t.bucket, t.layout, t.shard)
	if err != nil || start == nil {
		return false, err
	}
	t.start, t.end = start, End{Hour: start.Hour}
	if from.Last != "" {
		link, err := linkWith(ctx, t.env, t.bucket, t.layout, t.shard, Bookmark{Last: from.Last, Hour: from.Hour})
		if err != nil || link == nil || link.Last != from.Last || link.Hash != from.Hash {
			return false, err
		}
		t.end = link.End()
	}
	t.rewind()
	for t.end.Gap != from.Gap {
		s, err := t.Next(ctx)
		if err != nil || s.Gap == nil {
			return false, err
		}
		t.Pass(s)
	}
	return true, nil
}

// Start returns the chain's start mark.
func (t *Trail) Start() *StartMark { return t.start }

func (t *Trail) rewind() { t.search, t.listed = search{hour: t.end.Hour}, nil }

// Next returns the next step. It stays where it is until that is passed.
func (t *Trail) Next(ctx context.Context) (Step, error) {
	s, err := t.next(ctx)
	if err != nil {
		return Step{}, fmt.Errorf("follow chain of %s: %w", t.shard, err)
	}
	return s, nil
}

// next looks for a link twice before it takes a mark for what comes next, and once more after it has met a link that does not follow before it takes that for a
// contradiction: what was put after its hour had been listed is found then, and what a link follows has been put before it.
func (t *Trail) next(ctx context.Context) (Step, error) {
	for looks, met := 1, false; ; looks++ {
		s, err := t.link(ctx)
		stray := errors.Is(err, errStray)
		switch {
		case s.Link != nil || err != nil && !stray:
			return s, err
		case looks > 1 && (!stray || met):
			return t.instead(ctx, err)
		}
		met = stray
		t.rewind()
	}
}

// instead returns what is here instead of a link, which may be nothing, and a link that does not follow.
func (t *Trail) instead(ctx context.Context, stray error) (Step, error) {
	s, err := t.mark(ctx)
	if err == nil && s.Gap == nil {
		err = stray
	}
	return s, err
}

// errStray says that the next link that is listed does not follow.
var errStray = fmt.Errorf("a link does not follow the one before it: %w", ErrBroken)

// link returns the link that comes next, if any.
func (t *Trail) link(ctx context.Context) (s Step, err error) {
	for t.start.First != "" { // else the shard has ended without a record, perhaps in an hour that nobody knows
		for len(t.listed) > 0 && Compare(t.listed[0].First, t.end.Last) <= 0 {
			t.listed = t.listed[1:]
		}
		if len(t.listed) > 0 {
			break
		}
		hours, err := t.search.next(ctx, t.env, t.bucket, t.layout, t.shard, max(HourOf(t.env.Wall()), t.end.Hour, t.until)+1)
		if err != nil || len(hours) == 0 {
			return Step{}, err
		}
		t.listed = slices.Concat(hours...)
	}
	if len(t.listed) == 0 {
		return Step{}, nil
	}
	s.Size = t.listed[0].Size
	if s.Link, err = headLink(ctx, t.env, t.bucket, t.layout, t.listed[0].Key); err != nil {
		return Step{}, err
	}
	if !t.end.precedes(s.Link) {
		return Step{}, fmt.Errorf("%s after %q: %w", s.Link.Key, t.end.Last, errStray)
	}
	return s, nil
}

// mark returns the gap that has been accepted here, or the end of the chain if that is here.
func (t *Trail) mark(ctx context.Context) (s Step, err error) {
	if t.end.Gap.Next != GapToEnd {
		if s.Gap, err = ReadGap(ctx, t.env, t.bucket, t.layout, t.shard, t.end.gapPrev(), t.end.hour()); err != nil || s.Gap != nil {
			return s, err
		}
	}
	end, err := ReadEnd(ctx, t.env, t.bucket, t.layout, t.shard)
	if err == nil && end != nil && end.Last == t.end.Last {
		s.End = end
	}
	return s, err
}

// Pass goes over a step. Behind the end of the chain there is nothing.
func (t *Trail) Pass(s Step) {
	switch {
	case s.Link != nil:
		t.end, t.listed = s.Link.End(), t.listed[1:]
	case s.Gap != nil:
		t.end = t.end.over(s.Gap)
	}
}

// Body returns the object of a link.
func (t *Trail) Body(ctx context.Context, l *Link) (body []byte, err error) {
	err = Retry(ctx, t.env, func(ctx context.Context) (err error) {
		body, _, err = t.bucket.Get(ctx, l.Key)
		return err
	})
	return body, wrap("get "+l.Key, err)
}
