package lease_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// clock is the Env of a bubble.
type clock struct{}

func (clock) Now() time.Time  { return time.Now() }
func (clock) Wall() time.Time { return time.Now() }
func (clock) Go(f func())     { go f() }
func (clock) Rand() float64   { return rand.Float64() }

func (clock) WithTimeout(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, cause)
}

func (clock) Join(fs ...func()) {
	var wg sync.WaitGroup
	for _, f := range fs {
		wg.Go(f)
	}
	wg.Wait()
}

func (clock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// topology is a stream's shards.
type topology struct {
	mu     sync.Mutex
	shards []lease.Lease
	hung   chan struct{} // told of every request that hangs; nil: none does
}

func (s *topology) Shards(ctx context.Context) ([]lease.Lease, error) {
	s.mu.Lock()
	shards, hung := append([]lease.Lease(nil), s.shards...), s.hung
	s.mu.Unlock()
	if hung == nil {
		return shards, nil
	}
	hung <- struct{}{}
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

// hang lets requests hang from now on, and returns what tells of each.
func (s *topology) hang() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hung = make(chan struct{}, 100)
	return s.hung
}

// answer lets no more requests hang.
func (s *topology) answer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hung = nil
}

func (s *topology) add(key string, parents ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shards = append(s.shards, lease.Lease{Key: key, Parents: parents, StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455"})
}

// cluster is a fleet on one table.
type cluster struct {
	t      *testing.T
	table  *leasetest.Table
	stream *topology
	mu     sync.Mutex
	nodes  []*node
	owners map[string]*lease.Term // effective owners
	events []string
}

// node is one worker. Its consumer does nothing but hold its terms, and release them within flush when they end.
type node struct {
	*cluster
	id     string
	store  *leasetest.Store
	coord  *lease.Coordinator
	cancel context.CancelFunc
	done   chan struct{}
	err    error // of Run, after done
	flush  time.Duration
	hangs  func(*lease.Term) // if not nil, is given terms whose consumers never end
	killed atomic.Bool
	trust  time.Time
}

func newCluster(t *testing.T, shards int) *cluster {
	c := &cluster{t: t, table: leasetest.NewTable(), stream: &topology{}, owners: map[string]*lease.Term{}}
	for i := range shards {
		c.stream.add(fmt.Sprintf("shard-%02d", i))
	}
	t.Cleanup(c.bury)
	return c
}

// bury ends what still runs, so that a failed test says why and not that goroutines are left.
func (c *cluster) bury() {
	for _, n := range c.nodes {
		n.mu.Lock()
		n.killed.Store(true)
		n.mu.Unlock()
		n.cancel()
		<-n.done
	}
	synctest.Wait()
}

// start starts a worker, when it has been prepared.
func (c *cluster) start(id string, cfg lease.Config, before ...func(*node)) *node {
	ctx, cancel := context.WithCancel(c.t.Context())
	n := &node{cluster: c, id: id, store: &leasetest.Store{Table: c.table}, cancel: cancel, done: make(chan struct{}), flush: 100 * time.Millisecond}
	n.coord = lease.NewCoordinator(cfg, id, "", clock{}, n.store, c.stream, n, n)
	for _, prepare := range before {
		prepare(n)
	}
	c.mu.Lock()
	c.nodes = append(c.nodes, n)
	c.mu.Unlock()
	go func() {
		defer close(n.done)
		n.err = n.coord.Run(ctx)
	}()
	return n
}

// kill cuts the node off for ever and forgets it: what kill -9 looks like from outside.
func (n *node) kill() {
	n.mu.Lock()
	n.killed.Store(true)
	for k, t := range n.owners {
		if n.holds(t) {
			delete(n.owners, k)
		}
	}
	n.mu.Unlock()
	n.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Fail })
	n.cancel()
}

func (n *node) holds(t *lease.Term) bool { return t.Lease().Owner == n.id }

// stop asks the node to leave and waits.
func (n *node) stop() {
	n.cancel()
	<-n.done
	if n.err != nil {
		n.t.Errorf("%s: %v", n.id, n.err)
	}
}

// hang makes the consumers of the terms that begin from now on hang.
func (n *node) hang(with func(*lease.Term)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hangs = with
}

