package audit_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/audit"
	"github.com/streamrec/streamrec/processor/chain"
)

// edited runs the audit with the metadata of one object changed.
func (w *world) edited(t *testing.T, o audit.Options, key string, change func(metadata map[string]string)) *audit.Report {
	t.Helper()
	body, metadata := w.object(t, key)
	changed := map[string]string{}
	for name, value := range metadata {
		changed[name] = value
	}
	change(changed)
	w.put(t, key, body, changed)
	defer w.put(t, key, body, metadata)
	return run(t, o)
}

// added adds n to a number.
func added(t *testing.T, value string, n int64) string {
	t.Helper()
	return strconv.FormatInt(mustInt(t, value)+n, 10)
}

func mustInt(t *testing.T, value string) int64 {
	t.Helper()
	v, err := strconv.ParseInt(value, 10, 64)
	must(t, err)
	return v
}

// TestChangedMetadataAreNamed changes each value of the metadata of each link in the middle of a chain, and requires that this link is named
// and no other is blamed for it. What the bucket alone cannot know needs rows or the stream.
func TestChangedMetadataAreNamed(t *testing.T) {
	w := standard(t, 4)
	bare := w.options()
	bare.SkipRows = true
	withRows, withStream := w.options(), bare
	withStream.Stream = &stream{world: w}
	s := w.shards[0]
	keys := w.links(s)
	key, next := keys[2], keys[3]
	otherHash := strings.Repeat("ab", 16)
	for name, c := range map[string]struct {
		options audit.Options
		change  func(metadata map[string]string)
		want    []finding
	}{
		"other shard":       {bare, func(m map[string]string) { m["shard"] = w.shards[1].ID }, []finding{{audit.Misplaced, key}, {audit.Gap, next}}},
		"other generation":  {bare, func(m map[string]string) { m["generation"] = "2" }, []finding{{audit.Misplaced, key}, {audit.Gap, next}}},
		"earlier prev":      {bare, func(m map[string]string) { m["prev"] = plus(t, m["prev"], -1) }, []finding{{audit.Misfit, key}}},
		"later prev":        {bare, func(m map[string]string) { m["prev"] = plus(t, m["prev"], 1) }, []finding{{audit.Gap, key}}},
		"prev is the start": {bare, func(m map[string]string) { m["prev"] = "start" }, []finding{{audit.Misfit, key}}},
		"prev after first":  {bare, func(m map[string]string) { m["prev"] = m["first"] }, []finding{{audit.Metadata, key}, {audit.Gap, next}}},
		"later first":       {bare, func(m map[string]string) { m["first"] = plus(t, m["first"], 1) }, []finding{{audit.Misplaced, key}, {audit.Gap, next}}},
		"last before first": {bare, func(m map[string]string) { m["last"] = plus(t, m["first"], -1) }, []finding{{audit.Metadata, key}, {audit.Gap, next}}},
		"earlier last":      {bare, func(m map[string]string) { m["last"] = plus(t, m["last"], -1) }, []finding{{audit.Gap, next}}},
		"later last":        {bare, func(m map[string]string) { m["last"] = plus(t, m["last"], 1) }, []finding{{audit.Misfit, next}}},
		"other hour":        {bare, func(m map[string]string) { m["hour"] = "2026-11-23T03" }, []finding{{audit.Misplaced, key}, {audit.Gap, next}}},
		"more records":      {bare, func(m map[string]string) { m["records"] = added(t, m["records"], 1) }, []finding{{audit.Counts, key}}},
		"fewer records":     {bare, func(m map[string]string) { m["records"] = added(t, m["records"], -1) }, []finding{{audit.Counts, key}}},
		"no records":        {bare, func(m map[string]string) { m["records"] = "0" }, []finding{{audit.Counts, key}}},
		"more rows":         {bare, func(m map[string]string) { m["rows"] = added(t, m["rows"], 1) }, []finding{{audit.Counts, key}}},
		"fewer rows":        {bare, func(m map[string]string) { m["rows"] = "1" }, []finding{{audit.Counts, key}}},
		"more in total":     {bare, func(m map[string]string) { m["total-records"] = added(t, m["total-records"], 5) }, []finding{{audit.Counts, key}}},
		"fewer in total":    {bare, func(m map[string]string) { m["total-rows"] = added(t, m["total-rows"], -1) }, []finding{{audit.Counts, key}}},
		"a balanced lie": {withRows, func(m map[string]string) {
			m["records"], m["total-records"] = added(t, m["records"], 1), added(t, m["total-records"], 1)
		}, []finding{{audit.RecordCount, key}, {audit.Footer, key}, {audit.Counts, next}}},
		"a balanced lie about records": {bare, func(m map[string]string) {
			m["total-records"] = added(t, m["total-records"], 1-mustInt(t, m["records"]))
			m["records"] = "1"
		}, []finding{{audit.Counts, key}, {audit.Counts, next}}},
		"a balanced lie about rows": {bare, func(m map[string]string) {
			m["total-rows"] = added(t, m["total-rows"], 1-mustInt(t, m["rows"]))
			m["rows"] = "1"
		}, []finding{{audit.Counts, key}, {audit.Counts, next}}},
		"an arrival in a later hour":    {bare, func(m map[string]string) { m["last-arrival-ms"] = added(t, m["last-arrival-ms"], 3_600_000) }, []finding{{audit.Hour, key}}},
		"an arrival a millisecond late": {withRows, func(m map[string]string) { m["last-arrival-ms"] = added(t, m["last-arrival-ms"], -1) }, []finding{{audit.ArrivalTimes, key}}},
		"other hash, by its footer":     {withRows, func(m map[string]string) { m["hash"] = otherHash }, []finding{{audit.Footer, key}}},
		"other hash, by the stream":     {withStream, func(m map[string]string) { m["hash"] = otherHash }, []finding{{audit.HashDiffer, key}}},
		"hash of the successor":         {withStream, func(m map[string]string) { _, n := w.object(t, next); m["hash"] = n["hash"] }, []finding{{audit.HashDiffer, key}}},
		"hash in capitals":              {bare, func(m map[string]string) { m["hash"] = strings.Repeat("AB", 16) }, []finding{{audit.Metadata, key}, {audit.Gap, next}}},
		"hash too short":                {bare, func(m map[string]string) { m["hash"] = "ab" }, []finding{{audit.Metadata, key}, {audit.Gap, next}}},
		"last in the gap, by the stream": {withStream, func(m map[string]string) { m["last"] = plus(t, m["last"], -1) }, []finding{
			{audit.Gap, next}, {audit.Phantom, key}, {audit.Lost, next},
		}},
	} {
		t.Run(name, func(t *testing.T) { requireFound(t, w.edited(t, c.options, key, c.change), c.want...) })
	}
}

