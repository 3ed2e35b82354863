package worker

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// history is what shards have of the past: records up to a number, some at a time, which nobody need read in the stream.
type history struct {
	until    int // the record with which reading goes on in the stream
	children []lease.Lease
	ended    bool
	restarts int  // how often another writer's link is met
	wait     bool // for the fence, before each step
	calls    int
}

func (h *history) around(p *commitProcessor) Processor {
	if h == nil {
		return p
	}
	return &rereader{commitProcessor: p, past: h}
}

// rereader is a Rereader.
type rereader struct {
	*commitProcessor
	past     *history
	obsolete bool // another writer's link has been met
}

// Unwrap implements Wrapper.
func (r *rereader) Unwrap() Processor { return r.commitProcessor }

// place is the next record, and the first that is not in the past.
func (r *rereader) place() (at, until int) {
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	return 1000 + len(r.ledger.committed[r.term.Key()]), r.past.until
}

// HasPast implements Rereader.
func (r *rereader) HasPast() bool {
	at, until := r.place()
	return at < until
}

// Reread implements Rereader.
func (r *rereader) Reread(ctx context.Context, settled func(context.Context) error) (n Reread, err error) {
	r.past.calls++
	if r.obsolete {
		return n, errors.New("a processor whose state is obsolete is asked")
	}
	if r.past.wait {
		if err := settled(ctx); err != nil {
			return n, err
		}
	}
	if r.past.restarts > 0 {
		r.past.restarts--
		r.obsolete = true
		return n, ErrRestart
	}
	for at, until := r.place(); n.Records < 3 && at < until; at++ {
		r.open = append(r.open, strconv.Itoa(at))
		n.Records++
	}
	n.Reached = time.Now().Add(-time.Hour)
	if err := r.Drain(ctx); err != nil {
		return n, err
	}
	if n.Over = !r.HasPast(); n.Over {
		_, until := r.place()
		n.At, n.Whole = lease.After(strconv.Itoa(until-1), 0), true
		n.Ended, n.Children = r.past.ended, r.past.children
	}
	return n, nil
}

// TestPastIsReadBeforeTheStream: what the stream has no more is processed first, then what comes after it, each once, also when a term begins again in between.
func TestPastIsReadBeforeTheStream(t *testing.T) {
	for _, restarts := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			f := newFleet(t, "s")
			f.past = &history{until: 1020, restarts: restarts}
			f.stream.put("s", 30)
			f.stream.shards["s"].trimmed = 19 // the last record of the past is there
			n := f.start("a")
			f.until(10*time.Second, "all is read", func() bool { return f.ledger.count("s") == 30 })
			f.exactlyOnce("s")
			if got := n.Shards()[0].Records; got != 30 || f.past.calls != 7+restarts {
				t.Errorf("%d records are counted, %d calls", got, f.past.calls)
			}
		})
	}
}

// TestPastThatEnded: of a shard that the past has to its end the stream is not asked, which need not have it any more; its children follow.
func TestPastThatEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		f.stream.put("s", 10)
		f.stream.add("child", "s")
		f.past = &history{until: 1010, ended: true, children: []lease.Lease{f.stream.shards["child"].lease}}
		f.stream.fail = func(op, shard string) error {
			if op != "shards" && shard == "s" {
				return errors.New("nobody should ask")
			}
			return nil
		}
		f.start("a")
		f.until(20*time.Second, "it has ended", func() bool { return len(f.table.Leases()) == 2 && f.row("child").Counter > 0 }) // it was taken, and may have ended as well
		f.exactlyOnce("s")
		if row := f.row("s"); !row.Ended() || len(row.Children) != 1 {
			t.Errorf("its row is %+v", row)
		}
	})
}

// TestPastWaitsForTheFence: what could still change while older terms write is not passed before.
func TestPastWaitsForTheFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		f.stream.put("s", 5)
		f.past = &history{until: 1000, wait: true}
		f.start("a")
		f.until(10*time.Second, "the shard is read", func() bool { return f.ledger.count("s") == 5 })
		f.ledger.mu.Lock()
		f.past.until = 1009
		f.ledger.mu.Unlock()
		f.replay()
		time.Sleep(20 * time.Second)
		if n := f.ledger.count("s"); n != 5 {
			t.Errorf("%d records before the fence", n)
		}
		f.stream.put("s", 7)
		f.fence()
		f.until(10*time.Second, "all is read", func() bool { return f.ledger.count("s") == 12 })
		f.exactlyOnce("s")
	})
}
