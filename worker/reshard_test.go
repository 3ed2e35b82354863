package worker

import (
	"context"
	"slices"
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
			{[]string{"s2", "s3"}, []string{"s0"}}, {[]string{"s4"}, []string{"s1", "s2"}}, {[]string{"s5", "s6"}, []string{"s3"}},
			{[]string{"s7"}, []string{"s4", "s5"}}, {[]string{"s8", "s9"}, []string{"s7"}}, {[]string{"s10"}, []string{"s6", "s9"}},
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
