package chain_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	layout = chain.Layout{Prefix: "events", Generation: 1}
	shard0 = chain.Shard{ID: "shardId-000000000000", StartingHashKey: "0", EndingHashKey: "340282366920938463463374607431768211455"}
)

// source is a shard of which everything is known.
type source struct{ arrivals []time.Time }

func (s source) seq(i int) string { return fmt.Sprintf("4900000000%046d", i+1) }

func (s source) index(seq string) int {
	var i int
	_, _ = fmt.Sscanf(strings.TrimPrefix(seq, "4900000000"), "%d", &i)
	return i - 1
}

// batch makes the batch of records [from, to), cut at the first record of a later hour.
func (s source) batch(w *chain.Writer, from, to int) *chain.Batch {
	hour := w.End().HourOf(s.arrivals[from])
	h := chain.NewHash(w.End().Hash)
	b := &chain.Batch{First: s.seq(from), FirstArrival: s.arrivals[from], Schema: 1, Body: []byte("parquet")}
	for i := from; i < to && (i == from || chain.HourOf(s.arrivals[i]) <= hour); i++ {
		h.Add(s.seq(i), []byte{byte(i)})
		b.Last, b.LastArrival = s.seq(i), s.arrivals[i]
		b.Records++
		b.Rows += 2
	}
	b.Hash = h.Sum()
	return b
}

// next is the index of the first record after the end of the chain.
func (s source) next(w *chain.Writer) int {
	if w.End().Last == "" {
		return 0
	}
	return s.index(w.End().Last) + 1
}

func steady(n int, gap time.Duration) source {
	s := source{}
	for i := range n {
		s.arrivals = append(s.arrivals, noon.Add(time.Duration(i)*gap))
	}
	return s
}

func takeOver(t *testing.T, b chain.Bucket, at chain.Bookmark) *chain.Writer {
	t.Helper()
	w, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon.Add(3 * time.Hour)}, b, layout, shard0, 7, at)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func commit(t *testing.T, w *chain.Writer, s source, from, to int) error {
	t.Helper()
	if _, err := w.Begin(t.Context(), s.seq(from), s.arrivals[from]); err != nil {
		t.Fatal(err)
	}
	return w.Commit(t.Context(), s.batch(w, from, to))
}

func TestKeysArePureAndOrdered(t *testing.T) {
	key, err := layout.LinkKey(chain.HourOf(noon), shard0.ID, "42")
	want := "events/gen=1/dt=2026-11-23/hour=12/shardId-000000000000-" + strings.Repeat("0", 54) + "42.parquet"
	if err != nil || key != want {
		t.Fatalf("LinkKey = %q, %v; want %q", key, err, want)
	}
	hour, shard, first, err := layout.ParseLinkKey(key)
	if err != nil || hour != chain.HourOf(noon) || shard != shard0.ID || first != "42" {
		t.Fatalf("ParseLinkKey = %v %q %q %v", hour, shard, first, err)
	}
	for _, bad := range []string{strings.Repeat("9", 57), "", "12x", "-1"} {
		if _, err := layout.LinkKey(0, shard0.ID, bad); err == nil {
			t.Errorf("LinkKey accepts the sequence number %q", bad)
		}
	}
	if chain.Compare("9", "10") >= 0 || chain.Compare("010", "10") != 0 || chain.Compare("", "0") != 0 && chain.Compare("", "1") >= 0 {
		t.Error("sequence numbers are not compared as numbers")
	}
}

func TestMetadataRoundTrip(t *testing.T) {
	l := &chain.Link{
		Key: "k", Shard: "s", Generation: 3, Prev: "", First: "1", Last: "2", Hour: 5, Records: 2, Rows: 4, TotalRecords: 2, TotalRows: 4,
		Hash: "ab", LastArrival: noon, LeaseCounter: 9, Schema: 1,
	}
	back, err := chain.ParseLink(chain.Object{Key: "k", Metadata: l.Metadata()})
	if err != nil || *back != *l {
		t.Fatalf("got %+v, %v", back, err)
	}
	for name := range l.Metadata() {
		md := l.Metadata()
		delete(md, name)
		if _, err := chain.ParseLink(chain.Object{Key: "k", Metadata: md}); !errors.Is(err, chain.ErrBroken) {
			t.Errorf("a link without %s is accepted: %v", name, err)
		}
	}
}

