package worker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// leaveUnread closes s0, lets a worker read it to its end while the child s1 cannot be read, and nobody run then for a time. Retention takes the first half of the
// child's ten records, and a worker starts.
func (f *fleet) leaveUnread(absence time.Duration) {
	f.t.Helper()
	a := f.start("a")
	f.fill("s0")
	f.settle(5 * time.Second)
	f.stream.fail = func(op, shard string) error {
		if shard == "s1" && op != "shards" {
			return errors.New("500")
		}
		return nil
	}
	f.fill("s0")
	f.stream.add("s1", "s0")
	f.stream.put("s1", 10)
	f.until(20*time.Second, "the parent has ended", func() bool { return f.hasEnded("s0") })
	a.cancel()
	<-a.done
	time.Sleep(absence)
	f.stream.fail = nil
	f.stream.shards["s1"].trimmed = 5
	f.start("b")
}

// TestShardThatNobodyReadWithinRetentionStops, and goes on with what is left when that is accepted.
func TestShardThatNobodyReadWithinRetentionStops(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.leaveUnread(25 * time.Hour)
		f.until(20*time.Second, "it stops", func() bool { return f.row("s1").Stopped != "" })
		if why := f.row("s1").Stopped; !strings.Contains(why, "may be past retention") || f.ledger.count("s1") > 0 {
			t.Fatalf("stopped: %s; %d records were read", why, f.ledger.count("s1"))
		}
		f.make(lease.Plan{Number: 1, State: lease.PlanMade, ID: "x", AcceptGaps: true})
		f.until(20*time.Second, "what is left is read", func() bool { return f.ledger.count("s1") == 5 })
		if first := f.ledger.committed["s1"][0]; first != "1005" {
			t.Errorf("it begins with %s", first)
		}
	}, "s0")
}

// TestShardThatIsReadWithinRetentionDoesNotStop, and neither does one that begins with a stream that is older than retention.
func TestShardThatIsReadWithinRetentionDoesNotStop(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.leaveUnread(20 * time.Hour)
		f.until(20*time.Second, "it is read", func() bool { return f.ledger.count("s1") == 5 })
	}, "s0")
	inBubble(t, func(f *fleet) {
		f.stream.put("s0", 10)
		f.stream.shards["s0"].trimmed = 5
		time.Sleep(30 * time.Hour)
		f.start("a")
		f.until(20*time.Second, "it is read", func() bool { return f.ledger.count("s0") == 5 })
	}, "s0")
}

// TestEmptyShardThatNobodyReadWithinRetentionStops has never had a record when its worker ends.
func TestEmptyShardThatNobodyReadWithinRetentionStops(t *testing.T) {
	inBubble(t, func(f *fleet) {
		a := f.start("a")
		f.until(time.Hour, "its tip is noted", func() bool { return len(f.table.Leases()) == 1 && f.row("s0").Tip > 0 })
		a.cancel()
		<-a.done
		f.stream.put("s0", 10)
		time.Sleep(25 * time.Hour)
		f.stream.shards["s0"].trimmed = 5
		f.start("b")
		f.until(20*time.Second, "it stops", func() bool { return f.row("s0").Stopped != "" })
	}, "s0")
}

// TestShardWithoutRecordsOutlivesAnOutage: an iterator that has expired begins anew where nothing may have been missed.
func TestShardWithoutRecordsOutlivesAnOutage(t *testing.T) {
	inBubble(t, func(f *fleet) {
		f.start("a")
		time.Sleep(time.Minute)
		f.stream.mu.Lock()
		f.stream.fail = func(op, _ string) error {
			if op == "read" {
				return ErrIteratorExpired
			}
			return nil
		}
		f.stream.mu.Unlock()
		time.Sleep(10 * time.Minute)
		f.fill("s0")
		f.stream.mu.Lock()
		f.stream.fail = nil
		f.stream.mu.Unlock()
		f.settle(20 * time.Second)
	}, "s0")
}
