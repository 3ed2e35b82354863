package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/worker/lease"
)

// TestSameSeedSameTrace holds that a schedule can be played again, to the last step.
func TestSameSeedSameTrace(t *testing.T) {
	traces := map[uint64]bool{}
	for seed := range uint64(12) {
		a, b := play(seed, nil), play(seed, nil)
		if a.trace != b.trace || a.steps != b.steps {
			t.Errorf("seed %d: traces %016x and %016x, %d and %d steps", seed, a.trace, b.trace, a.steps, b.steps)
		}
		traces[a.trace] = true
	}
	if len(traces) != 12 {
		t.Errorf("12 seeds give %d traces", len(traces))
	}
}

// TestSchedules plays some schedules; the check script plays many.
func TestSchedules(t *testing.T) {
	n, most := uint64(60), uint64(1000) // the rarest occasion is in one of fifty
	if testing.Short() {
		n, most = 10, 10
	}
	var sum total
	for seed := uint64(0); seed < n || seed < most && slices.Contains(sum.occasions[:], 0); seed++ {
		r := play(3000+seed, nil)
		sum.add(r)
		if r.err != nil {
			t.Errorf("%v\n  go run ./scripts/simulate --seed %d --trace", r.err, r.seed)
		}
	}
	if sum.moves == 0 || sum.adopted == 0 || sum.records == 0 {
		t.Errorf("the schedules are too tame: %v", sum)
	}
	for o, in := range sum.occasions {
		if in == 0 && !testing.Short() {
			t.Errorf("in none of %d schedules a shard was %s", most, occasion(o))
		}
	}
}

// bad runs something that the oracle has to refuse, and returns what it says.
func bad(t *testing.T, w *world, do func()) (text string) {
	t.Helper()
	defer func() {
		v, ok := recover().(violation)
		if !ok {
			t.Error("nothing was found")
		}
		text = string(v)
	}()
	do()
	return ""
}

// logged is a world with one shard of which the log has two records and the stream five.
func logged(t *testing.T) (*world, *shardLog, *chain.Link, []row) {
	t.Helper()
	w := newWorld(1, nil)
	w.newStream(1)
	s := w.stream.shards[0]
	for i := range 5 {
		w.now += time.Second
		w.putRecord(i % 2)
	}
	hour := chain.HourOf(w.began.Add(time.Hour)) // that no record is later than
	link := func(first, last int, end chain.End) *chain.Link {
		return &chain.Link{
			Shard: s.lease.Key, Generation: 1, Prev: end.Last, First: s.records[first].SequenceNumber, Last: s.records[last].SequenceNumber, Hour: hour,
			Records: int64(last - first + 1), Rows: int64(last - first + 1), TotalRecords: int64(last + 1),
			Hash: w.hash(end.Hash, s.records[first:last+1]),
		}
	}
	rows := []row{*s.rows[0], *s.rows[1]}
	w.linkPut(link(0, 1, chain.End{}), rows)
	return w, s, link(2, 3, w.chainOf(s.lease.Key, layout.Map()).end), []row{*s.rows[2], *s.rows[3]}
}

// TestOracleFindsBadObjects plants mistakes into an object that would be right.
func TestOracleFindsBadObjects(t *testing.T) {
	for name, plant := range map[string]func(s *shardLog, l *chain.Link, rows []row){
		"another predecessor": func(_ *shardLog, l *chain.Link, _ []row) { l.Prev = "7" },
		"an earlier hour":     func(_ *shardLog, l *chain.Link, _ []row) { l.Hour-- },
		"a record left out":   func(s *shardLog, l *chain.Link, _ []row) { l.First = s.records[3].SequenceNumber },
		"a record twice":      func(s *shardLog, l *chain.Link, _ []row) { l.First = s.records[1].SequenceNumber },
		"another end":         func(s *shardLog, l *chain.Link, _ []row) { l.Last = s.records[4].SequenceNumber },
		"another state":       func(_ *shardLog, _ *chain.Link, rows []row) { rows[1].digest++ },
		"rows in other order": func(_ *shardLog, _ *chain.Link, rows []row) { rows[0], rows[1] = rows[1], rows[0] },
		"another hash":        func(_ *shardLog, l *chain.Link, _ []row) { l.Hash = strings.Repeat("0", 32) },
		"a wrong total":       func(_ *shardLog, l *chain.Link, _ []row) { l.TotalRecords++ },
		"an unknown record":   func(_ *shardLog, l *chain.Link, _ []row) { l.First = "1" },
		"a record of tomorrow": func(s *shardLog, _ *chain.Link, _ []row) {
			s.records[2].Arrival = s.records[2].Arrival.AddDate(0, 0, 1)
		},
	} {
		w, s, l, rows := logged(t)
		plant(s, l, rows)
		if text := bad(t, w, func() { w.linkPut(l, rows) }); text == "" {
			t.Errorf("%s was not found", name)
		}
	}
	w, _, l, rows := logged(t)
	w.linkPut(l, rows) // and the right one passes
}

// TestOracleFindsBadRows plants mistakes into writes of a lease row.
func TestOracleFindsBadRows(t *testing.T) {
	w, s, _, _ := logged(t)
	at := func(i int) lease.Position { return lease.After(s.records[i].SequenceNumber, 0) }
	old := lease.Lease{Key: s.lease.Key, Owner: "a-1", Counter: 4, Checkpoint: at(1)}
	for name, plant := range map[string]func(now *lease.Lease){
		"an owner without a counter":       func(now *lease.Lease) { now.Owner = "b-1" },
		"a counter that falls":             func(now *lease.Lease) { now.Counter = 3 },
		"a counter that leaps":             func(now *lease.Lease) { now.Owner, now.Counter = "b-1", 6 },
		"a checkpoint that goes back":      func(now *lease.Lease) { now.Checkpoint = at(0) },
		"a checkpoint before the log":      func(now *lease.Lease) { now.Checkpoint = at(2) },
		"a checkpoint of another kind":     func(now *lease.Lease) { now.Checkpoint = lease.Position{Type: lease.TrimHorizon} },
		"SHARD_END without an end mark":    func(now *lease.Lease) { now.Checkpoint = lease.Position{Type: lease.ShardEnd} },
		"a shard that stops without cause": func(now *lease.Lease) { now.Stopped = "broken" },
	} {
		now := old
		plant(&now)
		if text := bad(t, w, func() { w.rowWritten(&old, &now) }); text == "" {
			t.Errorf("%s was not found", name)
		}
	}
	now := old
	now.Owner, now.Counter = "b-1", 5
	w.rowWritten(&old, &now)
}

func TestOptionsAreChecked(t *testing.T) {
	good := options{seed: -1, seeds: 1, stop: 1, threads: 1}
	if err := good.validate(nil); err != nil {
		t.Error(err)
	}
	err := options{seed: -1, trace: true}.validate([]string{"x"})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{"arguments", "--seeds", "--stop", "--threads", "--trace"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q says nothing of %s", err, want)
		}
	}
}

// TestTraceTellsTheStory holds that a trace has what a person looks for.
func TestTraceTellsTheStory(t *testing.T) {
	var b strings.Builder
	r := play(4, &b)
	for _, want := range []string{"nemesis: start w1", "UpdateItem heartbeat", "PUT shardId-", "GetRecords shardId-", "nemesis: SIGTERM"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("seed %d: no %q in the trace", r.seed, want)
		}
	}
}
