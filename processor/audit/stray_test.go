package audit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

// put1 puts an object whose metadata say nothing.
func (w *world) put1(t *testing.T, s *source, hour chain.Hour, first string, records ...event.Record) string {
	t.Helper()
	key, err := layout.LinkKey(hour, s.ID, first)
	must(t, err)
	var all []table.Row
	for i := range records {
		all = append(all, rows(s.ID, &records[i])...)
	}
	w.put(t, key, w.encode(t, all, nil), nil)
	return key
}

// TestOnlyCoveredStraysAreSweepable has strays of every kind beside sound and unsound chains.
func TestOnlyCoveredStraysAreSweepable(t *testing.T) {
	if testing.Short() {
		t.Skip("every variation of it takes long")
	}
	w := standard(t, 51)
	s, open := w.shards[0], w.shards[4]
	links := w.links(s)
	hour, _, first, err := layout.ParseLinkKey(links[1])
	must(t, err)
	r0 := s.records[4]
	end := open.records[len(open.records)-1]
	for _, c := range []struct {
		name     string
		put      func() string
		sweepAll bool
	}{
		{"copy of a link", func() string { return w.forge(t, links[1], func(l *chain.Link) { l.Hour += 5 }) }, true},
		{"rows of the chain under no metadata", func() string { return w.put1(t, s, hour+7, first, s.records[5:9]...) }, true},
		{"a record that no link has", func() string {
			r := r0
			r.SequenceNumber = plus(t, s.records[len(s.records)-1].SequenceNumber, 7)
			return w.put1(t, s, hour+7, first, s.records[5], r)
		}, false},
		{"behind the end of an open chain", func() string {
			r := end
			r.SequenceNumber = plus(t, end.SequenceNumber, 7)
			return w.put1(t, open, hour+9, r.SequenceNumber, r)
		}, false},
		{"another shard's", func() string {
			ghost := &source{Shard: chain.Shard{ID: "shardId-000000000099"}}
			return w.put1(t, ghost, hour, first, r0)
		}, false},
		{"no rows", func() string { return w.put1(t, s, hour+7, first) }, false},
		{"no table", func() string {
			key := w.put1(t, s, hour+7, first, r0)
			w.put(t, key, []byte("PAR1PAR1"), nil)
			return key
		}, false},
		{"no link's key", func() string {
			key := layout.DataPrefix() + "readme.txt"
			w.put(t, key, []byte("hello"), nil)
			return key
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.restored(t, func() {
				key := c.put()
				o := w.options()
				o.Acks = each(w.acks())
				r := run(t, o)
				if r.Totals.Strays != 1 || r.Clean() {
					t.Fatalf("%d strays", r.Totals.Strays)
				}
				got := r.Sweepable()
				if want := c.sweepAll; want != slices.Equal(got, []string{key}) || !want && len(got) > 0 {
					t.Errorf("sweepable: %v; the stray is %s", got, key)
				}
				if !c.sweepAll {
					return
				}
				o.SkipRows = true
				if got := run(t, o).Sweepable(); got != nil {
					t.Errorf("without rows: %v", got)
				}
				o.SkipRows = false
				w.bucket.Delete(key)
				requireClean(t, run(t, o))
			})
		})
	}
}

// TestNothingIsSweptBesideADoubtfulChain damages each link of a shard that has a covered stray: then that may be the last sound copy.
func TestNothingIsSweptBesideADoubtfulChain(t *testing.T) {
	w := standard(t, 52)
	s := w.shards[0]
	links := w.links(s)
	stray := w.forge(t, links[1], func(l *chain.Link) { l.Hour += 5 })
	if got := run(t, w.options()).Sweepable(); !slices.Equal(got, []string{stray}) {
		t.Fatalf("sweepable: %v", got)
	}
	for _, key := range append([]string{layout.StartKey(s.ID), layout.EndKey(s.ID)}, links...) {
		w.restored(t, func() {
			if strings.HasSuffix(key, ".parquet") {
				body, metadata := w.object(t, key)
				body[len(body)/2] ^= 1
				w.put(t, key, body, metadata)
			} else {
				w.bucket.Delete(key)
			}
			r := run(t, w.options())
			if got := r.Sweepable(); len(got) > 0 {
				t.Errorf("%s is damaged: sweepable %v, found %+v", key, got, r.Anomalies)
			}
		})
	}
	o := w.options()
	o.Checkpoints = w.checkpoints()
	o.Checkpoints[s.ID] = audit.Checkpoint{Last: plus(t, s.records[3].SequenceNumber, 1)}
	if got := run(t, o).Sweepable(); len(got) > 0 {
		t.Errorf("a checkpoint says something else: sweepable %v", got)
	}
}
