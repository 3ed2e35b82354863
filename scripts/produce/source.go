package produce

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/streamrec/streamrec/scripts/eventfile"
	"github.com/streamrec/streamrec/scripts/shop"
	"github.com/streamrec/streamrec/scripts/tail"
)

// record is what a source gives.
type record struct {
	key  string
	data []byte
	time time.Time // when it happened; zero when not known
	line int64     // of the file; 0 when there is none
	ref  tail.Ref  // of the log, when one is followed
}

// source is where records come from. An error of records is *eventfile.LineError for what may be passed over, else the
// last thing that they yield.
type source interface {
	records() iter.Seq2[record, error]
	// progress is how much is done, of how much; total is -1 when that is not known.
	progress() (done, total int64)
	io.Closer
}

// settler is a source that wants to know when its records are done with. accepted comes before settled, which may come from any goroutine.
type settler interface {
	accepted(number int64, r record)
	settled(number int64)
}

// openSource opens what o names. What cannot be opened, or is no event file, is a mistake in the options.
func openSource(ctx context.Context, o Options, d Deps, note func(string, ...any)) (source, error) {
	stdin := d.Stdin
	switch {
	case o.Shop:
		return newShopSource(o, d.Now), nil
	case o.Follow != "":
		return newFollowSource(ctx, o, d, note)
	}
	ctx, stop := context.WithCancel(ctx)
	if o.File == "-" {
		stdin = eventfile.Interruptible(ctx, stdin)
	}
	r, err := eventfile.Open(o.File, stdin, eventfile.Options{
		Format: eventfile.Format(o.Format), OnMalformed: o.Malformed == "skip", Foreign: o.Formats.Reader(),
	})
	if err != nil {
		stop()
		return nil, usage(err)
	}
	return fileSource{r, stop}, nil
}

// fileSource is an event file.
type fileSource struct {
	reader *eventfile.Reader
	stop   context.CancelFunc // ends the reading ahead of standard input
}

func (s fileSource) records() iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for e, err := range s.reader.Events() {
			if !yield(record{key: e.Session, data: e.Payload, time: e.Time, line: e.Line}, err) {
				return
			}
		}
	}
}

func (s fileSource) progress() (done, total int64) { return s.reader.Progress() }

func (s fileSource) Close() error {
	s.stop()
	return s.reader.Close()
}

// shopSource is people in a synthetic shop, until their time is over.
type shopSource struct {
	shoppers *shop.Shoppers
	duration time.Duration // 0 for ever
	now      func() time.Time
	start    time.Time
}

func newShopSource(o Options, now func() time.Time) *shopSource {
	return &shopSource{shoppers: shop.New(o.Seed).Shoppers(o.Shoppers), duration: o.Duration, now: now, start: now()}
}

func (s *shopSource) records() iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for {
			now := s.now()
			if s.duration > 0 && now.Sub(s.start) >= s.duration {
				return
			}
			e := s.shoppers.Next(now)
			if !yield(record{key: e.Session, data: e.Payload, time: now}, nil) {
				return
			}
		}
	}
}

// progress of a shop is the time that has passed.
func (s *shopSource) progress() (done, total int64) {
	return int64(s.now().Sub(s.start)), cmp.Or(int64(s.duration), -1)
}

func (s *shopSource) Close() error { return nil }

// timeless is the error of a replay that comes upon a record without a time.
func timeless(r record) error {
	return fmt.Errorf("line %d tells no time, which --speed needs", r.line)
}
