package dashboard

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// mirror is what a page makes of messages.
type mirror struct {
	version int64
	head    string
	workers map[string]string
	shards  map[string]string
	lag     []int64
	rate    []float64
	events  []int64
}

func (m *mirror) apply(t *testing.T, body []byte) {
	t.Helper()
	var msg message
	if err := json.Unmarshal(body, &msg); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if msg.Base != 0 && msg.Base != m.version {
		t.Fatalf("message for version %d, have %d", msg.Base, m.version)
	}
	if msg.Base == 0 {
		*m = mirror{workers: map[string]string{}, shards: map[string]string{}}
	}
	m.version = msg.Version
	if msg.Head != nil {
		m.head = string(msg.Head)
	}
	patch(t, m.workers, msg.Workers, msg.GoneWorkers)
	patch(t, m.shards, msg.Shards, msg.GoneShards)
	if msg.Lag != nil {
		m.lag = msg.Lag
	}
	if msg.Rate != nil {
		m.rate = msg.Rate
	}
	if len(m.shards) == 0 {
		m.lag, m.rate = nil, nil
	}
	for _, e := range msg.Events {
		m.events = append(m.events, e.ID)
	}
}

func patch(t *testing.T, rows map[string]string, changed []json.RawMessage, gone []string) {
	t.Helper()
	for _, row := range changed {
		var id struct{ ID string }
		if err := json.Unmarshal(row, &id); err != nil {
			t.Fatal(err)
		}
		rows[id.ID] = string(row)
	}
	for _, id := range gone {
		if _, ok := rows[id]; !ok {
			t.Errorf("%s is said to be gone, and was not there", id)
		}
		delete(rows, id)
	}
}

// TestChangesAddUpToTheWhole applies the changes of random fleets one after the other, and compares with the whole each time.
func TestChangesAddUpToTheWhole(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var e *edition
		var byChanges mirror
		for step := range 30 {
			f := randomFleet(rnd)
			f.At = int64(step)
			var err error
			if e, err = newEdition(e, f, []Event{{ID: int64(step + 1)}}); err != nil {
				t.Fatal(err)
			}
			body, err := e.after(byChanges.version)
			if err != nil {
				t.Fatal(err)
			}
			if wantDelta := step > 0; wantDelta != (string(body) == string(e.delta)) {
				t.Fatalf("step %d: a watcher that has the edition before gets %s", step, body)
			}
			byChanges.apply(t, body)
			whole, err := e.full()
			if err != nil {
				t.Fatal(err)
			}
			var atOnce mirror
			atOnce.apply(t, whole)
			if got, want := fmt.Sprintf("%+v", byChanges), fmt.Sprintf("%+v", atOnce); got != want {
				t.Fatalf("seed %d step %d:\nchanges %s\nwhole   %s", seed, step, got, want)
			}
		}
	}
}

func randomFleet(rnd *rand.Rand) *Fleet {
	f := &Fleet{Head: Head{App: "app", Trouble: []string{"", "t"}[rnd.IntN(2)]}}
	for i := range 6 {
		if rnd.IntN(3) > 0 {
			f.Workers = append(f.Workers, Worker{ID: fmt.Sprintf("w%d", i), Heartbeat: rnd.Int64N(3)})
		}
		if rnd.IntN(3) > 0 {
			f.Shards = append(f.Shards, Shard{ID: fmt.Sprintf("s%d", i), Counter: rnd.Int64N(2), LagMs: rnd.Int64N(2) * 5000, Rate: float64(rnd.IntN(2))})
		}
	}
	return f
}

