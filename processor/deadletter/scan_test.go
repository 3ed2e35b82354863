package deadletter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/deadletter"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/table"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	layout = chain.Layout{Prefix: "events", Generation: 1}
)

// payloads are decoded by every shard: valid, poison of several classes, lines of both.
var payloads = []string{
	`{"session_id":"s"}`, "not json", "", "{\"session_id\":\"s\"}\n{\"x\":1}\nnope", `[1]`, `{"session_id":"t"}`,
}

// letters are how many of the events of payloads are poison.
const letters = 5

// newLog has three shards with an object in each of four hours, made of payloads.
func newLog(t *testing.T, privacy *event.Privacy) *chaintest.Bucket {
	t.Helper()
	b := &chaintest.Bucket{}
	for shard := range 3 {
		for hour := range 4 {
			putObject(t, b, fmt.Sprintf("shardId-%012d", shard), noon.Add(time.Duration(hour)*time.Hour), privacy)
		}
	}
	return b
}

func putObject(t *testing.T, b *chaintest.Bucket, shard string, at time.Time, privacy *event.Privacy) {
	t.Helper()
	putDecoded(t, b, shard, at, event.NewDecoder(event.Options{Privacy: privacy}), payloads)
}

// putErased has the payloads, and one of a customer who has been erased.
func putErased(t *testing.T, b *chaintest.Bucket) {
	t.Helper()
	erased := func(string, time.Time) bool { return true }
	putDecoded(t, b, "shardId-000000000000", noon, event.NewDecoder(event.Options{Erased: erased}),
		append(slices.Clone(payloads), `{"session_id":"s","customer_number":7}`))
}