// Start implements lease.Consumer.
func (n *node) Start(t *lease.Term) {
	n.mu.Lock()
	if n.hangs != nil {
		n.hangs(t)
		n.mu.Unlock()
		return
	}
	if other := n.owners[t.Key()]; other != nil && !n.killed.Load() {
		n.t.Errorf("%s begins a term of %s while another is effective", n.id, t.Key())
	}
	n.owners[t.Key()] = t
	n.events = append(n.events, fmt.Sprintf("%s takes %s", n.id, t.Key()))
	n.mu.Unlock()
	context.AfterFunc(t.Context(), func() {
		if lease.MayCommit(context.Cause(t.Context())) {
			time.Sleep(n.flush)
		}
		n.mu.Lock()
		if n.owners[t.Key()] == t {
			delete(n.owners, t.Key())
		}
		n.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := t.Close(ctx, ""); err != nil && !n.killed.Load() && !errors.Is(err, lease.ErrLeaseLost) {
			n.t.Logf("%s: close %s: %v", n.id, t.Key(), err)
		}
	})
}

func (n *node) Taken(lease.Lease, string)                        {}
func (n *node) Ended(lease.Lease, error)                         {}
func (n *node) Trouble(string, error)                            {}
func (n *node) Hole(string, string)                              {}
func (n *node) Moving(string, string, string)                    {}
func (n *node) Died(string)                                      {}
func (n *node) Scanned([]lease.Worker, []lease.Lease, time.Time) {}
func (n *node) Heartbeat(until time.Time)                        { n.mu.Lock(); defer n.mu.Unlock(); n.trust = until }

// counts returns how many effective terms each node has.
func (c *cluster) counts() map[string]int {
	return tally(c, func(l *lease.Lease) string { return l.Owner })
}

// tally counts the effective terms by something that their rows say.
func tally[K comparable](c *cluster, by func(*lease.Lease) K) map[K]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := map[K]int{}
	for _, t := range c.owners {
		counts[by(new(t.Lease()))]++
	}
	return counts
}

func (c *cluster) owned() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.owners)
}

func (c *cluster) owner(shard string) *lease.Term {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.owners[shard]
}

// within waits until the condition holds and returns how long it took.
func (c *cluster) within(limit time.Duration, what string, ok func() bool) time.Duration {
	c.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			c.t.Fatalf("%s: not within %v; owners %v, rows %+v", what, limit, c.counts(), c.table.Leases())
		}
	}
}

func (c *cluster) stopAll() {
	for _, n := range c.nodes {
		if !n.killed.Load() {
			n.stop()
		}
	}
	synctest.Wait()
}

func TestOneWorkerTakesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 64)
		c.start("a", lease.Config{})
		c.within(2*time.Second, "64 shards on one worker", func() bool { return c.owned() == 64 })
		c.stopAll()
		for _, l := range c.table.Leases() {
			if l.Owner != "" || l.Counter != 2 {
				t.Fatalf("after shutdown: %+v", l)
			}
		}
		if w := c.table.Workers(); len(w) != 0 {
			t.Fatalf("heartbeat rows are left: %+v", w)
		}
	})
}

func TestCrashedWorkersShardsMoveWithinBound(t *testing.T) {
	for seed := range 20 {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 8)
			a, b := c.start("a", lease.Config{}), c.start("b", lease.Config{})
			c.within(40*time.Second, "balance", func() bool { n := c.counts(); return n["a"] == 4 && n["b"] == 4 })
			time.Sleep(time.Duration(seed) * 111 * time.Millisecond)
			a.kill()
			took := c.within(8*time.Second, "failover", func() bool { return c.counts()["b"] == 8 })
			if took < 2*time.Second {
				t.Fatalf("taken over after %v: nobody can know that so early", took)
			}
			<-a.done
			b.stop()
			synctest.Wait()
		})
	}
}

func TestLeavingWorkerHandsOverWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 16)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 16 })
		c.start("b", lease.Config{})
		c.within(60*time.Second, "balance", func() bool { n := c.counts(); return n["a"] == 8 && n["b"] == 8 })
		time.Sleep(3 * time.Second)
		go a.stop()
		c.within(900*time.Millisecond, "hand-over", func() bool { return c.counts()["b"] == 16 })
		time.Sleep(time.Second)
		a.killed.Store(true)
		c.stopAll()
	})
}

