package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// random makes a log by letting workers work for a while.
func random(tb testing.TB, seed uint64) *world {
	tb.Helper()
	w := newWorld(tb, seed)
	for range 1 + w.rng.IntN(2) {
		w.arrive(w.shard("", ""), 1+w.rng.IntN(8))
	}
	for range 10 + w.rng.IntN(25) {
		w.work(tb, true)
	}
	return w
}

// identity is what identifies a row.
type identity struct {
	Shard    string `parquet:"shard_id,id(1),dict"`
	Sequence string `parquet:"sequence_number,id(2)"`
	Sub      int32  `parquet:"sub_sequence,id(3)"`
	Line     int32  `parquet:"line,id(4)"`
}

// readers returns how often whoever lists the table and reads all of it sees each row. It knows nothing of chains.
func readers(b chain.Bucket) (seen map[identity]int, err error) {
	seen = map[identity]int{}
	for o, err := range b.List(context.Background(), layout.DataPrefix()) {
		if err != nil {
			return nil, err
		}
		body, _, err := b.Get(context.Background(), o.Key)
		if err != nil {
			return nil, err
		}
		err = table.Read(context.Background(), bytes.NewReader(body), int64(len(body)), func(rows []identity) error {
			for i := range rows {
				seen[rows[i]]++
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	return seen, nil
}

// wrong says what readers see of a log that they should not, or do not see that they should.
func (w *world) wrong() error {
	seen, err := readers(w.bucket)
	if err != nil {
		return err
	}
	for _, s := range w.shards {
		for i := range w.committed(s) {
			for _, row := range rows(s.ID, &s.records[i]) {
				id := identity{row.ShardID, row.SequenceNumber, row.SubSequence, row.Line}
				if seen[id] != 1 {
					return fmt.Errorf("%v is seen %d times", id, seen[id])
				}
				delete(seen, id)
			}
		}
	}
	for id := range seen {
		return fmt.Errorf("%v is no row of a committed record", id)
	}
	return nil
}

// sabotages do something to a log that no writer does.
var sabotages = []struct {
	name string
	do   func(tb testing.TB, w *world, r *rand.Rand, key string)
}{
	{"remove", func(_ testing.TB, w *world, _ *rand.Rand, key string) { w.bucket.Delete(key) }},
	{"copy", func(tb testing.TB, w *world, r *rand.Rand, key string) {
		body, metadata := w.object(tb, key)
		hour, shard, first, err := layout.ParseLinkKey(key)
		if err != nil {
			return
		}
		to, err := layout.LinkKey(hour+chain.Hour(r.IntN(5)-2), shard, first)
		must(tb, err)
		w.put(tb, to, body, metadata)
	}},
	{"forge", func(tb testing.TB, w *world, r *rand.Rand, key string) {
		body, metadata := w.object(tb, key)
		l, err := chain.ParseLink(chain.Object{Key: key, Metadata: metadata})
		if err != nil {
			return
		}
		switch r.IntN(6) {
		case 0:
			l.Hour += chain.Hour(r.IntN(5) - 2)
		case 1:
			l.Records += r.Int64N(3) - 1
		case 2:
			l.Prev = l.First
		case 3:
			l.Last = l.First
		case 4:
			l.TotalRows++
		case 5:
			l.Prev = ""
		}
		to, err := layout.LinkKey(l.Hour, l.Shard, l.First)
		must(tb, err)
		w.put(tb, to, body, l.Metadata())
	}},
	{"replace the content", func(tb testing.TB, w *world, r *rand.Rand, key string) {
		_, metadata := w.object(tb, key)
		keys := w.bucket.Keys(layout.DataPrefix())
		body, _ := w.object(tb, keys[r.IntN(len(keys))])
		w.put(tb, key, body, metadata)
	}},
	{"lose or repeat a row", func(tb testing.TB, w *world, r *rand.Rand, key string) {
		body, metadata := w.object(tb, key)
		var all []table.Row
		err := table.Read(context.Background(), bytes.NewReader(body), int64(len(body)), func(rows []table.Row) error {
			all = append(all, rows...)
			return nil
		})
		if err != nil || len(all) == 0 {
			return
		}
		i := r.IntN(len(all))
		if r.IntN(2) == 0 {
			all = slices.Delete(all, i, i+1)
		} else {
			all = slices.Insert(all, r.IntN(len(all)), all[i])
		}
		w.put(tb, key, w.encode(tb, all, nil), metadata)
	}},
	{"cut short", func(tb testing.TB, w *world, r *rand.Rand, key string) {
		body, metadata := w.object(tb, key)
		w.put(tb, key, body[:r.IntN(len(body)+1)], metadata)
	}},
}

// TestRandomLogs makes random logs, sound at first, sabotages them up to three times, and compares the verdict with what readers see: a log
// that shows them anything but the rows of its committed records, once each, is not clean; nor is any log of which something was removed
// or cut short.
func TestRandomLogs(t *testing.T) {
	logs := uint64(30)
	if testing.Short() {
		logs = 8
	}
	found := map[string]int{}
	for seed := range logs {
		w := random(t, seed)
		o := w.against()
		requireClean(t, run(t, o))
		must(t, w.wrong())
		r := rand.New(rand.NewPCG(seed, 99))
		var done []string
		for range 1 + r.IntN(3) {
			keys := slices.DeleteFunc(w.bucket.Keys("events/"), func(k string) bool { return strings.HasSuffix(k, "/probe") })
			data := w.bucket.Keys(layout.DataPrefix())
			if len(data) == 0 {
				break
			}
			s, key := sabotages[r.IntN(len(sabotages))], keys[r.IntN(len(keys))]
			if s.name == "replace the content" || s.name == "lose or repeat a row" || s.name == "forge" {
				key = data[r.IntN(len(data))]
			}
			s.do(t, w, r, key)
			done = append(done, s.name+" "+key)
			wrong := w.wrong()
			report := run(t, o)
			if wrong != nil && report.Clean() {
				t.Fatalf("seed %d: the audit finds nothing after %q, but %v", seed, done, wrong)
			}
			if !report.Clean() {
				found[s.name]++
			}
		}
	}
	for _, s := range sabotages {
		if found[s.name] == 0 {
			t.Errorf("no %q was found", s.name)
		}
	}
}

// TestBlameIsPrecise removes one link of random logs: one anomaly and no more, wherever it was.
func TestBlameIsPrecise(t *testing.T) {
	logs := uint64(60)
	if testing.Short() {
		logs = 10
	}
	for seed := range logs {
		w := random(t, seed+1000)
		o := w.options()
		o.Checkpoints, o.SkipRows = w.checkpoints(), true
		for _, key := range w.bucket.Keys(layout.DataPrefix()) {
			body, metadata := w.object(t, key)
			w.bucket.Delete(key)
			if r := run(t, o); len(r.Anomalies) != 1 {
				t.Fatalf("seed %d: %s removed: %s", seed, key, describe(r))
			}
			w.put(t, key, body, metadata)
		}
	}
}