// TestIncompleteMetadataAreNamed takes each value away from each link, and puts something else in its place that is no such value.
func TestIncompleteMetadataAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("every variation of it takes long")
	}
	w := standard(t, 4)
	o := w.options()
	o.SkipRows = true
	for _, key := range w.bucket.Keys(layout.DataPrefix()) {
		_, metadata := w.object(t, key)
		for name := range metadata {
			for _, value := range []string{"", "x", strings.Repeat("9", 60)} {
				if name == "shard" && value != "" || name == "hash" && value == strings.Repeat("9", 60) {
					continue // that could be one
				}
				r := w.edited(t, o, key, func(m map[string]string) { m[name] = value })
				if len(r.Anomalies) == 0 || !contains(r, audit.Metadata, key) {
					t.Errorf("%s with %s = %q: %s", key, name, value, describe(r))
				}
			}
		}
	}
}

func contains(r *audit.Report, kind audit.Kind, key string) bool {
	for _, a := range r.Anomalies {
		if a.Kind == kind && a.Key == key {
			return true
		}
	}
	return false
}

// TestSwappedMetadataAreNamed swaps the metadata of each pair of links, and then their contents.
func TestSwappedMetadataAreNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("every variation of it takes long")
	}
	w := standard(t, 5)
	o := w.options()
	keys := w.bucket.Keys(layout.DataPrefix())
	for i := 0; i < len(keys); i += 4 {
		a, b := keys[i], keys[(i*7+3)%len(keys)]
		if a == b {
			continue
		}
		bodyA, metadataA := w.object(t, a)
		bodyB, metadataB := w.object(t, b)
		for _, c := range []struct {
			what         string
			atA, atB     []byte
			metaA, metaB map[string]string
			kind         audit.Kind
		}{
			{"metadata", bodyA, bodyB, metadataB, metadataA, audit.Misplaced},
			{"contents", bodyB, bodyA, metadataA, metadataB, audit.RowOutside},
		} {
			w.put(t, a, c.atA, c.metaA)
			w.put(t, b, c.atB, c.metaB)
			if r := run(t, o); !contains(r, c.kind, a) || !contains(r, c.kind, b) {
				t.Errorf("%s of %s and %s swapped: %s", c.what, a, b, describe(r))
			}
			w.put(t, a, bodyA, metadataA)
			w.put(t, b, bodyB, metadataB)
		}
	}
	requireClean(t, run(t, o))
}