func putDecoded(t *testing.T, b *chaintest.Bucket, shard string, at time.Time, d *event.Decoder, payloads []string) {
	t.Helper()
	w, err := table.NewWriter(table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for i, p := range payloads {
		r := event.Record{SequenceNumber: fmt.Sprintf("49%d%03d", at.Unix(), i), PartitionKey: "p", Arrival: at.Add(time.Duration(i) * time.Minute), Data: []byte(p)}
		if i == 0 {
			first = r.SequenceNumber
		}
		events := d.Decode(nil, r)
		rows := make([]table.Row, len(events))
		for j := range events {
			table.FromEvent(&rows[j], shard, &r, &events[j])
		}
		if err := w.Append(rows); err != nil {
			t.Fatal(err)
		}
	}
	body, err := w.Close(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := layout.LinkKey(chain.HourOf(at), shard, first)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.PutIfAbsent(t.Context(), key, body, nil); err != nil {
		t.Fatal(err)
	}
}

func scan(t *testing.T, b chain.Bucket, f deadletter.Filter) ([]*deadletter.Letter, deadletter.Totals) {
	t.Helper()
	var got []*deadletter.Letter
	totals, err := deadletter.Scan(t.Context(), deadletter.Options{Env: &chaintest.Env{Time: noon}, Bucket: b, Layout: layout, Filter: f}, func(l *deadletter.Letter) error {
		got = append(got, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, totals
}

func TestScanFindsEveryLetter(t *testing.T) {
	got, totals := scan(t, newLog(t, nil), deadletter.Filter{})
	if len(got) != 12*letters || totals.Letters != int64(len(got)) || totals.Objects != 12 || totals.Rows != 12*8 {
		t.Fatalf("%d letters, %+v", len(got), totals)
	}
	want := map[string]int64{"invalid_json": 24, "empty": 12, "no_session": 12, "not_an_object": 12}
	for class, n := range want {
		if totals.Classes[class] != n {
			t.Errorf("%s: %d, want %d", class, totals.Classes[class], n)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b *deadletter.Letter) int { return strings.Compare(a.Object, b.Object) }) {
		t.Error("the letters are not in the order of their objects")
	}
	l := got[0]
	if string(l.Raw) != "not json" || l.Size() != 8 || l.Class() != "invalid_json" || l.Sequence != fmt.Sprintf("49%d001", noon.Unix()) || l.KeyID != "" {
		t.Errorf("first letter: %+v", l)
	}
}

func TestScanFilters(t *testing.T) {
	b := newLog(t, nil)
	for _, c := range []struct {
		name    string
		filter  deadletter.Filter
		letters int
		objects int64
	}{
		{"shard", deadletter.Filter{Shard: "shardId-000000000001"}, 4 * letters, 4},
		{"class", deadletter.Filter{Classes: []string{"empty", "not_an_object"}}, 24, 12},
		{"from an hour on", deadletter.Filter{Since: noon.Add(2 * time.Hour)}, 6 * letters, 6},
		{"one hour, and the next one for stragglers", deadletter.Filter{Since: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)}, 3 * letters, 9},
		{"minutes of a shard", deadletter.Filter{Shard: "shardId-000000000002", Since: noon.Add(2 * time.Minute), Until: noon.Add(4 * time.Minute)}, 3, 2},
		{"nothing", deadletter.Filter{Since: noon.Add(24 * time.Hour)}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, totals := scan(t, b, c.filter)
			if len(got) != c.letters || totals.Objects != c.objects {
				t.Errorf("%d letters in %d objects, want %d in %d", len(got), totals.Objects, c.letters, c.objects)
			}
		})
	}
}

// TestErasedAreLeftOut has rows of a customer who has been erased: they carry an error, and nothing has failed.
func TestErasedAreLeftOut(t *testing.T) {
	b := &chaintest.Bucket{}
	putErased(t, b)
	for name, c := range map[string]struct {
		filter  deadletter.Filter
		letters int
	}{
		"failures":     {deadletter.Filter{}, letters},
		"with erased":  {deadletter.Filter{Erased: true}, letters + 1},
		"only erased":  {deadletter.Filter{Classes: []string{"erased"}}, 1},
		"another kind": {deadletter.Filter{Classes: []string{"empty"}, Erased: true}, 1},
	} {
		if got, totals := scan(t, b, c.filter); len(got) != c.letters || totals.Letters != int64(c.letters) {
			t.Errorf("%s: %d letters, %+v, want %d", name, len(got), totals, c.letters)
		}
	}
}

func TestLettersAreOpenedByTheirKey(t *testing.T) {
	older, newer, other := privacy(t, 1), privacy(t, 2), privacy(t, 3)
	b := newLog(t, older)
	putObject(t, b, "shardId-000000000009", noon, newer)
	got, _ := scan(t, b, deadletter.Filter{})
	seen := map[string]int{}
	for _, l := range got {
		if bytes.Contains(l.Raw, []byte("json")) {
			t.Fatalf("%+v is in clear", l)
		}
		raw, err := event.NewKeyring(older, newer, nil).Open(l.KeyID, l.Raw)
		if err != nil || len(raw) != l.Size() {
			t.Fatalf("open: %q, %v; size %d", raw, err, l.Size())
		}
		seen[string(raw)]++
		if _, err := event.NewKeyring(other).Open(l.KeyID, l.Raw); !errors.Is(err, event.ErrNoKey) {
			t.Fatalf("opened with another key: %v", err)
		}
	}
	if seen["not json"] != 13 || seen["nope"] != 13 || seen[""] != 13 || seen[`{"x":1}`] != 13 || seen["[1]"] != 13 {
		t.Errorf("opened %v", seen)
	}
}

func privacy(t *testing.T, b byte) *event.Privacy {
	t.Helper()
	p, err := event.NewPrivacy(event.Key{b})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScanGetsOverFaults(t *testing.T) {
	b := newLog(t, nil)
	calls := atomic.Int64{}
	b.Decide = func(string, string) chaintest.Fault {
		if calls.Add(1)%3 == 0 {
			return chaintest.Fail
		}
		return chaintest.None
	}
	if got, _ := scan(t, b, deadletter.Filter{}); len(got) != 12*letters {
		t.Errorf("%d letters, want %d", len(got), 12*letters)
	}
}

func TestScanNamesWhatItCannotRead(t *testing.T) {
	b := newLog(t, nil)
	key := b.Keys(layout.DataPrefix())[4]
	b.Delete(key)
	if err := b.PutIfAbsent(t.Context(), key, []byte("PAR1 damaged PAR1"), nil); err != nil {
		t.Fatal(err)
	}
	got, totals := scan(t, b, deadletter.Filter{})
	if len(got) != 11*letters || !slices.Equal(totals.Unreadable, []string{key}) {
		t.Errorf("%d letters, unreadable %v", len(got), totals.Unreadable)
	}
}

func TestScanStops(t *testing.T) {
	b, enough := newLog(t, nil), errors.New("enough")
	o := deadletter.Options{Env: &chaintest.Env{Time: noon}, Bucket: b, Layout: layout, Concurrency: 2, MaxBytes: 1}
	n := 0
	_, err := deadletter.Scan(t.Context(), o, func(*deadletter.Letter) error {
		if n++; n == 7 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 7 {
		t.Errorf("%d letters, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := deadletter.Scan(ctx, o, func(*deadletter.Letter) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
	b.Decide = func(op, _ string) chaintest.Fault {
		if op == "get" {
			return chaintest.Refuse
		}
		return chaintest.None
	}
	if _, err := deadletter.Scan(t.Context(), o, func(*deadletter.Letter) error { return nil }); err == nil {
		t.Error("no error when the bucket refuses")
	}
}

// TestScanHoldsFewObjects lets the bucket count what has been fetched and not been read yet.
func TestScanHoldsFewObjects(t *testing.T) {
	b := newLog(t, nil)
	size := int64(0)
	for _, key := range b.Keys(layout.DataPrefix()) {
		body, _, err := b.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, int64(len(body)))
	}
	fetched := atomic.Int64{}
	b.Decide = func(op, _ string) chaintest.Fault {
		if op == "get" {
			fetched.Add(1)
		}
		return chaintest.None
	}
	var read, most int64
	last := ""
	o := deadletter.Options{Env: &chaintest.Env{Time: noon}, Bucket: b, Layout: layout, MaxBytes: 3 * size}
	_, err := deadletter.Scan(t.Context(), o, func(l *deadletter.Letter) error {
		if l.Object != last {
			last = l.Object
			read++
		}
		most = max(most, fetched.Load()-read+1)
		return nil
	})
	if err != nil || most > 4 { // objects differ in size by some bytes
		t.Errorf("%d objects were held at a time, %v", most, err)
	}
}
