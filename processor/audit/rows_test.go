package audit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// rowsOf returns the rows of the link at key as they should be, and its records.
func (w *world) rowsOf(t *testing.T, s *source, key string) (all []table.Row) {
	t.Helper()
	_, metadata := w.object(t, key)
	for i := range s.records {
		r := &s.records[i]
		if chain.Compare(r.SequenceNumber, metadata["first"]) >= 0 && chain.Compare(r.SequenceNumber, metadata["last"]) <= 0 {
			all = append(all, rows(s.ID, r)...)
		}
	}
	return all
}

// of returns the rows of the i-th record among rows; -1 is the last record.
func of(all []table.Row, i int) (from, to int) {
	var starts []int
	for j := range all {
		if j == 0 || all[j].SequenceNumber != all[j-1].SequenceNumber {
			starts = append(starts, j)
		}
	}
	starts = append(starts, len(all))
	if i < 0 {
		i += len(starts) - 1
	}
	return starts[i], starts[i+1]
}

// withWideLink returns a log with a link of three records, of which the first and the second have several rows.
func withWideLink(t *testing.T) (w *world, i int) {
	t.Helper()
	for seed := range uint64(100) {
		w := small(t, seed)
		for i, key := range w.links(w.shards[0]) {
			_, metadata := w.object(t, key)
			all := w.rowsOf(t, w.shards[0], key)
			if metadata["records"] != "3" {
				continue
			}
			_, second := of(all, 0)
			from, third := of(all, 1)
			if second == 4 && third-from > 1 { // two sub-records of two lines, then at least two rows
				return w, i
			}
		}
	}
	t.Fatal("no link has three records with several rows")
	return nil, 0
}

// TestSabotagedRowsAreNamed changes the rows of one link of at least three records.
func TestSabotagedRowsAreNamed(t *testing.T) {
	w, i := withWideLink(t)
	s, other := w.shards[0], w.shards[1]
	key := w.links(s)[i]
	sound := w.rowsOf(t, s, key)
	body, metadata := w.object(t, key)
	full := w.against()
	o := w.options()
	acks := func(kinds ...audit.Kind) []finding {
		var out []finding
		for _, k := range kinds {
			out = append(out, finding{k, key})
		}
		return out
	}
	for name, c := range map[string]struct {
		change func(all []table.Row) []table.Row
		want   []finding
	}{
		"as it was": {func(all []table.Row) []table.Row { return all }, nil},
		"no rows": {
			func([]table.Row) []table.Row { return nil },
			acks(audit.RowCount, audit.RecordCount, audit.RowMissing, audit.AckMissing),
		},
		"a row of a record lost": {
			func(all []table.Row) []table.Row { _, to := of(all, 0); return slices.Delete(all, to-1, to) },
			acks(audit.RowCount),
		},
		"the first sub-record lost": {func(all []table.Row) []table.Row {
			from, _ := of(all, 0)
			return slices.Delete(all, from, from+1)
		}, acks(audit.RowCount)},
		"the first record lost": {
			func(all []table.Row) []table.Row { from, to := of(all, 0); return slices.Delete(all, from, to) },
			acks(audit.RowCount, audit.RecordCount, audit.RowMissing, audit.AckMissing),
		},
		"the second record lost": {
			func(all []table.Row) []table.Row { from, to := of(all, 1); return slices.Delete(all, from, to) },
			acks(audit.RowCount, audit.RecordCount, audit.AckMissing),
		},
		"the last record lost": {
			func(all []table.Row) []table.Row { from, to := of(all, -1); return slices.Delete(all, from, to) },
			acks(audit.RowCount, audit.RecordCount, audit.RowMissing, audit.AckMissing),
		},
		"a row twice": {
			func(all []table.Row) []table.Row { return slices.Insert(all, 3, all[2]) },
			acks(audit.RowCount, audit.RowRepeated),
		},
		"a row twice, another lost": {
			func(all []table.Row) []table.Row { from, _ := of(all, 1); all[from-1] = all[from-2]; return all },
			acks(audit.RowRepeated),
		},
		"the second record twice": {
			func(all []table.Row) []table.Row {
				from, to := of(all, 1)
				return slices.Insert(all, to, all[from:to]...)
			},
			acks(audit.RowCount, audit.RowOrder, audit.RowRepeated),
		},
		"the first record again at the end": {
			func(all []table.Row) []table.Row { from, to := of(all, 0); return append(all, all[from:to]...) },
			acks(audit.RowCount, audit.RowOrder),
		},
		"two rows swapped": {
			func(all []table.Row) []table.Row { all[0], all[1] = all[1], all[0]; return all },
			acks(audit.RowOrder),
		},
		"two records swapped": {func(all []table.Row) []table.Row {
			from, middle := of(all, 0)
			_, to := of(all, 1)
			swapped := slices.Concat(all[:from], all[middle:to], all[from:middle], all[to:])
			return swapped
		}, acks(audit.RowOrder)},
		"reversed": {func(all []table.Row) []table.Row { slices.Reverse(all); return all }, acks(audit.RowOrder)},
		"a row of another shard": {
			func(all []table.Row) []table.Row { all[1].ShardID = other.ID; return all },
			acks(audit.RowOutside),
		},
		"a row before the first": {func(all []table.Row) []table.Row {
			return slices.Insert(all, 0, table.Row{ShardID: s.ID, SequenceNumber: "0" + all[0].SequenceNumber[1:], ArrivalTime: noon})
		}, acks(audit.RowCount, audit.RowOutside)},
		"a row after the last": {func(all []table.Row) []table.Row {
			return append(all, table.Row{ShardID: s.ID, SequenceNumber: "9" + all[0].SequenceNumber[1:], ArrivalTime: noon})
		}, acks(audit.RowCount, audit.RowOutside)},
		"a record that never was": {func(all []table.Row) []table.Row {
			_, to := of(all, 0)
			return slices.Insert(all, to, table.Row{ShardID: s.ID, SequenceNumber: plus(t, all[0].SequenceNumber, 1), ArrivalTime: all[0].ArrivalTime})
		}, acks(audit.RowCount, audit.RecordCount)},
		"a sequence number that is not padded": {func(all []table.Row) []table.Row {
			for i := range all {
				all[i].SequenceNumber = strings.TrimLeft(all[i].SequenceNumber, "0") + "0"
			}
			return all
		}, acks(audit.RowOutside, audit.AckMissing)},
		"a sub-record skipped": {func(all []table.Row) []table.Row {
			_, to := of(all, 0)
			all[to-1].SubSequence += 2
			return all
		}, acks(audit.RowMissing)},
		"an aggregate without its beginning": {func(all []table.Row) []table.Row {
			from, to := of(all, 1)
			for i := from; i < to; i++ {
				all[i].SubSequence++
			}
			return all
		}, acks(audit.RowMissing)},
		"an arrival in the future": {
			func(all []table.Row) []table.Row { all[1].ArrivalTime = noon.Add(1000 * time.Hour); return all },
			acks(audit.ArrivalTimes),
		},
		"the first arrival in an earlier hour": {func(all []table.Row) []table.Row {
			from, to := of(all, 0)
			for i := from; i < to; i++ {
				all[i].ArrivalTime = all[i].ArrivalTime.Add(-24 * time.Hour)
			}
			return all
		}, w.earlier(t, s, i, key)},
	} {
		t.Run(name, func(t *testing.T) {
			w.put(t, key, w.encode(t, c.change(slices.Clone(sound)), nil), metadata)
			defer w.put(t, key, body, metadata)
			requireFound(t, run(t, full), c.want...)
			requireFound(t, run(t, o), slices.DeleteFunc(slices.Clone(c.want), func(f finding) bool { return f.kind == audit.AckMissing })...)
		})
	}
}

