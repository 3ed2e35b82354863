package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

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
		f, a := newFleetThatHasRead(t, "s0", 10)
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
		f, a := newFleetThatHasRead(t, "s0", 10)
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

// TestAggregatesPassTheKCLUntouched has aggregates of the KPL, one of them damaged, and records that only look like some.
func TestAggregatesPassTheKCLUntouched(t *testing.T) {
	magic := []byte{0xF3, 0x89, 0x9A, 0xC2}
	aggregate, err := event.Aggregate([]event.UserRecord{{PartitionKey: "a", Data: []byte("one")}, {PartitionKey: "b", Data: []byte("two")}})
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(aggregate)
	damaged[len(damaged)-1]++
	payloads := [][]byte{
		aggregate, damaged, nil, {0}, []byte("plain"), magic, append(slices.Clone(magic), make([]byte, 40)...), append([]byte{0}, magic...), {0, 0xF3},
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0")
		f.stream.put("s0", len(payloads))
		for i, data := range payloads {
			f.stream.shards["s0"].records[i].Data = data
		}
		f.start("a")
		f.until(5*time.Second, "all is read", func() bool { return f.ledger.count("s0") == len(payloads) })
		f.exactlyOnce("s0")
		if got := f.ledger.payloads["s0"]; !slices.EqualFunc(got, payloads, bytes.Equal) {
			t.Errorf("got %q, want %q", got, payloads)
		}
	})
}
