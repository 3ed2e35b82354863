package main

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker"
	"github.com/streamrec/streamrec/worker/lease"
)

// shardLog is one shard of the stream. Hash keys are counted in 65,536ths of their range.
type shardLog struct {
	lease    lease.Lease // as ListShards tells it
	from, to int         // hash keys, inclusive
	records  []worker.Record
	rows     []*row // what the records become, in the same order
	closed   bool
	gone     bool // past retention, after all of it was read
	oldest   int  // index of the first record that is not past retention
	read     bool // by somebody
	parents  []*shardLog
	children []lease.Lease
	position map[string]int // index of a record by its sequence number
	logs     map[int]*generation
	hours    map[int]chain.Hour // by index of a record: the hour that the log gives it
	past     bool               // it was beyond retention when the application began
	lost     map[int]bool       // by index of a record: it has been given up
	seen     map[int]bool       // by index of a record: readers have seen it
	tipped   int                // index behind what the Tip of its row stands for
	tips     map[*node]tip      // of those whose last page reached the tip of the shard
}

// sessions are the partition keys of the stream; each has its place in the hash range.
const sessions = 24

const hashRange = 1 << 16

// row is what a record has to become: its session, the number of the record in it, and the state after it.
type row struct {
	session int
	n       int
	digest  uint64
	arrived time.Duration

	sequence string // of its record
	arrival  time.Time
}

// stream is Kinesis.
type stream struct {
	shards []*shardLog // in order of their creation
	byID   map[string]*shardLog
	next   int64 // sequence number
	count  [sessions]int
	state  [sessions]uint64
	hash   [sessions]int
	torn   [sessions]bool // a record of it has been given up: states of it depend on who has read that before
	dozing *shardLog      // whose sessions have fallen silent; nil: none

	bySession [sessions][]recordAt
}

// recordAt says where a record is.
type recordAt struct {
	shard *shardLog
	index int
}

func (w *world) newStream(shards int) {
	w.stream = &stream{byID: map[string]*shardLog{}, next: 1_000_000}
	for i := range shards {
		w.addShard(i*hashRange/shards, (i+1)*hashRange/shards-1)
	}
	for s := range sessions {
		w.stream.hash[s] = w.rand.IntN(hashRange)
	}
}

func (w *world) addShard(from, to int, parents ...*shardLog) *shardLog {
	s := &shardLog{from: from, to: to, parents: parents, position: map[string]int{}, logs: map[int]*generation{}, hours: map[int]chain.Hour{}, lost: map[int]bool{}, seen: map[int]bool{}}
	s.lease = lease.Lease{
		Key: fmt.Sprintf("shardId-%012d", len(w.stream.shards)), StartingHashKey: bound(from), EndingHashKey: before(to + 1),
	}
	for _, p := range parents {
		s.lease.Parents = append(s.lease.Parents, p.lease.Key)
	}
	w.stream.shards = append(w.stream.shards, s)
	w.stream.byID[s.lease.Key] = s
	for _, p := range parents {
		if !p.closed {
			w.closing(p, len(parents) == 1)
		}
		p.closed = true
		p.children = append(p.children, s.lease)
	}
	return s
}

// bound is the first of the 128-bit hash keys in part i, decimal.
func bound(i int) string { return new(big.Int).Lsh(big.NewInt(int64(i)), 112).String() }

// before is the hash key before the first in part i.
func before(i int) string {
	b := new(big.Int).Lsh(big.NewInt(int64(i)), 112)
	return b.Sub(b, big.NewInt(1)).String()
}

// open returns the shards that take records, in order of their hash keys.
func (st *stream) open() (open []*shardLog) {
	for _, s := range st.shards {
		if !s.closed {
			open = append(open, s)
		}
	}
	slices.SortFunc(open, func(a, b *shardLog) int { return a.from - b.from })
	return open
}

// putRecord appends a record of a session to the shard that owns its hash key.
func (w *world) putRecord(session int) {
	st := w.stream
	i := slices.IndexFunc(st.shards, func(s *shardLog) bool {
		return !s.closed && s.from <= st.hash[session] && st.hash[session] <= s.to
	})
	s := st.shards[i]
	st.count[session]++
	st.state[session] = fold(st.state[session], session, st.count[session])
	st.next += 1 + w.rand.Int64N(5)
	sequence := strconv.FormatInt(st.next, 10)
	s.position[sequence] = len(s.records)
	st.bySession[session] = append(st.bySession[session], recordAt{s, len(s.records)})
	s.records = append(s.records, worker.Record{
		SequenceNumber: sequence, PartitionKey: strconv.Itoa(session), Arrival: w.arrival(),
		Data: fmt.Appendf(nil, "%d %d", session, st.count[session]),
	})
	s.rows = append(s.rows, &row{
		session: session, n: st.count[session], digest: st.state[session], arrived: w.now, sequence: sequence, arrival: s.records[len(s.records)-1].Arrival,
	})
}

// arrival is an ApproximateArrivalTimestamp: it does not always grow.
func (w *world) arrival() time.Time {
	return w.began.Add(w.now + w.between(0, 3*time.Second) - 3*time.Second).Truncate(time.Millisecond)
}

