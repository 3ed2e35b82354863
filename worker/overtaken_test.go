package worker

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// overtake puts records that arrived a while ago, of which retention takes the first 5,000 behind the first page: some that have been read, and some that have not.
// With expiry the iterator is too old as well.
func overtake(f *fleet, ago time.Duration, expiry bool) {
	f.stream.put("s", 9_000)
	records := f.stream.shards["s"].records
	for i := range records {
		records[i].Arrival = time.Now().Add(-ago)
	}
	var reads atomic.Int64
	f.stream.fail = func(op, _ string) error { // its caller holds the lock
		if op != "read" || reads.Add(1) != 2 {
			return nil
		}
		f.stream.shards["s"].trimmed = 5_000
		if expiry {
			return ErrIteratorExpired
		}
		return nil
	}
}

// TestRetentionOvertakesAReader: an iterator goes on with what is left, and says nothing. The shard commits what it has read, and stops before what it has not.
func TestRetentionOvertakesAReader(t *testing.T) {
	for name, c := range map[string]struct {
		ago    time.Duration
		expiry bool
	}{
		"the iterator has expired":   {time.Minute, true},
		"what is read is as old":     {24*time.Hour - time.Second, false},
		"both, and it is older, too": {25 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, "s")
				f.lazy = true // nothing is committed by itself
				overtake(f, c.ago, c.expiry)
				f.start("a")
				f.until(time.Minute, "stopped", func() bool { return len(f.table.Leases()) == 1 && f.table.Leases()[0].Stopped != "" })
				l := f.table.Leases()[0]
				if !strings.Contains(l.Stopped, "record 2999, where reading has to begin, is past retention") || l.Checkpoint.Value != "2999" {
					t.Errorf("the shard is at %s, stopped: %s", l.Checkpoint, l.Stopped)
				}
				if n := f.ledger.count("s"); n != 2000 {
					t.Errorf("%d records were committed, want the 2000 of the first page", n)
				}
			})
		})
	}
}

// TestOldRecordsThatAreThereAreRead: who reads close to retention looks each time whether it has been overtaken, and goes on when it has not.
func TestOldRecordsThatAreThereAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, "s")
		overtake(f, 24*time.Hour-time.Second, false)
		f.stream.fail = nil
		f.start("a")
		f.until(time.Minute, "all is committed", func() bool { return f.ledger.count("s") == 9_000 })
		f.exactlyOnce("s")
	})
}

// TestIdleShardOutlivesItsIterator: the process sleeps for longer than an iterator lives, and the last record, which is past retention, proves nothing: all had been read.
func TestIdleShardOutlivesItsIterator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, a := newFleetThatHasRead(t, "s", 10)
		time.Sleep(time.Second)
		expired := false
		f.stream.mu.Lock()
		f.stream.shards["s"].trimmed = 10
		f.stream.fail = func(op, _ string) error {
			if op == "read" && !expired {
				expired = true
				return ErrIteratorExpired
			}
			return nil
		}
		f.stream.mu.Unlock()
		time.Sleep(5 * time.Second)
		f.stream.put("s", 5)
		f.until(5*time.Second, "goes on", func() bool { return f.ledger.count("s") == 15 })
		f.exactlyOnce("s")
		if l := f.table.Leases()[0]; l.Stopped != "" || l.Owner != a.ID() {
			t.Errorf("%+v", l)
		}
	})
}

// scripted is a Stream that gives pages one after the other, whatever it is asked.
type scripted struct {
	Stream
	pages []Page
}

func (s *scripted) Iterator(context.Context, string, lease.Position) (string, error) {
	return "iterator", nil
}

func (s *scripted) Read(context.Context, string, int32) (Page, error) {
	page := s.pages[0]
	s.pages = s.pages[1:]
	return page, nil
}

// TestWhatHasNotBegunIsNotOvertaken: Kinesis gives empty pages before the first record, and at the tip of a shard that has none. They say nothing of the record at
// which reading has to begin, which is lost here: neither that it has been read, nor that nothing came after it.
func TestWhatHasNotBegunIsNotOvertaken(t *testing.T) {
	later := Page{Records: []Record{{SequenceNumber: "1015", Arrival: time.Now()}}, Next: "iterator"}
	for name, c := range map[string]struct {
		patient bool
		first   Page
	}{
		"empty pages on the way":        {false, Page{Next: "iterator", MillisBehindLatest: 1000}},
		"nothing at the tip, and waits": {true, Page{Next: "iterator"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &Worker{env: System{}, cfg: Config{}.withDefaults(), stream: &scripted{pages: []Page{c.first, c.first, later}}}
				r := newReader(w, "s", lease.After("1009", 0), 0)
				r.patient = c.patient
				if err := r.start(t.Context()); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if page, err := r.next(t.Context()); err != nil || len(page.Records) > 0 {
						t.Fatalf("%+v, %v", page, err)
					}
				}
				page, err := r.next(t.Context())
				past, ok := errors.AsType[*pastRetention](err)
				if !ok || past.overtaken || past.record != "1009" || past.next != "1015" {
					t.Errorf("the record after a gap: %+v, %v", page, err)
				}
			})
		})
	}
}
