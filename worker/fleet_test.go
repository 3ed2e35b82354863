package worker

import (
	"context"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

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

// newFleetThatHasRead returns a fleet of one worker that has processed so many records of its only shard, which has no more.
func newFleetThatHasRead(t *testing.T, shard string, records int) (*fleet, *fleetNode) {
	t.Helper()
	f := newFleet(t, shard)
	f.stream.put(shard, records)
	n := f.start("a")
	f.until(5*time.Second, "all is read", func() bool { return f.ledger.count(shard) == records })
	return f, n
}

func (f *fleet) start(name string) *fleetNode {
	f.t.Helper()
	return f.startWith(Config{Name: name}, nil)
}

// startWith starts a worker, and has its log in a hook, if there is one.
func (f *fleet) startWith(cfg Config, hook logrus.Hook) *fleetNode {
	f.t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	if hook != nil {
		log.AddHook(hook)
	}
	cfg.Application, cfg.Stream = "app", "stream"
	n := &fleetNode{store: &leasetest.Store{Table: f.table}, done: make(chan struct{})}
	w, err := New(cfg, Dependencies{
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