// iteratorLife is how long a shard iterator can be used. Kinesis gives five minutes, longer than any pause here.
const iteratorLife = 8 * time.Second

// fold is the model: the state of a session after one more record.
func fold(state uint64, session, n int) uint64 {
	x := state*fnvPrime + uint64(session)<<32 + uint64(n)
	x ^= x >> 29
	return x * 0xbf58476d1ce4e5b9
}

// reshard splits or merges.
func (w *world) reshard() {
	open := w.stream.open()
	if len(open) > 1 && (len(open) >= 6 || w.chance(0.4)) {
		i := w.rand.IntN(len(open) - 1)
		c := w.addShard(open[i].from, open[i+1].to, open[i], open[i+1])
		w.note("nemesis: merge", open[i].lease.Key, open[i+1].lease.Key, "into", c.lease.Key)
		return
	}
	w.split(open[w.rand.IntN(len(open))])
}

// split splits a shard, unless it is too narrow.
func (w *world) split(p *shardLog) {
	if p.to-p.from < 16 {
		return
	}
	middle := p.from + 1 + w.rand.IntN(p.to-p.from)
	w.addShard(p.from, middle-1, p)
	w.addShard(middle, p.to, p)
	w.note("nemesis: split", p.lease.Key, "at", strconv.Itoa(middle))
}

// source is a node's worker.Stream.
type source struct{ *node }

var _ worker.Stream = source{}

// Shards implements worker.Stream.
func (s source) Shards(ctx context.Context) ([]lease.Lease, error) {
	return ask(ctx, s.node, kinesis, "ListShards", func() (all []lease.Lease, err error) {
		for _, sh := range s.stream.shards {
			if !sh.gone {
				all = append(all, sh.lease)
			}
		}
		return all, nil
	})
}

// Time implements side.Origin: the clock of the services is right.
func (s source) Time(ctx context.Context) (time.Time, error) {
	return ask(ctx, s.node, kinesis, "DescribeStreamSummary", func() (time.Time, error) { return s.began.Add(s.now), nil })
}

// Iterator implements worker.Stream.
func (s source) Iterator(ctx context.Context, shard string, at lease.Position) (string, error) {
	return ask(ctx, s.node, kinesis, "GetShardIterator "+shard, func() (string, error) {
		if s.stream.byID[shard].gone {
			return "", worker.ErrShardGone
		}
		sh := s.stream.byID[shard]
		i, err := sh.index(at)
		return s.iterator(shard, max(i, sh.oldest)), err
	})
}

func (s source) iterator(shard string, i int) string {
	return fmt.Sprintf("%s|%d|%d", shard, i, int64(s.now))
}

// index is the place in the shard that a position means.
func (s *shardLog) index(at lease.Position) (int, error) {
	i, ok := s.position[at.Value]
	switch {
	case at.Type == lease.TrimHorizon:
		return s.oldest, nil
	case at.Type == lease.Latest:
		return len(s.records), nil
	case at.Type == lease.AtTimestamp:
		ms, err := strconv.ParseInt(at.Value, 10, 64)
		return s.since(ms), err
	case !ok:
		return 0, worker.ErrPosition
	case at.Type == lease.AtSequenceNumber:
		return i, nil
	case at.Type == lease.AfterSequenceNumber:
		return i + 1, nil
	}
	return 0, fmt.Errorf("iterator of type %s: %w", at.Type, errors.ErrUnsupported)
}

// since is the index of the first record that arrived then, by its own time, or later.
func (s *shardLog) since(ms int64) int {
	i := slices.IndexFunc(s.records, func(r worker.Record) bool { return r.Arrival.UnixMilli() >= ms })
	if i < 0 {
		return len(s.records)
	}
	return i
}

// Read implements worker.Stream.
func (s source) Read(ctx context.Context, iterator string, limit int32) (worker.Page, error) {
	parts := strings.Split(iterator, "|")
	return ask(ctx, s.node, kinesis, "GetRecords "+parts[0], func() (p worker.Page, err error) {
		from, _ := strconv.Atoi(parts[1])
		made, _ := strconv.ParseInt(parts[2], 10, 64)
		if s.stream.byID[parts[0]].overtaken(from) || s.now-time.Duration(made) > iteratorLife {
			return p, worker.ErrIteratorExpired
		}
		if s.stream.byID[parts[0]].gone {
			return p, worker.ErrStreamRefused
		}
		if !s.beside { // who replays some hours looks whether they are over
			s.mayRead(s.stream.byID[parts[0]])
		}
		return s.page(s.stream.byID[parts[0]], from, int(limit)), nil
	})
}

func (s source) page(sh *shardLog, from, limit int) (p worker.Page) {
	from = max(from, sh.oldest)
	to := min(from+limit, len(sh.records))
	p.Records = slices.Clone(sh.records[from:to])
	sh.reached(s.node, to)
	if to < len(sh.records) {
		p.MillisBehindLatest = (s.now - sh.rows[to].arrived).Milliseconds() + 1
	}
	if sh.closed && to == len(sh.records) {
		p.Children = slices.Clone(sh.children)
		return p
	}
	p.Next = s.iterator(sh.lease.Key, to)
	return p
}
