package worker

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestHangingProcessorLosesItsShardAndNothingElse: a processor that never returns keeps neither its shard from others nor its worker
// from the other shards, and what it does later changes nothing.
func TestHangingProcessorLosesItsShardAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0", "s1", "s2")
		hang := make(chan struct{})
		var hung atomic.Bool
		f.ledger.fail = func(shard, _ string) error {
			if shard == "s0" && hung.CompareAndSwap(false, true) {
				<-hang
			}
			return nil
		}
		a := f.start("a")
		f.until(5*time.Second, "a holds all", func() bool { return len(a.Shards()) == 3 })
		f.stream.put("s0", 5)
		time.Sleep(5 * time.Second)
		b := f.start("b")
		for range 30 {
			f.stream.put("s1", 1)
			f.stream.put("s2", 1)
			time.Sleep(5 * time.Second)
		}
		if f.ledger.count("s0") != 0 || f.ledger.count("s1") < 29 || f.ledger.count("s2") < 29 {
			t.Fatalf("committed: %d, %d, %d", f.ledger.count("s0"), f.ledger.count("s1"), f.ledger.count("s2"))
		}
		took := f.until(2*time.Minute, "b has the shard", func() bool { return f.ledger.count("s0") == 5 })
		t.Logf("after %v more", took)
		for _, l := range f.table.Leases() {
			if l.Key == "s0" && l.Owner != b.ID() {
				t.Errorf("%+v", l)
			}
		}
		close(hang)
		time.Sleep(time.Minute)
		for _, id := range []string{"s0", "s1", "s2"} {
			f.exactlyOnce(id)
		}
	})
}

// TestWorkerLeavesWithoutAHangingConsumer holds that SIGTERM ends a process whose processor does not return.
func TestWorkerLeavesWithoutAHangingConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s0")
		hang := make(chan struct{})
		f.ledger.fail = func(string, string) error {
			<-hang
			return context.Canceled
		}
		a := f.start("a")
		f.stream.put("s0", 1)
		time.Sleep(10 * time.Second)
		began := time.Now()
		a.cancel()
		<-a.done
		if took := time.Since(began); a.err != nil || took > (30+5)*time.Second {
			t.Errorf("ended after %v: %v", took, a.err)
		}
		close(hang)
		time.Sleep(time.Minute)
	})
}