// TestWrongHourIsNamed moves each link, consistently, into other hours.
func TestWrongHourIsNamed(t *testing.T) {
	w := standard(t, 6)
	o := w.options()
	o.SkipRows = true
	for _, s := range w.shards {
		for i, key := range w.links(s) {
			for _, by := range []chain.Hour{-100, -1, 1, 100} {
				t.Run(fmt.Sprintf("%s/%d/%+d", s.ID, i, by), func(t *testing.T) {
					w.restored(t, func() {
						body, metadata := w.object(t, key)
						w.bucket.Delete(key)
						l, err := chain.ParseLink(chain.Object{Key: key, Metadata: metadata})
						must(t, err)
						l.Hour += by
						moved, err := layout.LinkKey(l.Hour, l.Shard, l.First)
						must(t, err)
						must(t, w.bucket.PutIfAbsent(t.Context(), moved, body, l.Metadata()))
						if r := run(t, o); !contains(r, audit.Hour, moved) || contains(r, audit.StartMismatch, layout.StartKey(s.ID)) {
							t.Error(describe(r))
						}
					})
				})
			}
		}
	}
}

// TestWrongHourBehindAGapIsNamed removes a link and gives its successor an hour, or an arrival, that no predecessor could explain.
func TestWrongHourBehindAGapIsNamed(t *testing.T) {
	w := standard(t, 6)
	o := w.options()
	o.SkipRows = true
	s := w.shards[1]
	keys := w.links(s)
	for name, change := range map[string]func(l *chain.Link, before chain.Hour){
		"as it was":           func(*chain.Link, chain.Hour) {},
		"an hour too early":   func(l *chain.Link, before chain.Hour) { l.Hour = before - 1; l.LastArrival = l.Hour.Time() },
		"an arrival too late": func(l *chain.Link, _ chain.Hour) { l.LastArrival = (l.Hour + 1).Time() },
	} {
		t.Run(name, func(t *testing.T) {
			w.restored(t, func() {
				before, _, _, err := layout.ParseLinkKey(keys[1])
				must(t, err)
				body, metadata := w.object(t, keys[3])
				l, err := chain.ParseLink(chain.Object{Key: keys[3], Metadata: metadata})
				must(t, err)
				change(l, before)
				w.bucket.Delete(keys[2])
				w.bucket.Delete(keys[3])
				key, err := layout.LinkKey(l.Hour, l.Shard, l.First)
				must(t, err)
				must(t, w.bucket.PutIfAbsent(t.Context(), key, body, l.Metadata()))
				want := []finding{{audit.Gap, key}}
				if name != "as it was" {
					want = append(want, finding{audit.Hour, key})
				}
				requireFound(t, run(t, o), want...)
			})
		})
	}
}
