package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
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

// ledger is what the processors of a fleet have committed: the log, in one variable.
type ledger struct {
	mu        sync.Mutex
	committed map[string][]string // by shard
	delivered map[string]int
	order     []string // shards, in the order of commits
	ended     []string
	gaps      map[string]string        // by shard: the record with which it goes on after its last gap
	children  map[string][]lease.Lease // of those that have ended
	fail      func(shard, seq string) error
}

func newLedger() *ledger {
	return &ledger{committed: map[string][]string{}, delivered: map[string]int{}, children: map[string][]lease.Lease{}, gaps: map[string]string{}}
}

func (g *ledger) count(shard string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.committed[shard])
}

// commitProcessor commits at every page, or when it is drained.
type commitProcessor struct {
	ledger *ledger
	term   *lease.Term
	open   []string
	lazy   bool
}

func (p *commitProcessor) Open(context.Context) (lease.Position, error) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	done := p.ledger.committed[p.term.Key()]
	switch next := p.ledger.gaps[p.term.Key()]; {
	case next == "" || next != chain.GapToEnd && len(done) > 0 && chain.Compare(done[len(done)-1], next) >= 0:
	case next == chain.GapToEnd:
		return lease.Position{Type: lease.Latest}, nil
	default:
		return lease.Position{Type: lease.AtSequenceNumber, Value: next}, nil
	}
	if len(done) > 0 {
		return lease.After(done[len(done)-1], 0), nil
	}
	return p.term.Lease().Checkpoint, nil
}

func (p *commitProcessor) Process(ctx context.Context, page Page) error {
	for _, r := range page.Records {
		if p.ledger.fail != nil {
			if err := p.ledger.fail(p.term.Key(), r.SequenceNumber); err != nil {
				return err
			}
		}
		if err := context.Cause(ctx); err != nil { // what fences a real log
			return err
		}
		p.open = append(p.open, r.SequenceNumber)
	}
	if p.lazy {
		return nil
	}
	return p.Drain(ctx)
}

// BeginLost implements Skipper.
func (p *commitProcessor) BeginLost(context.Context, Record) error { return nil }

// AcceptGap implements Skipper.
func (p *commitProcessor) AcceptGap(_ context.Context, next string) error {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	p.ledger.gaps[p.term.Key()] = next
	return nil
}

func (p *commitProcessor) Idle() bool { return len(p.open) == 0 }

// Flush implements Processor.
func (p *commitProcessor) Flush(ctx context.Context) error { return p.Drain(ctx) }

func (p *commitProcessor) Drain(ctx context.Context) error {
	if len(p.open) == 0 {
		return nil
	}
	p.ledger.mu.Lock()
	p.ledger.committed[p.term.Key()] = append(p.ledger.committed[p.term.Key()], p.open...)
	p.ledger.order = append(p.ledger.order, p.term.Key())
	last := p.open[len(p.open)-1]
	p.open = nil
	p.ledger.mu.Unlock()
	return p.term.Checkpoint(ctx, lease.After(last, 0))
}

func (p *commitProcessor) Finished(context.Context) ([]lease.Lease, bool, error) {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	children, ok := p.ledger.children[p.term.Key()]
	return children, ok, nil
}

func (p *commitProcessor) End(ctx context.Context, children []lease.Lease) error {
	err := p.Drain(ctx)
	p.ledger.mu.Lock()
	p.ledger.ended = append(p.ledger.ended, p.term.Key())
	p.ledger.children[p.term.Key()] = children
	p.ledger.mu.Unlock()
	return err
}

func (p *commitProcessor) Close() {}

// fleet runs real vmware workers in a bubble.
type fleet struct {
	t      *testing.T
	stream *memoryStream
	table  *leasetest.Table
	ledger *ledger
	lazy   bool
	past   *history // of all shards; nil: there is none
	nodes  []*fleetNode
}

