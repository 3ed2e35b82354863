package worker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

// settle waits until every record of every shard is committed and every shard with children has ended, and requires that each record is committed once
// and in order, and no shard's before all of its parents'.
func (f *fleet) settle(limit time.Duration) {
	f.t.Helper()
	f.until(limit, "everything is read", func() bool {
		for id, s := range f.stream.shards {
			if f.ledger.count(id) != len(s.records) || s.closed && !f.hasEnded(id) {
				return false
			}
		}
		return true
	})
	for id, s := range f.stream.shards {
		f.exactlyOnce(id)
		first := slices.Index(f.ledger.order, id)
		for _, p := range s.lease.Parents {
			for at, other := range f.ledger.order {
				if first >= 0 && other == p && at > first {
					f.t.Errorf("%s was read before its parent %s was read to its end", id, p)
				}
			}
		}
	}
	for _, l := range f.table.Leases() {
		if s := f.stream.shards[l.Key]; s != nil && s.closed != l.Ended() {
			f.t.Errorf("%s: closed %v, row %+v", l.Key, s.closed, l)
		}
	}
}

func (f *fleet) hasEnded(id string) bool {
	return slices.ContainsFunc(f.table.Leases(), func(l lease.Lease) bool { return l.Key == id && l.Ended() })
}

// fill puts some records into shards.
func (f *fleet) fill(ids ...string) {
	for i, id := range ids {
		f.stream.put(id, 5+i)
	}
}

// inBubble runs a scenario on fake time.
func inBubble(t *testing.T, scenario func(f *fleet), shards ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { scenario(newFleet(t, shards...)) })
}

func TestChainOfSplitsAndMerges(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.start("a")
		f.start("b")
		f.fill("s0", "s1")
		for _, step := range []struct{ children, parents []string }{
			{[]string{"s2", "s3"}, []string{"s0"}},
			{[]string{"s4"}, []string{"s1", "s2"}},
			{[]string{"s5", "s6"}, []string{"s3"}},
			{[]string{"s7"}, []string{"s4", "s5"}},
			{[]string{"s8", "s9"}, []string{"s7"}},
			{[]string{"s10"}, []string{"s6", "s9"}},
		} {
			time.Sleep(700 * time.Millisecond)
			for _, c := range step.children {
				f.stream.add(c, step.parents...)
			}
			f.fill(step.children...)
		}
		f.settle(20 * time.Second)
	}, "s0", "s1")
}

// TestSplitDuringFailover splits a shard while its owner is dead and nobody knows it yet.
func TestSplitDuringFailover(t *testing.T) {
	inBubble(t, func(f *fleet) {
		a := f.start("a")
		f.fill("s0", "s1")
		f.settle(5 * time.Second)
		f.start("b")
		f.until(15*time.Second, "balance", func() bool { return len(a.Shards()) == 1 })
		a.store.Inject(func(context.Context, string) leasetest.Fault { return leasetest.Fail })
		a.cancel()
		f.fill("s0", "s1")
		for _, p := range []string{"s0", "s1"} {
			f.stream.add(p+"-low", p)
			f.stream.add(p+"-high", p)
			f.fill(p+"-low", p+"-high")
		}
		f.settle(20 * time.Second)
	}, "s0", "s1")
}

// TestTwoReshardsInARow begins the second while the children of the first have not been read.
func TestTwoReshardsInARow(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.start("a")
		f.start("b")
		f.fill("s0", "s1")
		f.until(5*time.Second, "read", func() bool { return f.ledger.count("s0") == 5 })
		for _, parent := range []string{"s0", "s1"} {
			for _, half := range []string{"l", "h"} {
				child := parent + half
				f.stream.add(child, parent)
				f.fill(child)
			}
		}
		for _, parent := range []string{"s0l", "s0h", "s1l", "s1h"} {
			for _, half := range []string{"l", "h"} {
				f.stream.add(parent+half, parent)
				f.fill(parent + half)
			}
		}
		f.settle(20 * time.Second)
		if open := len(f.stream.shards); open != 14 {
			t.Errorf("%d shards, want 2 + 4 + 8", open)
		}
	}, "s0", "s1")
}

// TestChildrenThatEndedBeforeTheyWereRead begins on a stream whose history is already over.
func TestChildrenThatEndedBeforeTheyWereRead(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.fill("s0")
		f.stream.add("s1", "s0")
		f.stream.add("s2", "s0")
		f.fill("s1") // s2 never has a record
		f.stream.add("s3", "s1", "s2")
		f.stream.add("s4", "s3")
		f.fill("s4")
		f.start("a")
		f.start("b")
		f.settle(20 * time.Second)
	}, "s0")
}

