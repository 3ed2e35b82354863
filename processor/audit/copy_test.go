package audit_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
)

// destination is where an object is copied to, and what the audit has to call the copy.
type destination struct {
	key  string
	kind audit.Kind
}

// destinations are places for copies of an object.
func destinations(t *testing.T, key string) (out []destination) {
	t.Helper()
	out = []destination{
		{layout.DataPrefix() + "_SUCCESS", audit.Foreign},
		{key + ".bak", audit.Foreign},
		{layout.DataPrefix() + "deep/er/" + key, audit.Foreign},
		{layout.MarksPrefix() + "notes.txt", audit.Foreign},
		{layout.MarksPrefix() + "a/b.start.json", audit.Foreign},
		{layout.MarksPrefix() + ".end.json", audit.Foreign},
	}
	other, err := layout.LinkKey(chain.HourOf(noon), "shardId-000000000004", "77")
	must(t, err)
	hour, shard, first, err := layout.ParseLinkKey(key)
	if err != nil { // a mark, or the configuration
		kind := audit.Misplaced // also the configuration: it is JSON without a shard
		return append(out, destination{other, audit.Metadata}, destination{layout.StartKey("shardId-000000000009"), kind},
			destination{layout.EndKey("shardId-000000000009"), kind})
	}
	for _, to := range []struct {
		hour         chain.Hour
		shard, first string
	}{{hour + 1, shard, first}, {hour - 24, shard, first}, {hour, shard + "0", first}, {hour, shard, "1" + first[1:]}} {
		k, err := layout.LinkKey(to.hour, to.shard, to.first)
		must(t, err)
		out = append(out, destination{k, audit.Misplaced})
	}
	return append(out, destination{other, audit.Misplaced}, destination{layout.StartKey("shardId-000000000009"), audit.Mark},
		destination{layout.EndKey("shardId-000000000009"), audit.Mark})
}

// TestCopyIsNamed copies each object of a log to other keys, as it is.
func TestCopyIsNamed(t *testing.T) {
	w := standard(t, 3)
	o := w.options()
	o.SkipRows, o.Checkpoints = true, w.checkpoints()
	for _, key := range append(w.bucket.Keys(layout.MarksPrefix()), w.bucket.Keys(layout.DataPrefix())...) {
		body, metadata := w.object(t, key)
		for _, to := range destinations(t, key) {
			must(t, w.bucket.PutIfAbsent(t.Context(), to.key, body, metadata))
			r := run(t, o)
			want := []finding{{to.kind, to.key}}
			if to.key == layout.EndKey("shardId-000000000009") { // an end mark that cannot be read needs a start mark, too
				want = append(want, finding{audit.MissingStart, layout.StartKey("shardId-000000000009")})
			}
			requireFound(t, r, want...)
			if stray := strings.HasPrefix(to.key, layout.DataPrefix()); stray != (r.Totals.Strays == 1) || stray != r.Anomalies[0].Stray {
				t.Errorf("copy of %s to %s: %d strays", key, to.key, r.Totals.Strays)
			}
			w.bucket.Delete(to.key)
		}
		if t.Failed() {
			t.Fatalf("after copies of %s", key)
		}
	}
}

// forge puts a copy of a link whose metadata are changed so that they agree with its key.
func (w *world) forge(t *testing.T, key string, change func(l *chain.Link)) string {
	t.Helper()
	body, metadata := w.object(t, key)
	l, err := chain.ParseLink(chain.Object{Key: key, Metadata: metadata})
	must(t, err)
	change(l)
	l.Key, err = layout.LinkKey(l.Hour, l.Shard, l.First)
	must(t, err)
	must(t, w.bucket.PutIfAbsent(t.Context(), l.Key, body, l.Metadata()))
	return l.Key
}

// plus returns a sequence number n later.
func plus(t *testing.T, sequence string, n int) string {
	t.Helper()
	cut := len(sequence) - 15
	tail, err := strconv.Atoi(sequence[cut:])
	must(t, err)
	return sequence[:cut] + strconv.Itoa(tail + n + 1e15)[1:]
}

// TestForgedLinkIsStray copies each link to keys that its changed metadata agree with.
func TestForgedLinkIsStray(t *testing.T) {
	w := standard(t, 3)
	o := w.options()
	o.SkipRows, o.Checkpoints = true, w.checkpoints()
	for _, s := range w.shards {
		keys := w.links(s)
		for i, key := range keys {
			for name, c := range map[string]struct {
				change func(l *chain.Link)
				kind   audit.Kind
			}{
				"one hour later": {func(l *chain.Link) { l.Hour++ }, audit.Overlap},
				"a day earlier":  {func(l *chain.Link) { l.Hour -= 24 }, audit.Overlap},
				"begins later":   {func(l *chain.Link) { l.First = plus(t, l.First, 1) }, audit.Overlap},
				"begins earlier": {func(l *chain.Link) {
					l.TotalRecords, l.TotalRows = l.TotalRecords-l.Records+2, l.TotalRows-l.Rows+2
					l.First, l.Last, l.Records, l.Rows = plus(t, l.First, -1), l.First, 2, 2
				}, audit.Overlap},
				"shorter copy": {func(l *chain.Link) { l.Hour++; l.Last = plus(t, l.First, 1) }, audit.Overlap},
				"between two records": {func(l *chain.Link) {
					l.First = plus(t, l.Prev, 1)
					l.Last, l.Records, l.Rows = l.First, 1, 1
				}, audit.Fork},
			} {
				_, metadata := w.object(t, key)
				if name == "between two records" && i == 0 || name == "begins later" && metadata["records"] == "1" ||
					name == "begins earlier" && (metadata["records"] == "1" || i == len(keys)-1 && !s.closed) {
					continue // there is no such place
				}
				t.Run(s.ID+"/"+strconv.Itoa(i)+"/"+name, func(t *testing.T) {
					stray := w.forge(t, key, c.change)
					defer w.bucket.Delete(stray)
					r := run(t, o)
					requireFound(t, r, finding{c.kind, stray})
					if r.Totals.Strays != 1 || !r.Anomalies[0].Stray {
						t.Errorf("%d strays", r.Totals.Strays)
					}
				})
			}
		}
	}
}

// TestTiedLinkStaysOnTheChain gives the last link of an open chain a wrong prev: its totals tie it to the chain.
func TestTiedLinkStaysOnTheChain(t *testing.T) {
	w := standard(t, 3)
	o := w.options()
	o.SkipRows = true
	keys := w.links(w.shards[4])
	key := keys[len(keys)-1]
	r := w.edited(t, o, key, func(m map[string]string) { m["prev"] = plus(t, m["prev"], -1) })
	requireFound(t, r, finding{audit.Misfit, key})
	if r.Shards[4].Records != int64(len(w.shards[4].records)) {
		t.Errorf("%d records are on the chain", r.Shards[4].Records)
	}
}

// TestForkBehindTheEndIsStray puts a link behind the last one of an open chain that continues from an earlier one, as a writer without
// conditions would.
func TestForkBehindTheEndIsStray(t *testing.T) {
	w := standard(t, 3)
	o := w.options()
	o.SkipRows = true
	s := w.shards[4]
	keys := w.links(s)
	_, end := w.object(t, keys[len(keys)-1])
	stray := w.forge(t, keys[1], func(l *chain.Link) {
		l.First, l.Last, l.Records, l.Rows = plus(t, end["last"], 5), plus(t, end["last"], 5), 1, 1
	})
	requireFound(t, run(t, o), finding{audit.Fork, stray})
}