func TestBalanceIsReachedAndStable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 30)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 30 })
		time.Sleep(40 * time.Second)
		for _, id := range []string{"b", "c", "d"} {
			c.start(id, lease.Config{})
		}
		c.within(90*time.Second, "balance", func() bool {
			n := c.counts()
			for _, id := range []string{"a", "b", "c", "d"} {
				if n[id] < 7 || n[id] > 8 {
					return false
				}
			}
			return c.owned() == 30
		})
		before := len(c.events)
		time.Sleep(10 * time.Minute)
		if moved := c.events[before:]; len(moved) > 0 {
			t.Fatalf("leases move without need: %v", moved)
		}
		c.stopAll()
	})
}

func TestWorkerCutOffStopsItselfBeforeOthersTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 4)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 4 })
		c.start("b", lease.Config{})
		c.within(40*time.Second, "balance", func() bool { n := c.counts(); return n["a"] == 2 && n["b"] == 2 })
		a.store.Inject(func(ctx context.Context, _ string) leasetest.Fault {
			<-ctx.Done() // hangs
			return leasetest.Fail
		})
		c.within(8*time.Second, "take over", func() bool { return c.counts()["b"] == 4 }) // Start checks that no two are effective
		a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.None })
		c.within(60*time.Second, "balance again", func() bool { n := c.counts(); return n["a"] == 2 && n["b"] == 2 })
		c.stopAll()
	})
}

// TestLoneWorkerRecoversFromOutage holds the orphan: a worker that stops its own shards in an outage is the one that the rows name.
func TestLoneWorkerRecoversFromOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 4)
		a := c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 4 })
		a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Fail })
		c.within(6*time.Second, "stops itself", func() bool { return c.owned() == 0 })
		time.Sleep(20 * time.Second)
		a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.None })
		c.within(8*time.Second, "works again", func() bool { return c.owned() == 4 })
		for _, l := range c.table.Leases() {
			if l.Counter != 2 {
				t.Fatalf("taken again under the old counter: %+v", l)
			}
		}
		c.stopAll()
	})
}

func TestDeletedHeartbeatRowMakesANewWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 2)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
		c.table.DeleteWorker("a")
		c.within(15*time.Second, "new id", func() bool {
			w := c.table.Workers()
			return len(w) == 1 && w[0].ID == "a.2" && c.counts()["a.2"] == 2
		})
		c.stopAll()
	})
}

// TestLeavingWorkerDoesNotRegisterAgain: a heartbeat that is under way while the row is deleted must not make a new worker of it, to which
// others would hand leases.
func TestLeavingWorkerDoesNotRegisterAgain(t *testing.T) {
	for shift := range 40 {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 1)
			a := c.start("a", lease.Config{})
			deleted := false
			a.store.Inject(func(_ context.Context, op string) leasetest.Fault {
				switch {
				case op == "deregister" && !deleted: // the row is gone, and the worker does not know
					deleted = true
					return leasetest.Lose
				case op == "deregister":
					time.Sleep(time.Second)
				}
				return leasetest.None
			})
			c.within(3*time.Second, "start", func() bool { return c.owned() == 1 })
			time.Sleep(4*time.Second + time.Duration(shift)*50*time.Millisecond)
			a.stop()
			time.Sleep(5 * time.Second)
			if w := c.table.Workers(); len(w) != 0 {
				t.Fatalf("left behind: %+v", w)
			}
		})
	}
}

func TestChildrenWaitForAllParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 2)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
		c.stream.add("shard-02", "shard-00", "shard-01")
		time.Sleep(time.Minute) // several shard syncs
		if c.owned() != 2 {
			t.Fatalf("the child of a merge runs beside its parents: %v", c.events)
		}
		child := []lease.Lease{{Key: "shard-02", Parents: []string{"shard-00", "shard-01"}}}
		for i, key := range []string{"shard-00", "shard-01"} {
			c.mu.Lock()
			term := c.owners[key]
			delete(c.owners, key)
			c.mu.Unlock()
			if err := errors.Join(term.End(t.Context(), child), term.Close(t.Context(), "")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got, want := c.owned(), 1; i == 0 && got != want {
				t.Fatalf("after the first parent %d shards run, want %d", got, want)
			}
		}
		c.within(50*time.Millisecond, "the owner adopts the child at once", func() bool { return c.owned() == 1 && c.owners["shard-02"] != nil })
		c.stopAll()
	})
}