// TestShardsClosedWhileNobodyRan stops all workers in the middle of a shard, and starts others after it was split and merged again.
func TestShardsClosedWhileNobodyRan(t *testing.T) {
	inBubble(t, func(f *fleet) {
		a := f.start("a")
		f.fill("s0")
		f.settle(5 * time.Second)
		a.cancel()
		<-a.done
		f.fill("s0")
		f.stream.add("s1", "s0")
		f.stream.add("s2", "s0")
		f.fill("s1", "s2")
		f.stream.add("s3", "s1", "s2")
		f.fill("s3")
		time.Sleep(time.Hour)
		f.start("b")
		f.settle(20 * time.Second)
	}, "s0")
}

// TestParentsThatAreTrimmed begins on a stream that has lost the parents, and lets others vanish after they were read.
func TestParentsThatAreTrimmed(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.stream.add("s1", "s0")
		f.stream.add("s2", "s0")
		f.stream.remove("s0")
		f.fill("s1", "s2")
		f.start("a")
		f.settle(10 * time.Second)
		f.stream.add("s3", "s1", "s2")
		f.fill("s3")
		f.settle(10 * time.Second)
		f.stream.remove("s1")
		f.stream.remove("s2")
		time.Sleep(time.Minute)
		f.start("b")
		f.fill("s3")
		f.settle(10 * time.Second)
	}, "s0")
}

// row returns the row of a shard.
func (f *fleet) row(id string) lease.Lease {
	f.t.Helper()
	rows := f.table.Leases()
	i := slices.IndexFunc(rows, func(l lease.Lease) bool { return l.Key == id })
	if i < 0 {
		f.t.Fatalf("%s has no row: %+v", id, rows)
	}
	return rows[i]
}

// requireStopped waits until nobody may read a parent any more, and requires that its child waits for it.
func (f *fleet) requireStopped(parent, child string) {
	f.t.Helper()
	f.until(20*time.Second, parent+" is stopped", func() bool { return f.row(parent).Stopped != "" })
	if why := f.row(parent).Stopped; !strings.Contains(why, "past retention") {
		f.t.Errorf("%s is stopped: %s", parent, why)
	}
	time.Sleep(time.Minute)
	if n := f.ledger.count(child); n > 0 {
		f.t.Errorf("%d records of %s were read behind those that %s has lost", n, child, parent)
	}
}

// TestParentThatIsTrimmedUnread closes a shard while nobody runs, and lets all its records pass retention.
func TestParentThatIsTrimmedUnread(t *testing.T) {
	inBubble(t, func(f *fleet) {
		a := f.start("a")
		f.fill("s0")
		f.settle(5 * time.Second)
		a.cancel()
		<-a.done
		f.fill("s0")
		f.stream.add("s1", "s0")
		f.fill("s1")
		f.stream.remove("s0")
		f.start("b")
		f.requireStopped("s0", "s1")
	}, "s0")
}

// TestParentThatIsTrimmedWhileItIsRead takes a closed shard away from a reader that has an iterator.
func TestParentThatIsTrimmedWhileItIsRead(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.start("a")
		f.fill("s0")
		f.settle(5 * time.Second)
		f.stream.mu.Lock()
		f.stream.fail = func(op, _ string) error {
			if op == "read" {
				return errors.New("500")
			}
			return nil
		}
		f.stream.mu.Unlock()
		f.fill("s0")
		f.stream.add("s1", "s0")
		f.fill("s1")
		f.stream.remove("s0")
		f.stream.mu.Lock()
		f.stream.fail = nil
		f.stream.mu.Unlock()
		f.requireStopped("s0", "s1")
	}, "s0")
}

// TestParentThatIsTrimmedFinished begins after a crash between the end of the log and SHARD_END, when the stream has lost the shard and one of
// its children: there is nothing left to be read of the shard, but of that child there may be.
func TestParentThatIsTrimmedFinished(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.fill("s0")
		f.stream.add("s1", "s0")
		f.stream.add("s2", "s0")
		f.fill("s2")
		a := f.start("a")
		f.until(5*time.Second, "s0 has ended", func() bool { return f.hasEnded("s0") })
		a.cancel()
		<-a.done
		crashed := f.row("s0")
		crashed.Checkpoint, crashed.Children = lease.After("1004", 0), nil
		f.table.Set(crashed)
		f.stream.add("s3", "s1")
		f.fill("s3")
		f.stream.remove("s0")
		f.stream.remove("s1")
		f.start("b")
		f.until(20*time.Second, "the children that are there are read", func() bool { return f.hasEnded("s0") && f.ledger.count("s2") == 5 })
		f.exactlyOnce("s2")
		f.requireStopped("s1", "s3")
	}, "s0")
}
