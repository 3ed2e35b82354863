package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// Stream is the source, as far as its retention reaches. Its methods may be called for several shards at a time. Errors that wrap
// chain.ErrNotFound (there is no such shard) or chain.ErrRefused are certain, after every other one the request is repeated,
// with a new iterator.
type Stream interface {
	// Shards lists the ids of all shards that the stream still has, closed ones included.
	Shards(ctx context.Context) ([]string, error)
	// Iterator returns an iterator after a record of a shard, or at the oldest one when after is empty.
	Iterator(ctx context.Context, shard, after string) (string, error)
	// Read returns the next records, at most limit.
	Read(ctx context.Context, iterator string, limit int32) (Page, error)
}

// Page is the answer to one read.
type Page struct {
	Records            []event.Record
	Next               string // the next iterator, empty at the end of a closed shard
	MillisBehindLatest int64  // 0 at the tip of the shard
}

// How much is read at a time. All readers of a shard share its 2 MB/s and five reads/s, and the workers come first: with the
// default pace an audit takes half of the bytes and a fifth of the reads.
const (
	pageBytes   = 1 << 20
	firstPage   = 1000 // records
	minPage     = 100
	maxPage     = 10_000
	defaultPace = time.Second
)

// readStream reads every shard once.
func (a *auditor) readStream(ctx context.Context) error {
	var ids []string
	err := chain.Retry(ctx, a.o.Env, func(ctx context.Context) (err error) {
		ids, err = a.o.Stream.Shards(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("list shards of stream: %w", err)
	}
	listed := map[string]bool{}
	for _, id := range ids {
		listed[id] = true
		a.edit(id, func(*shard) {})
	}
	a.progress.expect(int64(len(listed)))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(a.o.Concurrency)
	for id := range listed {
		s := a.shards[id]
		g.Go(func() error {
			defer a.progress.step(1)
			return a.readShard(ctx, s)
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("read stream: %w", err)
	}
	a.judgeForgotten(listed)
	return nil
}

// judgeForgotten names the open chains of shards that the stream does not have any more.
func (a *auditor) judgeForgotten(listed map[string]bool) {
	for _, s := range a.sorted() {
		if s.begun() && !s.endFound && !listed[s.id] {
			a.found.add(Anomaly{
				Kind: UnknownShard, Shard: s.id, Key: a.o.Layout.StartKey(s.id),
				Meaning: "The chain of this shard is open and the stream does not have the shard any more: records after the last link, if there were any, are lost.",
			})
		}
	}
}

// readShard reads one shard from its oldest record to its tip, or its end.
func (a *auditor) readShard(ctx context.Context, s *shard) error {
	r := &reader{auditor: a, shard: s.id}
	c := newCover(a, s)
	for done := false; !done; {
		page, err := r.next(ctx)
		if errors.Is(err, chain.ErrNotFound) {
			return nil // past retention since the shards were listed
		}
		if err != nil {
			return err
		}
		if err := c.add(page.Records); err != nil {
			return fmt.Errorf("shard %s: %w", s.id, err)
		}
		done = r.atTip || c.beyond(page.Records)
	}
	c.finish()
	if err := a.forgiveTrimmed(ctx, c); err != nil {
		return err
	}
	a.found.add(c.found...)
	s.stream = &c.reading
	return nil
}

// forgiveTrimmed drops what was found in links whose records may have gone past retention while they were read.
func (a *auditor) forgiveTrimmed(ctx context.Context, c *cover) error {
	if len(c.doubts) == 0 {
		return nil
	}
	oldest, ok, err := a.oldest(ctx, c.shard.id)
	if err != nil {
		return err
	}
	for _, d := range c.doubts {
		if ok && d.first.compare(oldest) >= 0 {
			c.found = append(c.found, d.anomaly)
		}
	}
	return nil
}

// oldest returns the oldest record that a shard has now; ok is false when it has none.
func (a *auditor) oldest(ctx context.Context, id string) (n number, ok bool, err error) {
	for r := (&reader{auditor: a, shard: id}); !r.atTip; {
		page, err := r.next(ctx)
		if errors.Is(err, chain.ErrNotFound) {
			return number{}, false, nil
		}
		if err != nil {
			return number{}, false, err
		}
		if len(page.Records) > 0 {
			n, err := parseNumber(page.Records[0].SequenceNumber)
			return n, err == nil, err
		}
	}
	return number{}, false, nil
}

// reader reads the pages of one shard.
type reader struct {
	auditor  *auditor
	shard    string
	iterator string
	after    string
	began    bool
	bytes    int64 // read so far
	records  int64
	atTip    bool // there is nothing after the last page
}

// next returns the next page, at the auditor's pace.
func (r *reader) next(ctx context.Context) (page Page, err error) {
	o := &r.auditor.o
	if r.began {
		if err := o.Env.Sleep(ctx, o.Pace); err != nil {
			return Page{}, err
		}
	}
	r.began = true
	limit := r.limit()
	err = chain.Retry(ctx, o.Env, func(ctx context.Context) (err error) {
		page, err = r.read(ctx, limit)
		return err
	})
	if err != nil {
		return Page{}, fmt.Errorf("read shard %s: %w", r.shard, err)
	}
	r.iterator = page.Next
	r.atTip = page.Next == "" || page.MillisBehindLatest == 0 && len(page.Records) < int(limit)
	r.records += int64(len(page.Records))
	for i := range page.Records {
		r.bytes += int64(len(page.Records[i].Data))
		r.after = page.Records[i].SequenceNumber
	}
	return page, nil
}

// read makes one attempt. An iterator that failed is given up: it may have expired.
func (r *reader) read(ctx context.Context, limit int32) (page Page, err error) {
	if r.iterator == "" {
		if r.iterator, err = r.auditor.o.Stream.Iterator(ctx, r.shard, r.after); err != nil {
			return Page{}, err
		}
	}
	page, err = r.auditor.o.Stream.Read(ctx, r.iterator, limit)
	if err != nil {
		r.iterator = ""
	}
	return page, err
}

// limit is how many records make about pageBytes.
func (r *reader) limit() int32 {
	if r.records == 0 {
		return firstPage
	}
	return int32(max(minPage, min(maxPage, pageBytes*r.records/max(r.bytes, 1))))
}