func TestHashOfTheSchemaIsOptional(t *testing.T) {
	l := &chain.Link{Shard: "s", Generation: 1, First: "1", Last: "1", Records: 1, Rows: 1, TotalRecords: 1, TotalRows: 1, Hash: "ab", Schema: 1, SchemaHash: "cd"}
	md := l.Metadata()
	back, err := chain.ParseLink(chain.Object{Metadata: md})
	if err != nil || md["schema-hash"] != "cd" || back.SchemaHash != "cd" {
		t.Fatalf("got %+v, %v from %v", back, err, md)
	}
	delete(md, "schema-hash")
	if back, err := chain.ParseLink(chain.Object{Metadata: md}); err != nil || back.SchemaHash != "" {
		t.Fatalf("got %+v, %v", back, err)
	}
}

func TestHashCoversBoundaries(t *testing.T) {
	sum := func(prev string, parts ...string) string {
		h := chain.NewHash(prev)
		for i := 0; i < len(parts); i += 2 {
			h.Add(parts[i], []byte(parts[i+1]))
		}
		return h.Sum()
	}
	seen := map[string]string{}
	for name, s := range map[string]string{
		"empty": sum(""), "a": sum("", "1", "ab"), "b": sum("", "1a", "b"), "c": sum("", "1", "a", "b", ""), "d": sum("x", "1", "ab"),
	} {
		if other, ok := seen[s]; ok {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[s] = name
	}
}

func TestWinnerIsAdopted(t *testing.T) {
	s := steady(10, time.Minute)
	for _, c := range []struct {
		name         string
		theirs, mine int
		want         error
	}{{"winner is equal", 4, 4, nil}, {"winner is shorter", 2, 4, chain.ErrAdopted}, {"winner is longer", 6, 4, chain.ErrAdopted}} {
		t.Run(c.name, func(t *testing.T) {
			b := &chaintest.Bucket{}
			zombie, owner := takeOver(t, b, chain.Bookmark{}), takeOver(t, b, chain.Bookmark{})
			if err := commit(t, zombie, s, 0, c.theirs); err != nil {
				t.Fatal(err)
			}
			if err := commit(t, owner, s, 0, c.mine); !errors.Is(err, c.want) {
				t.Fatalf("commit: %v, want %v", err, c.want)
			}
			if owner.End() != zombie.End() || owner.End().Last != s.seq(c.theirs-1) {
				t.Fatalf("owner is at %+v, the winner at %+v", owner.End(), zombie.End())
			}
		})
	}
}

func TestLostAnswerIsOwnSuccess(t *testing.T) {
	s := steady(4, time.Minute)
	first := true
	b := &chaintest.Bucket{Decide: func(op, key string) chaintest.Fault {
		if op == "put" && strings.HasSuffix(key, ".parquet") && first {
			first = false
			return chaintest.Lose
		}
		return chaintest.None
	}}
	w := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, w, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	if got := w.End(); got.Last != s.seq(3) || got.Records != 4 || got.Rows != 8 {
		t.Fatalf("end %+v", got)
	}
}

func TestContradictionsStopTheShard(t *testing.T) {
	s := steady(6, time.Minute)
	t.Run("foreign predecessor at the key", func(t *testing.T) {
		b := &chaintest.Bucket{}
		a, z := takeOver(t, b, chain.Bookmark{}), takeOver(t, b, chain.Bookmark{})
		if err := errors.Join(commit(t, a, s, 0, 2), commit(t, a, s, 2, 4), commit(t, z, s, 0, 2)); err != nil {
			t.Fatal(err)
		}
		b.Delete(b.Keys("events/gen=1/")[0])
		late := takeOverError(t, b, chain.Bookmark{})
		if !errors.Is(late, chain.ErrBroken) {
			t.Fatalf("a chain without its first link is taken over: %v", late)
		}
	})
	t.Run("bookmark leads", func(t *testing.T) {
		b := &chaintest.Bucket{}
		w := takeOver(t, b, chain.Bookmark{})
		if err := commit(t, w, s, 0, 2); err != nil {
			t.Fatal(err)
		}
		at := chain.Bookmark{Last: s.seq(4), Hour: chain.HourOf(noon)}
		if err := takeOverError(t, b, at); !errors.Is(err, chain.ErrBroken) {
			t.Fatalf("a bookmark ahead of the log is accepted: %v", err)
		}
	})
	t.Run("two ends", func(t *testing.T) {
		b := &chaintest.Bucket{}
		a, z := takeOver(t, b, chain.Bookmark{}), takeOver(t, b, chain.Bookmark{})
		if err := errors.Join(commit(t, a, s, 0, 2), commit(t, z, s, 0, 2), commit(t, a, s, 2, 4)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Finish(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := z.Finish(t.Context(), nil); !errors.Is(err, chain.ErrBroken) {
			t.Fatalf("a zombie ends the shard elsewhere: %v", err)
		}
	})
}

func takeOverError(t *testing.T, b chain.Bucket, at chain.Bookmark) error {
	t.Helper()
	_, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon.Add(3 * time.Hour)}, b, layout, shard0, 7, at)
	return err
}

func TestHoursNeverDecrease(t *testing.T) {
	s := source{arrivals: []time.Time{noon.Add(time.Hour), noon, noon.Add(2 * time.Hour), noon.Add(time.Minute)}}
	b := &chaintest.Bucket{}
	w := takeOver(t, b, chain.Bookmark{})
	for i := range s.arrivals {
		if err := commit(t, w, s, i, i+1); err != nil {
			t.Fatal(err)
		}
	}
	last := chain.Hour(0)
	for _, key := range b.Keys("events/gen=1/") {
		hour, _, _, err := layout.ParseLinkKey(key)
		if err != nil || hour < last {
			t.Fatalf("%s: hour %v after %v, %v", key, hour, last, err)
		}
		last = hour
	}
	again := takeOver(t, b, chain.Bookmark{})
	if again.End() != w.End() {
		t.Fatalf("taken over at %+v, committed to %+v", again.End(), w.End())
	}
}

func TestChildBeginsInItsParentsHour(t *testing.T) {
	b := &chaintest.Bucket{}
	s := source{arrivals: []time.Time{noon.Add(5 * time.Hour)}}
	parent := takeOver(t, b, chain.Bookmark{})
	if err := commit(t, parent, s, 0, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := parent.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	child := chain.Shard{ID: "shardId-000000000001", Parents: []string{shard0.ID}}
	w, err := chain.TakeOver(t.Context(), &chaintest.Env{Time: noon.Add(6 * time.Hour)}, b, layout, child, 1, chain.Bookmark{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := w.End().HourOf(noon), chain.HourOf(noon.Add(5*time.Hour)); got != want {
		t.Fatalf("a child's record of an earlier hour goes to %v, want %v", got, want)
	}
}

func TestEmptyShardHasMarksAndNoData(t *testing.T) {
	b := &chaintest.Bucket{}
	for range 2 { // whoever does it again finds the same
		w := takeOver(t, b, chain.Bookmark{})
		if _, err := w.Finish(t.Context(), []chain.Child{{Shard: "shardId-000000000001"}}); err != nil {
			t.Fatal(err)
		}
	}
	if data := b.Keys("events/gen=1/"); len(data) != 0 {
		t.Fatalf("data of an empty shard: %v", data)
	}
	if marks := b.Keys("events/_log/"); len(marks) != 2 {
		t.Fatalf("marks: %v", marks)
	}
}

func TestProbeAndFreeze(t *testing.T) {
	ctx, env := t.Context(), &chaintest.Env{Time: noon}
	good, bad := &chaintest.Bucket{}, &chaintest.Bucket{IgnoreConditions: true}
	for range 2 {
		if err := chain.Probe(ctx, good, layout); err != nil {
			t.Fatal(err)
		}
	}
	if err := chain.Probe(ctx, bad, layout); !errors.Is(err, chain.ErrRefused) {
		t.Fatalf("a bucket without conditional writes passes: %v", err)
	}
	if err := errors.Join(chain.Freeze(ctx, env, good, layout, "arn:a"), chain.Freeze(ctx, env, good, layout, "arn:a")); err != nil {
		t.Fatal(err)
	}
	if err := chain.Freeze(ctx, env, good, layout, "arn:b"); !errors.Is(err, chain.ErrRefused) || !strings.Contains(err.Error(), "arn:a") {
		t.Fatalf("another stream may write the same log: %v", err)
	}
}

// TestLogHasOneOwner names two applications.
func TestLogHasOneOwner(t *testing.T) {
	ctx, env := t.Context(), &chaintest.Env{Time: noon}
	b := &chaintest.Bucket{}
	for _, app := range []string{"shop", "shop", "other"} {
		if got, err := chain.Own(ctx, env, b, layout, app); err != nil || got != "shop" {
			t.Errorf("asked by %s: %q, %v", app, got, err)
		}
	}
	broken := &chaintest.Bucket{}
	if err := broken.PutIfAbsent(ctx, layout.OwnerKey(), []byte("{}"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := chain.Own(ctx, env, broken, layout, "shop"); !errors.Is(err, chain.ErrBroken) {
		t.Errorf("a mark that says nothing: %v", err)
	}
}

// TestZombiesUnderFaults runs several writers of one shard against each other: each takes over, commits some batches of its own
// choice of length, is paused for any time, crashes or goes on; requests fail, lose their answers or take effect late.
func TestZombiesUnderFaults(t *testing.T) {
	schedules := 3000
	if testing.Short() {
		schedules = 300
	}
	for seed := range uint64(schedules) {
		if err := zombies(t.Context(), seed); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func zombies(ctx context.Context, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 1))
	s := source{}
	at := noon
	for range 30 {
		at = at.Add(time.Duration(r.IntN(20)-5) * time.Minute)
		s.arrivals = append(s.arrivals, at)
	}
	b := &chaintest.Bucket{Decide: func(op, _ string) chaintest.Fault {
		if r.IntN(100) < 75 {
			return chaintest.None
		}
		if op == "put" {
			return chaintest.Fault(1 + r.IntN(3))
		}
		return chaintest.Fail
	}}
	env := &chaintest.Env{Time: noon.Add(12 * time.Hour)}
	var bookmark chain.Bookmark
	writers := make([]*chain.Writer, 3)
	for step := 0; step < 4000; step++ {
		if r.IntN(10) == 0 {
			b.Settle()
		}
		i := r.IntN(len(writers))
		if w := writers[i]; w == nil || r.IntN(15) == 0 {
			w, err := chain.TakeOver(ctx, env, b, layout, shard0, int64(step), bookmark)
			if err != nil {
				return err
			}
			writers[i] = w
			continue
		}
		w := writers[i]
		from := s.next(w)
		if from == len(s.arrivals) {
			b.Settle()
			return judge(ctx, env, b, s, w)
		}
		to := min(len(s.arrivals), from+1+r.IntN(5))
		if _, err := w.Begin(ctx, s.seq(from), s.arrivals[from]); err != nil {
			return err
		}
		if err := w.Commit(ctx, s.batch(w, from, to)); err != nil && !errors.Is(err, chain.ErrAdopted) {
			return err
		}
		if r.IntN(3) == 0 && chain.Compare(w.End().Last, bookmark.Last) > 0 { // the condition on the position replaced
			bookmark = chain.Bookmark{Last: w.End().Last, Hour: w.End().Hour}
		}
	}
	return errors.New("does not come to rest")
}

// judge walks the chain from its beginning and requires every record in exactly one link.
func judge(ctx context.Context, env chain.Env, b *chaintest.Bucket, s source, w *chain.Writer) error {
	b.Decide = nil
	next := 0
	prev := ""
	for _, key := range b.Keys("events/gen=1/") {
		o, err := b.Head(ctx, key)
		if err != nil {
			return err
		}
		l, err := chain.ParseLink(o)
		if err != nil {
			return err
		}
		if l.Prev != prev || s.index(l.First) != next {
			return fmt.Errorf("%s follows %q and begins with record %d, want %q and %d", key, l.Prev, s.index(l.First), prev, next)
		}
		next, prev = s.index(l.Last)+1, l.Last
	}
	if next != len(s.arrivals) {
		return fmt.Errorf("the chain has %d records of %d", next, len(s.arrivals))
	}
	if _, err := w.Finish(ctx, nil); err != nil {
		return err
	}
	again, err := chain.TakeOver(ctx, env, b, layout, shard0, 0, chain.Bookmark{})
	if err != nil {
		return err
	}
	if again.End() != w.End() {
		return fmt.Errorf("taken over at %+v, want %+v", again.End(), w.End())
	}
	return nil
}
