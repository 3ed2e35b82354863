package produce

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/streamrec/streamrec/scripts/eventfile"
	"github.com/streamrec/streamrec/scripts/tail"
	"github.com/streamrec/streamrec/scripts/weblog"
)

const (
	// pollEvery is how long the end of a log is left alone.
	pollEvery = 250 * time.Millisecond
	// saveEvery is how old a saved position gets while records are acknowledged.
	saveEvery = time.Second
	// followPatience is how long a follower goes on while the stream takes nothing. Its log is its buffer; who restarts it loses nothing.
	followPatience = 10 * time.Minute
)

// followSource is the log of a web server, for ever.
type followSource struct {
	opts  Options
	deps  Deps
	log   *tail.Log
	lines *weblog.Reader
	ctx   context.Context // records has no room for it
	flush func() error    // what has to be written before the position is
	saved time.Time

	mu     sync.Mutex
	refs   map[int64]tail.Ref // of records that are not settled
	counts followCounts
}

// followCounts count lines.
type followCounts struct{ lines, other, bots atomic.Int64 }

func newFollowSource(ctx context.Context, o Options, d Deps, note func(string, ...any)) (*followSource, error) {
	log, err := tail.Open(tail.Options{
		Path: o.Follow, Position: o.positionFile(), FromEnd: o.From == "end", MaxLine: maxLogLine, Now: d.Now, Note: note,
	})
	if errors.Is(err, tail.ErrLocked) {
		return nil, classed{fmt.Errorf("follow %s: %w; is another producer running? Two of them need position files of their own, and put every record twice", o.Follow, err), ErrRefused}
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w; --position FILE keeps the position elsewhere", err)
	}
	if err != nil {
		return nil, usage(fmt.Errorf("follow %s: %w", o.Follow, err))
	}
	return &followSource{
		opts: o, deps: d, log: log, lines: weblog.NewReader(o.rules(), o.Formats.Reader(), log.Salt()), ctx: ctx,
		flush: func() error { return nil }, refs: map[int64]tail.Ref{},
	}, nil
}

// maxLogLine is the longest line that is read.
const maxLogLine = 1 << 20

// records implements source. It ends with the context.
func (s *followSource) records() iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for s.ctx.Err() == nil {
			if err := s.saveIfDue(); err != nil {
				yield(record{}, err)
				return
			}
			line, ok := s.log.Next()
			if !ok {
				s.log.Poll()
				if line, ok = s.log.Next(); !ok {
					if s.deps.Sleep(s.ctx, pollEvery) != nil {
						return
					}
					continue
				}
			}
			rec, err := s.read(line)
			if rec.data == nil && err == nil {
				continue
			}
			if !yield(rec, err) {
				return
			}
			if err != nil {
				s.log.Done(line.Ref) // it was passed over
			}
		}
	}
}

// read reads a line. It gives nothing for one that is no activity.
func (s *followSource) read(line tail.Line) (record, error) {
	n := s.counts.lines.Add(1)
	if line.TooLong {
		return record{}, &eventfile.LineError{Line: n, Err: fmt.Errorf("longer than %d bytes", maxLogLine)}
	}
	r, kind, err := s.lines.Read(line.Text, line.ID)
	switch kind {
	case weblog.Activity:
		return record{key: r.Key, data: r.Payload, line: n, ref: line.Ref}, nil
	case weblog.Malformed:
		return record{}, &eventfile.LineError{Line: n, Err: err}
	case weblog.Bot:
		s.counts.bots.Add(1)
	case weblog.Other:
		s.counts.other.Add(1)
	}
	s.log.Done(line.Ref)
	return record{}, nil
}

func (s *followSource) saveIfDue() error {
	now := s.deps.Now()
	if now.Sub(s.saved) < saveEvery {
		return nil
	}
	s.saved = now
	return s.save()
}

// save writes the position down, after what tells of the records before it.
func (s *followSource) save() error {
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.log.Save(); err != nil {
		return fmt.Errorf("save position: %w", err)
	}
	return nil
}

// accepted implements settler.
func (s *followSource) accepted(number int64, r record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs[number] = r.ref
}

// settled implements settler.
func (s *followSource) settled(number int64) {
	s.mu.Lock()
	ref, ok := s.refs[number]
	delete(s.refs, number)
	s.mu.Unlock()
	if ok {
		s.log.Done(ref)
	}
}

// progress of a log has no end.
func (s *followSource) progress() (done, total int64) { return s.counts.lines.Load(), -1 }

// count adds what the source knows to a summary.
func (s *followSource) count(sum *Summary) {
	sum.Follow = &FollowSummary{
		Lines: s.counts.lines.Load(), Other: s.counts.other.Load(), Bots: s.counts.bots.Load(), Lost: s.log.Lost(), BehindBytes: s.log.Behind(),
	}
}

// Close saves the position, and lets go of the log.
func (s *followSource) Close() error { return errors.Join(s.save(), s.log.Close()) }