// earlier says what follows when the first record of a link arrived a day earlier: the hour is wrong only where the link began an hour.
func (w *world) earlier(t *testing.T, s *source, i int, key string) []finding {
	t.Helper()
	hour, _, _, err := layout.ParseLinkKey(key)
	must(t, err)
	if i > 0 {
		if before, _, _, err := layout.ParseLinkKey(w.links(s)[i-1]); err != nil || before == hour {
			return nil
		}
	}
	return []finding{{audit.Hour, key}}
}

// TestDamagedObjectIsNamed cuts each link and each mark short.
func TestDamagedObjectIsNamed(t *testing.T) {
	w := small(t, 9)
	o := w.options()
	for _, key := range append(w.bucket.Keys(layout.DataPrefix()), w.bucket.Keys(layout.MarksPrefix())...) {
		body, metadata := w.object(t, key)
		kind := audit.Unreadable
		switch {
		case key == layout.ConfigKey():
			kind = audit.Config
		case strings.HasSuffix(key, ".json"):
			kind = audit.Mark
		}
		for _, n := range []int{0, 1, 7, len(body) / 2, len(body) - 9, len(body) - 1} {
			w.put(t, key, body[:n], metadata)
			if r := run(t, o); !contains(r, kind, key) {
				t.Errorf("%s cut to %d of %d bytes: %s", key, n, len(body), describe(r))
			}
		}
		w.put(t, key, body, metadata)
	}
	requireClean(t, run(t, o))
}

// TestFlippedByteIsNamed flips bytes all over an object.
func TestFlippedByteIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("every variation of it takes long")
	}
	w := small(t, 9)
	o := w.options()
	key := w.links(w.shards[0])[1]
	body, metadata := w.object(t, key)
	for range 200 {
		damaged := slices.Clone(body)
		at := w.rng.IntN(len(damaged))
		damaged[at] ^= byte(1 + w.rng.IntN(255))
		w.put(t, key, damaged, metadata)
		r := run(t, o)
		requireFound(t, r, finding{audit.Unreadable, key})
		if t.Failed() {
			t.Fatalf("byte %d flipped:\n%s", at, describe(r))
		}
	}
}