// end processes a shard to its end, as its consumer would.
func (c *cluster) end(key string, children ...lease.Lease) {
	c.t.Helper()
	c.mu.Lock()
	term := c.owners[key]
	delete(c.owners, key)
	c.mu.Unlock()
	if err := errors.Join(term.End(c.t.Context(), children), term.Close(c.t.Context(), "")); err != nil {
		c.t.Fatal(err)
	}
	synctest.Wait()
}

// TestMergeChildWaitsForAParentWithoutRow: the child of a merge gets its row from the parent that ends first, at which time the other
// parent, itself a child of a shard that is still read, may have none.
func TestMergeChildWaitsForAParentWithoutRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 2)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
		c.stream.add("shard-02", "shard-01") // one child of a split, to keep it short
		c.stream.add("shard-03", "shard-00", "shard-02")
		merged := lease.Lease{Key: "shard-03", Parents: []string{"shard-00", "shard-02"}}
		c.end("shard-00", merged)
		time.Sleep(time.Minute)
		if c.owned() != 1 {
			t.Fatalf("the child of a merge runs before its parents have ended: %v", c.events)
		}
		c.end("shard-01", lease.Lease{Key: "shard-02", Parents: []string{"shard-01"}})
		c.within(time.Second, "the parent that came later", func() bool { return c.owners["shard-02"] != nil })
		c.end("shard-02", merged)
		c.within(time.Second, "the child of the merge", func() bool { return c.owners["shard-03"] != nil })
		c.stopAll()
	})
}

// TestParentPastRetentionIsNotWaitedFor: an application may begin, or go on, when the stream has a shard and not its parents.
func TestParentPastRetentionIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 1)
		c.stream.add("shard-07", "shard-03", "shard-04")
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
		for _, l := range c.table.Leases() {
			if gone := l.Key == "shard-03" || l.Key == "shard-04"; gone != l.Ended() {
				t.Errorf("%+v", l)
			}
		}
		c.end("shard-00", lease.Lease{Key: "shard-09", Parents: []string{"shard-00", "shard-08"}})
		time.Sleep(time.Minute)
		if c.owned() != 1 {
			t.Fatal("a parent that has not been listed yet may come")
		}
		c.stream.add("shard-09", "shard-00", "shard-08")
		c.within(40*time.Second, "a child whose other parent is not listed with it", func() bool { return c.owner("shard-09") != nil })
		c.stopAll()
	})
}

func TestStoppedShardIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 2)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 2 })
		c.mu.Lock()
		term := c.owners["shard-00"]
		delete(c.owners, "shard-00")
		c.mu.Unlock()
		if err := term.Close(t.Context(), "the log contradicts itself"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if c.owned() != 1 {
			t.Fatalf("a stopped shard was taken: %v", c.events)
		}
		c.stopAll()
	})
}

// measure lets every owner write the rate of its leases with a checkpoint, again and again, until the test ends.
func (c *cluster) measure(rate func(key string) float64) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for at := int64(1); ctx.Err() == nil; at++ {
			c.mu.Lock()
			terms := slices.Collect(maps.Values(c.owners))
			c.mu.Unlock()
			for _, term := range terms {
				term.MeasureWith(func() float64 { return rate(term.Key()) })
				_ = term.Checkpoint(ctx, lease.At(at)) // it may have just ended
			}
			_ = clock{}.Sleep(ctx, 3*time.Second)
		}
	}()
	c.t.Cleanup(func() { stop(); <-done })
}

// loads returns the records/s of each node.
func (c *cluster) loads(rate func(key string) float64) map[string]float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	loads := map[string]float64{}
	for key, t := range c.owners {
		loads[t.Lease().Owner] += rate(key)
	}
	return loads
}

// unequal makes four of twelve shards ten times as busy as the others.
func unequal(key string) float64 {
	if key < "shard-04" {
		return 1000
	}
	return 100
}

func TestLoadIsBalancedNotNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 12)
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 12 })
		c.measure(unequal)
		time.Sleep(40 * time.Second)
		c.start("b", lease.Config{})
		c.within(90*time.Second, "balance", func() bool {
			n := c.loads(unequal)
			return c.owned() == 12 && n["a"] >= 2000 && n["b"] >= 2000
		})
		before := len(c.events)
		time.Sleep(10 * time.Minute)
		if moved := c.events[before:]; len(moved) > 0 {
			t.Fatalf("leases move without need: %v", moved)
		}
		c.stopAll()
	})
}

func TestNoiseOfRatesMovesLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, 12)
		r := rand.New(rand.NewPCG(1, 1))
		var mu sync.Mutex
		noisy := func(key string) float64 {
			mu.Lock()
			defer mu.Unlock()
			return unequal(key) * (0.8 + 0.4*r.Float64())
		}
		c.start("a", lease.Config{})
		c.within(3*time.Second, "start", func() bool { return c.owned() == 12 })
		c.measure(noisy)
		time.Sleep(40 * time.Second)
		c.start("b", lease.Config{})
		time.Sleep(3 * time.Minute)
		if n := c.loads(unequal); min(n["a"], n["b"]) < 1500 {
			t.Fatalf("not balanced: %v", n)
		}
		before := len(c.events)
		time.Sleep(30 * time.Minute)
		// Of twelve unequal leases, measured every few seconds, the noise is now and then more than it should be; that must stay rare.
		if moved := c.events[before:]; len(moved) > 12 {
			t.Fatalf("%d leases move without need: %v", len(moved), moved)
		}
		c.stopAll()
	})
}

// TestWorkerStartedAfterCrashDelaysNobody: the newcomer holds the dead worker for alive, so the others must not leave it anything.
func TestWorkerStartedAfterCrashDelaysNobody(t *testing.T) {
	for after := range 5 {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, 32)
			a, b := c.start("a", lease.Config{}), c.start("b", lease.Config{})
			c.within(90*time.Second, "balance", func() bool { n := c.counts(); return n["a"] == 16 && n["b"] == 16 })
			time.Sleep(10 * time.Second) // so that b has been there for longer than any newcomer
			a.kill()
			time.Sleep(time.Duration(after) * 900 * time.Millisecond)
			c.start("late", lease.Config{})
			left := func() (n int) {
				for _, l := range c.table.Leases() {
					if l.Owner == "a" {
						n++
					}
				}
				return n
			}
			c.within(8*time.Second, "the first takeover", func() bool { return left() < 16 })
			c.within(900*time.Millisecond, "all takeovers", func() bool { return left() == 0 }) // sooner than T/5: nobody was waited for
			<-a.done
			b.stop()
			c.stopAll()
		})
	}
}

// TestRandomFaults lets a fleet work under lost and late answers, kills and restarts, and requires that in the end every shard is
// owned once. Start and the table check on the way that no two terms are effective and that counters only grow.
func TestRandomFaults(t *testing.T) {
	runs := 40
	if testing.Short() {
		runs = 5
	}
	for seed := range uint64(runs) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { randomFaults(t, rand.New(rand.NewPCG(seed, 3))) })
		})
	}
}

func randomFaults(t *testing.T, r *rand.Rand) {
	c := newCluster(t, 6)
	var calm atomic.Bool
	var mu sync.Mutex
	pick := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return r.IntN(n)
	}
	chance := func(percent int) bool { return pick(100) < percent }
	faulty := func(n *node) {
		n.store.Inject(func(context.Context, string) leasetest.Fault {
			if calm.Load() || chance(90) {
				return leasetest.None
			}
			return leasetest.Fault(1 + pick(3))
		})
	}
	for i := range 3 {
		faulty(c.start(fmt.Sprint("w", i), lease.Config{}))
	}
	counters := map[string]int64{}
	for i := range 60 {
		time.Sleep(time.Duration(pick(2000)) * time.Millisecond)
		if chance(30) {
			c.table.Settle()
		}
		if chance(10) {
			n := c.nodes[pick(len(c.nodes))]
			if !n.killed.Load() {
				n.kill()
				faulty(c.start(fmt.Sprint("n", i), lease.Config{}))
			}
		}
		for _, l := range c.table.Leases() {
			if l.Counter < counters[l.Key] {
				t.Fatalf("counter of %s fell from %d to %d", l.Key, counters[l.Key], l.Counter)
			}
			counters[l.Key] = l.Counter
		}
	}
	calm.Store(true)
	c.table.Settle()
	c.within(30*time.Second, "every shard is owned", func() bool { return c.owned() == 6 })
	c.stopAll()
}