type fleetNode struct {
	*Worker
	store  *leasetest.Store
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

func newFleet(t *testing.T, shards ...string) *fleet {
	f := &fleet{t: t, stream: newMemoryStream(shards...), table: leasetest.NewTable(), ledger: newLedger()}
	t.Cleanup(func() {
		for _, n := range f.nodes {
			n.cancel()
			<-n.done
		}
	})
	return f
}

func (f *fleet) start(name string) *fleetNode {
	f.t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	n := &fleetNode{store: &leasetest.Store{Table: f.table}, done: make(chan struct{})}
	w, err := New(Config{Name: name, Application: "app", Stream: "stream"}, Dependencies{
		Store: n.store, Stream: f.stream, Log: log,
		Factory: func(t *lease.Term) Processor {
			return f.past.around(&commitProcessor{ledger: f.ledger, term: t, lazy: f.lazy})
		},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	n.Worker = w
	ctx, cancel := context.WithCancel(f.t.Context())
	n.cancel = cancel
	f.nodes = append(f.nodes, n)
	go func() {
		defer close(n.done)
		n.err = w.Run(ctx)
	}()
	return n
}

// until waits for a condition on the bubble's clock.
func (f *fleet) until(limit time.Duration, what string, ok func() bool) time.Duration {
	f.t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if ok() {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			f.t.Fatalf("%s: not within %v; rows %+v", what, limit, f.table.Leases())
		}
	}
}

// exactlyOnce requires that each record of the shard is committed once, in order.
func (f *fleet) exactlyOnce(shard string) {
	f.t.Helper()
	f.ledger.mu.Lock()
	defer f.ledger.mu.Unlock()
	got := f.ledger.committed[shard]
	if len(got) != len(f.stream.shards[shard].records) {
		f.t.Fatalf("%s: %d records committed of %d", shard, len(got), len(f.stream.shards[shard].records))
	}
	for i, seq := range got {
		if seq != strconv.Itoa(1000+i) {
			f.t.Fatalf("%s: record %d is %s", shard, i, seq)
		}
	}
}

func TestWorkerProcessesAllShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := make([]string, 16)
		for i := range ids {
			ids[i] = fmt.Sprintf("shard-%02d", i)
		}
		f := newFleet(t, ids...)
		for _, id := range ids {
			f.stream.put(id, 25)
		}
		n := f.start("a")
		f.until(5*time.Second, "16 shards read", func() bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return f.ledger.count(id) < 25 })
		})
		if got := n.Shards(); len(got) != 16 || got[3].Shard != "shard-03" || got[3].Records != 25 || got[3].MillisBehindLatest != 0 {
			t.Fatalf("status %+v", got)
		}
		n.cancel()
		<-n.done
		if n.err != nil {
			t.Fatal(n.err)
		}
		for _, l := range f.table.Leases() {
			if l.Owner != "" || l.Checkpoint.Value != "1024" {
				t.Fatalf("after shutdown %+v", l)
			}
			f.exactlyOnce(l.Key)
		}
	})
}

func TestHandOffReprocessesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0", "s1")
		f.lazy = true // nothing is committed before the hand-off
		f.stream.put("s0", 10)
		f.stream.put("s1", 10)
		a := f.start("a")
		f.until(5*time.Second, "read", func() bool {
			s := a.Shards()
			return len(s) == 2 && s[0].Records == 10 && s[1].Records == 10
		})
		b := f.start("b")
		f.until(15*time.Second, "balance", func() bool { return len(a.Shards()) == 1 && len(b.Shards()) == 1 })
		took := f.until(2*time.Second, "b reads", func() bool { return b.Shards()[0].MillisBehindLatest == 0 })
		a.cancel()
		<-a.done
		f.until(time.Second, "b has both", func() bool { return len(b.Shards()) == 2 })
		b.cancel()
		<-b.done
		f.exactlyOnce("s0")
		f.exactlyOnce("s1")
		t.Logf("hand-off to first read: %v", took)
	})
}

func TestCrashLosesAndRepeatsNothingCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0", "s1", "s2")
		a, b := f.start("a"), f.start("b")
		for i := range 200 {
			for _, id := range []string{"s0", "s1", "s2"} {
				f.stream.put(id, 3)
			}
			if i == 60 {
				a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Fail })
				a.cancel()
			}
			time.Sleep(100 * time.Millisecond)
		}
		f.until(10*time.Second, "all committed", func() bool {
			return f.ledger.count("s0") == 600 && f.ledger.count("s1") == 600 && f.ledger.count("s2") == 600
		})
		for _, id := range []string{"s0", "s1", "s2"} {
			f.exactlyOnce(id)
		}
		b.cancel()
		<-b.done
	})
}

func TestReshardIsFollowedParentsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "p0", "p1")
		f.stream.put("p0", 5)
		f.stream.put("p1", 5)
		f.start("a")
		f.until(5*time.Second, "parents read", func() bool { return f.ledger.count("p0") == 5 && f.ledger.count("p1") == 5 })
		f.stream.add("c0", "p0", "p1")
		f.stream.put("c0", 7)
		took := f.until(5*time.Second, "child read", func() bool { return f.ledger.count("c0") == 7 })
		if took > time.Second {
			t.Errorf("the child of a merge waited for %v", took)
		}
		f.exactlyOnce("c0")
		if !slices.Contains(f.ledger.ended, "p0") || !slices.Contains(f.ledger.ended, "p1") {
			t.Fatalf("ended: %v", f.ledger.ended)
		}
		for _, l := range f.table.Leases() {
			if l.Key != "c0" && (!l.Ended() || len(l.Children) != 1) {
				t.Fatalf("parent's row %+v", l)
			}
		}
	})
}

func TestExpiredIteratorsAndFailuresAreHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0")
		n := 0
		f.stream.fail = func(op, _ string) error {
			n++
			switch {
			case op == "read" && n%7 == 3:
				return ErrIteratorExpired
			case op == "read" && n%7 == 5:
				return errors.New("500")
			}
			return nil
		}
		f.start("a")
		for range 100 {
			f.stream.put("s0", 2)
			time.Sleep(150 * time.Millisecond)
		}
		f.until(10*time.Second, "all", func() bool { return f.ledger.count("s0") == 200 })
		f.exactlyOnce("s0")
	})
}

func TestFailingProcessorReleasesAndTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0")
		failures := 0
		f.ledger.fail = func(string, string) error {
			if failures++; failures <= 3 {
				return errors.New("disk full")
			}
			if failures == 4 {
				panic("bug")
			}
			return nil
		}
		f.stream.put("s0", 5)
		f.start("a")
		f.until(time.Minute, "all", func() bool { return f.ledger.count("s0") == 5 })
		f.exactlyOnce("s0")
		if l := f.table.Leases()[0]; l.Counter < 5 {
			t.Fatalf("every acquisition needs a new counter: %+v", l)
		}
	})
}

func TestPositionPastRetentionStopsTheShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0")
		f.stream.put("s0", 10)
		a := f.start("a")
		f.until(5*time.Second, "read", func() bool { return f.ledger.count("s0") == 10 })
		a.cancel()
		<-a.done
		f.stream.put("s0", 10)
		f.stream.shards["s0"].trimmed = 15
		l := f.table.Leases()[0]
		l.Tip = 0
		f.table.Set(l)
		f.start("b")
		f.until(10*time.Second, "stopped", func() bool { return f.table.Leases()[0].Stopped != "" })
		if l := f.table.Leases()[0]; l.Owner != "" || !strings.Contains(l.Stopped, "past retention") {
			t.Fatalf("%+v", l)
		}
		if f.ledger.count("s0") != 10 {
			t.Fatal("records after a gap were processed")
		}
	})
}

// TestIdleShardOutlivesRetention holds that a quiet shard is not taken for one that has lost records.
func TestIdleShardOutlivesRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0")
		f.stream.put("s0", 10)
		a := f.start("a")
		f.until(5*time.Second, "read", func() bool { return f.ledger.count("s0") == 10 })
		time.Sleep(30 * time.Second)
		a.cancel()
		<-a.done
		f.stream.shards["s0"].trimmed = 10
		b := f.start("b")
		f.until(10*time.Second, "b reads", func() bool { return len(b.Shards()) == 1 && b.Shards()[0].MillisBehindLatest == 0 })
		f.stream.put("s0", 5)
		f.until(5*time.Second, "goes on", func() bool { return f.ledger.count("s0") == 15 })
		f.exactlyOnce("s0")
	})
}

func TestAggregatesPassTheKCLUntouched(t *testing.T) {
	magic := []byte{0xF3, 0x89, 0x9A, 0xC2}
	for _, data := range [][]byte{
		nil, {0}, []byte("plain"), magic, append(slices.Clone(magic), make([]byte, 40)...), append([]byte{0}, magic...), append([]byte{0, 0}, magic...), {0, 0xF3},
	} {
		r := Record{SequenceNumber: "1", PartitionKey: "k", Arrival: time.Unix(5, 0), Data: data}
		wrapped := wrapRecord(&r)
		if len(wrapped.Data) >= 4 && slices.Equal(wrapped.Data[:4], magic) {
			t.Errorf("%x reaches the KCL as an aggregate", data)
		}
		if back := unwrapRecord(&wrapped); !slices.Equal(back.Data, data) || back.SequenceNumber != "1" || !back.Arrival.Equal(r.Arrival) {
			t.Errorf("%x comes back as %x", data, back.Data)
		}
	}
}
