package audit_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// stream is an audit.Stream of what a world's shards have.
type stream struct {
	world *world
	// trimmed says how many records of a shard are past retention; it is asked at every request.
	trimmed func(shard string) int
	// fault, if not nil, says how a request fails.
	fault func(op, shard string) error
	// change, if not nil, may change a record on its way.
	change func(shard string, i int, r event.Record) event.Record
	// hidden shards are not listed.
	hidden []string
	// limit bounds the records of a page. Defaults to 7.
	limit int

	mu     sync.Mutex
	reads  map[string]int
	limits []int32 // asked for, of all shards
}

func (s *stream) Shards(context.Context) (ids []string, err error) {
	if err := s.fail("shards", ""); err != nil {
		return nil, err
	}
	for _, x := range s.world.shards {
		if !slices.Contains(s.hidden, x.ID) {
			ids = append(ids, x.ID)
		}
	}
	return ids, nil
}

func (s *stream) fail(op, shard string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == nil {
		return nil
	}
	return s.fault(op, shard)
}

func (s *stream) source(id string) *source {
	for _, x := range s.world.shards {
		if x.ID == id {
			return x
		}
	}
	return nil
}

func (s *stream) Iterator(_ context.Context, shard, after string) (string, error) {
	if err := s.fail("iterator", shard); err != nil {
		return "", err
	}
	x := s.source(shard)
	if x == nil {
		return "", fmt.Errorf("iterator of %s: %w", shard, chain.ErrNotFound)
	}
	i := 0
	if after != "" {
		i, _ = slices.BinarySearchFunc(x.records, after, func(r event.Record, seq string) int { return chain.Compare(r.SequenceNumber, seq) })
		i++
	}
	return shard + "/" + strconv.Itoa(i), nil
}

// Read sometimes returns a page without records although there are more, as Kinesis does.
func (s *stream) Read(_ context.Context, iterator string, limit int32) (audit.Page, error) {
	shard, at, _ := strings.Cut(iterator, "/")
	if err := s.fail("read", shard); err != nil {
		return audit.Page{}, err
	}
	x := s.source(shard)
	i, err := strconv.Atoi(at)
	if err != nil {
		return audit.Page{}, err
	}
	if s.trimmed != nil {
		i = max(i, min(len(x.records), s.trimmed(shard)))
	}
	n := min(len(x.records)-i, max(s.limit, 0), int(limit))
	if s.limit == 0 {
		n = min(len(x.records)-i, 7)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reads == nil {
		s.reads = map[string]int{}
	}
	s.limits = append(s.limits, limit)
	if s.reads[shard]++; s.reads[shard]%3 == 0 && n > 0 {
		n = 0
	}
	page := audit.Page{Next: shard + "/" + strconv.Itoa(i+n)}
	for j, r := range x.records[i : i+n] {
		if s.change != nil {
			r = s.change(shard, i+j, r)
		}
		page.Records = append(page.Records, r)
	}
	if i+n < len(x.records) {
		page.MillisBehindLatest = time.Hour.Milliseconds()
	} else if x.closed {
		page.Next = ""
	}
	return page, nil
}