func TestWatcherThatMissedAnEditionGetsAll(t *testing.T) {
	var e *edition
	for i := range 3 {
		var err error
		if e, err = newEdition(e, &Fleet{Shards: []Shard{{ID: "s", Counter: int64(i)}, {ID: "t"}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for version, want := range map[int64]int{0: 2, 1: 2, 2: 1} {
		body, err := e.after(version)
		var msg message
		if err := json.Unmarshal(body, &msg); err != nil {
			t.Fatal(err)
		}
		if err != nil || len(msg.Shards) != want || msg.Base != 0 != (version == 2) {
			t.Errorf("after %d: base %d, %d shards, %v", version, msg.Base, len(msg.Shards), err)
		}
	}
}

func TestFeedIsBounded(t *testing.T) {
	e, err := newEdition(nil, &Fleet{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(300) {
		if e, err = newEdition(e, &Fleet{}, []Event{{ID: i}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(e.feed); n != feedLength || e.feed[n-1].ID != 299 {
		t.Errorf("%d events, the last is %d", n, e.feed[n-1].ID)
	}
}

func TestCoarse(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, 12345: 12300, 99.96: 100, 1.2345: 1.23, 0.04567: 0.0457, 51.6789: 51.7} {
		if got := coarse(x); got != want {
			t.Errorf("coarse(%v) = %v, want %v", x, got, want)
		}
	}
	for ms, want := range map[int64]int64{-1: -1, 0: 0, 999: 0, 1234: 1230, 86_399_000: 86_400_000} {
		if got := coarseLag(ms); got != want {
			t.Errorf("coarseLag(%v) = %v, want %v", ms, got, want)
		}
	}
}

// bigFleet has shards at work: each has another rate every time, a sixtieth has committed since.
func bigFleet(shards, round int) *Fleet {
	rnd := rand.New(rand.NewPCG(uint64(round), 7))
	f := &Fleet{At: int64(1_795_707_415_199 + 1000*round), Head: Head{App: "shop", Stream: "clicks", RetentionMs: 86_400_000, Coverage: &Coverage{Open: shards}}}
	for i := range 20 {
		f.Workers = append(f.Workers, Worker{ID: fmt.Sprintf("worker-%02d-c0e9e1d1", i), State: "working", Heartbeat: int64(round / 2), BeatAt: f.At, Leases: shards / 20, Counters: &Counters{Rows: int64(round * i)}})
	}
	for i := range shards {
		committed := int64(round-i)/60*60_000 + 1_795_707_415_199
		f.Shards = append(f.Shards, Shard{
			ID: fmt.Sprintf("shardId-%012d", i), State: "owned", Owner: f.Workers[i%20].ID, Counter: 3,
			Checkpoint: fmt.Sprintf("AFTER_SEQUENCE_NUMBER 49680587121062381475332405647577509101882811551%09d", committed/1000%1e9), CheckpointAt: committed,
			From: "85070591730234615865843651857942052863", To: "85070591730234615865843651857942052863", At: float64(i) / float64(shards), Wide: 1 / float64(shards),
			LagMs: 0, Rate: rnd.Float64() * 1000,
		})
	}
	return f
}

// BenchmarkEdition measures what a look at 1,000 shards costs beyond reading the table, and how much a page gets.
func BenchmarkEdition(b *testing.B) {
	fleets := make([]*Fleet, 120)
	for i := range fleets {
		fleets[i] = bigFleet(1000, i)
	}
	e, err := newEdition(nil, fleets[0], nil)
	if err != nil {
		b.Fatal(err)
	}
	full, err := e.full()
	if err != nil {
		b.Fatal(err)
	}
	delta, n := 0, 0
	for b.Loop() {
		n++
		next := fleets[n%len(fleets)]
		if e, err = newEdition(e, next, Changes(e.fleet, next)); err != nil {
			b.Fatal(err)
		}
		delta += len(e.delta)
	}
	b.ReportMetric(float64(len(full)), "B/whole")
	b.ReportMetric(float64(delta)/float64(n), "B/change")
}

func TestHostileTextsAreTextsInJSON(t *testing.T) {
	name := `<img src=x onerror="alert(1)">` + "\u2028</script>"
	e, err := newEdition(nil, &Fleet{Shards: []Shard{{ID: name, Stopped: name}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := e.full()
	if err != nil || slices.Contains(body, '<') || slices.Contains(body, '\n') {
		t.Errorf("%s, %v: brackets and line ends must be escaped", body, err)
	}
}
