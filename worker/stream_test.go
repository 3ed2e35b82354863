package worker

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// memoryStream is a Stream of which everything can be said in a test.
type memoryStream struct {
	mu     sync.Mutex
	shards map[string]*memoryShard
	fail   func(op, shard string) error
	before func(read int) // each read, by its number; set by onRead
	reads  int
	turns  sync.Mutex // one call of before at a time
}

type memoryShard struct {
	lease   lease.Lease
	records []Record
	closed  bool
	trimmed int // records that are past retention
}

func newMemoryStream(shards ...string) *memoryStream {
	s := &memoryStream{shards: map[string]*memoryShard{}}
	for _, id := range shards {
		s.add(id)
	}
	return s
}

func (s *memoryStream) add(id string, parents ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shards[id] = &memoryShard{lease: lease.Lease{Key: id, Parents: parents, StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455"}}
	for _, p := range parents {
		s.shards[p].closed = true
	}
}

// remove forgets a shard: all its records are past retention.
func (s *memoryStream) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.shards, id)
}

// put appends n records and returns the number of all.
func (s *memoryStream) put(id string, n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sh := s.shards[id]
	for range n {
		i := len(sh.records)
		sh.records = append(sh.records, Record{SequenceNumber: strconv.Itoa(1000 + i), PartitionKey: "k", Arrival: time.Now(), Data: fmt.Appendf(nil, "%s %d", id, i)})
	}
	return len(sh.records)
}

func (s *memoryStream) Shards(context.Context) (out []lease.Lease, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sh := range s.shards {
		out = append(out, sh.lease)
	}
	return out, s.failing("shards", "")
}

func (s *memoryStream) failing(op, shard string) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(op, shard)
}

func (s *memoryStream) Iterator(_ context.Context, shard string, at lease.Position) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.failing("iterator", shard); err != nil {
		return "", err
	}
	sh := s.shards[shard]
	if sh == nil {
		return "", ErrShardGone
	}
	i := 0
	switch at.Type {
	case lease.Latest:
		i = len(sh.records)
	case lease.AtTimestamp:
		ms, _ := strconv.ParseInt(at.Value, 10, 64)
		for i < len(sh.records) && sh.records[i].Arrival.UnixMilli() < ms {
			i++
		}
	}
	if at.Type == lease.AtSequenceNumber || at.Type == lease.AfterSequenceNumber {
		n, err := strconv.Atoi(at.Value)
		if err != nil || n < 1000 {
			return "", ErrPosition
		}
		i = n - 1000
		if at.Type == lease.AfterSequenceNumber {
			i++
		}
	}
	return fmt.Sprintf("%s@%d", shard, max(i, sh.trimmed)), nil
}

// onRead lets f be called before each read from now on, with its number from 1.
func (s *memoryStream) onRead(f func(read int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

func (s *memoryStream) told() {
	s.turns.Lock()
	defer s.turns.Unlock()
	s.mu.Lock()
	before := s.before
	if before != nil {
		s.reads++
	}
	n := s.reads
	s.mu.Unlock()
	if before != nil {
		before(n)
	}
}

func (s *memoryStream) Read(_ context.Context, iterator string, limit int32) (Page, error) {
	s.told()
	s.mu.Lock()
	defer s.mu.Unlock()
	shard, at, _ := strings.Cut(iterator, "@")
	if err := s.failing("read", shard); err != nil {
		return Page{}, err
	}
	sh := s.shards[shard]
	if sh == nil {
		return Page{}, ErrStreamRefused
	}
	i, _ := strconv.Atoi(at)
	i = max(i, sh.trimmed)
	end := min(len(sh.records), i+int(limit))
	page := Page{Records: slices.Clone(sh.records[i:end]), Next: fmt.Sprintf("%s@%d", shard, end)}
	if end < len(sh.records) {
		page.MillisBehindLatest = 1000
	}
	if sh.closed && end == len(sh.records) {
		page.Next = ""
		for _, c := range s.shards {
			if slices.Contains(c.lease.Parents, shard) {
				page.Children = append(page.Children, c.lease)
			}
		}
	}
	return page, nil
}
