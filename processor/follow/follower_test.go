package follow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
	"github.com/streamrec/streamrec/processor/follow"
)

// TestEditionIsWhatOneModelWouldHaveLearnt holds G5: the facts of all shards' logs are those of one model that was given all records.
func TestEditionIsWhatOneModelWouldHaveLearnt(t *testing.T) {
	for _, shards := range []int{1, 3, 9} {
		f := newFleet(t, shards)
		w := f.follower(follow.Config{})
		for range 5 {
			f.put(70)
			f.drain()
			f.follow(w)
			f.same(w.Latest())
		}
		if stale := w.StaleMs(); stale != 0 {
			t.Errorf("%d ms behind", stale)
		}
	}
}

// TestListsAreThoseOfOneModel cuts the traffic into shards that see each other's records after every batch: when everything is merged, the
// next record of each shard gets the list that one model gives.
func TestListsAreThoseOfOneModel(t *testing.T) {
	f := newFleet(t, 4)
	f.put(200)
	f.drain()
	w := f.follower(follow.Config{})
	f.reopen(w)
	f.got, f.lists = nil, nil
	f.rounds(w, 150, 1)
	items := 0
	for i := range f.lists {
		if !slices.Equal(f.got[i], f.lists[i]) {
			t.Fatalf("record %d: list %v, want %v", i, f.got[i], f.lists[i])
		}
		items += len(f.lists[i])
	}
	if len(f.got) != 150 || items < 1500 {
		t.Fatalf("%d lists of %d items: too little was compared", len(f.got), items)
	}
}

// TestTakeoversBetweenEditions moves shards at any moment, to workers whose edition is of some other moment: they go on from a state when their
// edition reaches it, and from the log when it does not. In the end everything that was learnt is what one model has learnt.
func TestTakeoversBetweenEditions(t *testing.T) {
	fromState, fromLog := 0, 0
	for seed := range seeds(10) {
		rng := rand.New(rand.NewPCG(seed, 1))
		f := newFleet(t, 4)
		w := f.follower(follow.Config{})
		f.reopen(w)
		for range 80 {
			f.put(1 + rng.IntN(9))
			s := rng.IntN(len(f.shards))
			if err := f.shards[s].Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			switch rng.IntN(4) {
			case 0:
				f.follow(w)
			case 1:
				f.bucket.Decide = func(op, key string) chaintest.Fault {
					if op == "get" && strings.HasPrefix(key, "events/_state/") {
						fromState++
					}
					return chaintest.None
				}
				before := fromState
				f.shards[s] = f.open(f.shards[s].id, chain.Bookmark{Last: f.shards[s].end.Last, Hour: f.shards[s].end.Hour})
				if f.bucket.Decide = nil; before == fromState {
					fromLog++
				}
			}
		}
		f.drain()
		f.follow(w)
		f.same(w.Latest())
	}
	if fromState < 20 || fromLog == 0 {
		t.Errorf("%d takeovers from a state, %d from the log alone", fromState, fromLog)
	}
}

// TestStateOfVisitsIsNoStateWithoutEditions turns the merging of shards off: what was learnt is then read from the log.
func TestStateOfVisitsIsNoStateWithoutEditions(t *testing.T) {
	f := newFleet(t, 1)
	w := f.follower(follow.Config{})
	f.reopen(w)
	f.rounds(w, 6, 20)
	if len(f.bucket.Keys("events/_state/")) == 0 {
		t.Fatal("no state was kept")
	}
	f.reopen(nil)
	f.got, f.lists = nil, nil
	f.put(10)
	for i, want := range f.lists {
		if !slices.Equal(f.got[i], want) || len(want) == 0 {
			t.Fatalf("list %d is %v, want %v", i, f.got[i], want)
		}
	}
}

// TestListsFollowFromWhatRowsName computes every list of the log again: from the rows of the shard before, and from the part of the other shards' logs that
// the footer names.
func TestListsFollowFromWhatRowsName(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	f := newFleet(t, 3)
	w := f.follower(follow.Config{})
	f.reopen(w)
	for range 40 {
		f.put(1 + rng.IntN(8))
		switch s := rng.IntN(len(f.shards)); rng.IntN(4) {
		case 0:
			f.follow(w)
		case 1:
			f.drain()
		case 2:
			if err := f.shards[s].Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.shards[s] = f.open(f.shards[s].id, chain.Bookmark{Last: f.shards[s].end.Last, Hour: f.shards[s].end.Hour})
		}
	}
	f.drain()
	logs := map[string][]named{}
	for _, s := range f.shards {
		logs[s.id] = namedRows(t, f, s.id)
	}
	compared, versions := 0, map[string]bool{}
	for id, rows := range logs {
		own := model.New(model.DefaultParams())
		for _, r := range rows {
			r.observe(own)
			own.Adopt(mergedUpTo(logs, r.marks))
			var list []string
			for _, s := range own.Recommend(nil, *r.SessionID, 20) {
				list = append(list, s.Item)
			}
			if got := items(r.Row); !slices.Equal(got, list) {
				t.Fatalf("row %s of %s, made with %v: list %v, want %v", r.SequenceNumber, id, r.marks, got, list)
			}
			compared += len(list)
			versions[fmt.Sprint(r.marks)] = true
		}
	}
	if compared < 1000 || len(versions) < 5 {
		t.Errorf("%d items of %d editions were compared", compared, len(versions))
	}
}

func TestSnapshotAndLogAreTheWhole(t *testing.T) {
	f := newFleet(t, 3)
	f.step = 15 * time.Second
	rounds := []follow.Round{}
	w := f.follower(follow.Config{Every: time.Hour, Report: func(r follow.Round) { rounds = append(rounds, r) }})
	f.rounds(w, 80, 12) // four hours
	f.same(w.Latest())
	keys := f.bucket.Keys("events/_model/")
	if len(keys) != 4 || keys[3] != layout.SnapshotKey(chain.HourOf(noon.Add(4*time.Hour)), 0) {
		t.Fatalf("snapshots %q", keys)
	}
	reads := 0
	f.bucket.Decide = func(op, key string) chaintest.Fault {
		if op == "get" && strings.HasSuffix(key, ".parquet") {
			reads++
		}
		return chaintest.None
	}
	again := f.follower(follow.Config{})
	f.same(again.Latest())
	if links := len(f.bucket.Keys("events/gen=1/")); reads == 0 || reads > links/4 {
		t.Errorf("%d of %d links were read", reads, links)
	}
	written := 0
	for _, r := range rounds {
		if r.Snapshot > 0 {
			written++
		}
	}
	if written != 4 {
		t.Errorf("%d rounds report a snapshot", written)
	}
}

// TestSnapshotsWithinTheHour: who starts late in an hour has little of the log to read, and who replays that hour begins before it.
func TestSnapshotsWithinTheHour(t *testing.T) {
	f := newFleet(t, 3)
	f.step = 15 * time.Second
	w := f.follower(follow.Config{})
	f.rounds(w, 39, 12) // 117 minutes
	f.same(w.Latest())
	hour := chain.HourOf(noon.Add(time.Hour))
	for _, minute := range []int{0, 15, 30, 45} {
		if _, err := f.bucket.Head(t.Context(), layout.SnapshotKey(hour, minute)); err != nil {
			t.Errorf("minute %d: %v", minute, err)
		}
	}
	reads := 0
	f.bucket.Decide = func(op, key string) chaintest.Fault {
		if op == "get" && strings.HasSuffix(key, ".parquet") {
			reads++
		}
		return chaintest.None
	}
	f.same(f.follower(follow.Config{}).Latest())
	if reads == 0 || reads > 3*5 { // a link of each shard every three minutes
		t.Errorf("%d links were read", reads)
	}
	before, facts := model.TouchAt(noon.Add(time.Hour).UnixMilli()), f.replayed(hour)
	for _, fact := range facts {
		if fact.Touch >= before {
			t.Fatalf("a replay of the hour begins with a fact of %s", fact.Touch)
		}
	}
	if len(facts) == 0 {
		t.Error("a replay of the hour begins with nothing")
	}
}

// TestArrivalsOutliveASnapshot: what a shard has been silent for counts from its last record, also for who begins with a snapshot.
func TestArrivalsOutliveASnapshot(t *testing.T) {
	f := newFleet(t, 2)
	f.step = 15 * time.Second
	w := f.follower(follow.Config{})
	f.rounds(w, 5, 6)
	f.route = func(string) *shard { return f.shards[0] } // the other one is silent from now on
	f.rounds(w, 60, 6)
	if keys := f.bucket.Keys("events/_model/"); len(keys) == 0 {
		t.Fatal("no snapshot")
	}
	again := f.follower(follow.Config{})
	for _, s := range f.shards {
		if got, want := again.Arrival(s.id), w.Arrival(s.id); got != want || want == 0 {
			t.Errorf("%s: the last record arrived at %v, want %v", s.id, time.UnixMilli(got).UTC(), time.UnixMilli(want).UTC())
		}
	}
	if a, b := w.Arrival(f.shards[0].id), w.Arrival(f.shards[1].id); a-b < time.Hour.Milliseconds() {
		t.Errorf("the silent shard is only %d ms behind", a-b)
	}
}

// TestSnapshotHasNothingOfItsHour is what a replay that begins in the hour relies on.
func TestSnapshotHasNothingOfItsHour(t *testing.T) {
	f := newFleet(t, 3)
	f.step = 15 * time.Second
	w := f.follower(follow.Config{Every: time.Hour})
	f.rounds(w, 45, 6)
	hour := chain.HourOf(noon.Add(time.Hour))
	for _, key := range f.bucket.Keys("events/gen=1/") { // the log after it is lost
		if h, _, _, _ := layout.ParseLinkKey(key); h >= hour {
			f.bucket.Delete(key)
		}
	}
	before := model.TouchAt(noon.Add(time.Hour).UnixMilli())
	n := 0
	for fact := range f.follower(follow.Config{}).Latest().Facts() {
		if n++; fact.Touch >= before {
			t.Fatalf("the snapshot has a fact of %s", fact.Touch)
		}
	}
	if n == 0 {
		t.Error("the snapshot is empty")
	}
}

// TestReplayBeginsWithTheSnapshotBeforeIt: the snapshots of the hours before belong to the generation of those.
func TestReplayBeginsWithTheSnapshotBeforeIt(t *testing.T) {
	f := newFleet(t, 3)
	f.step = 15 * time.Second
	w := f.follower(follow.Config{})
	f.rounds(w, 45, 6)
	before, n := model.TouchAt(noon.Add(time.Hour).UnixMilli()), 0
	for fact := range w.Latest().Facts() {
		if fact.Touch < before {
			n++
		}
	}
	if got := len(f.replayed(chain.HourOf(noon) + 1)); n == 0 || got != n {
		t.Errorf("the replay begins with %d facts of the %d before it", got, n)
	}
}

// TestPastIsRead: what is read back from the log lies before the window that ends now.
func TestPastIsRead(t *testing.T) {
	f := newFleet(t, 2)
	f.put(100)
	f.drain()
	_ = f.env.Sleep(t.Context(), 72*time.Hour)
	if e := f.follower(follow.Config{Past: chain.HourOf(noon)}).Latest(); len(slices.Collect(e.Facts())) != len(slices.Collect(f.whole.Facts())) {
		t.Errorf("%d facts of %d are read", len(slices.Collect(e.Facts())), len(slices.Collect(f.whole.Facts())))
	}
}

func TestDamagedSnapshotIsPassedOver(t *testing.T) {
	f := newFleet(t, 2)
	f.step = 15 * time.Second
	w := f.follower(follow.Config{})
	f.rounds(w, 60, 10)
	keys := f.bucket.Keys("events/_model/")
	newest := layout.SnapshotKey(chain.HourOf(noon)+2, 15)
	body, _, err := f.bucket.Get(t.Context(), newest)
	if err != nil || len(keys) < 2 {
		t.Fatal(keys, err)
	}
	body[len(body)/2] ^= 1
	f.bucket.Delete(newest)
	if err := f.bucket.PutIfAbsent(t.Context(), newest, body, nil); err != nil {
		t.Fatal(err)
	}
	f.same(f.follower(follow.Config{}).Latest())
}

func TestOldSnapshotsAreRemoved(t *testing.T) {
	f := newFleet(t, 1)
	f.step = 15 * time.Second
	w := f.follower(follow.Config{Keep: 2 * time.Hour, Remove: func(_ context.Context, key string) error {
		f.bucket.Delete(key)
		return nil
	}})
	f.rounds(w, 120, 12)
	if keys := f.bucket.Keys("events/_model/"); len(keys) != 3+3 {
		t.Errorf("snapshots of the last two hours, and those within the last: %q", keys)
	}
}

// TestFutureWaits follows for a worker one of whose shards replays.
func TestFutureWaits(t *testing.T) {
	f := newFleet(t, 3)
	var last follow.Round
	w := f.follower(follow.Config{Report: func(r follow.Round) { last = r }})
	f.put(100)
	f.drain()
	f.put(100)
	f.drain()
	f.reached = noon.Add(120 * time.Second).UnixMilli()
	f.follow(w)
	for fact := range w.Latest().Facts() {
		if fact.Touch.Ms() > f.reached {
			t.Fatalf("a fact of %s is merged", fact.Touch)
		}
	}
	if last.Links != 3 || last.Waiting != 3 || w.StaleMs() < 99_000 || w.StaleMs() > 115_000 {
		t.Fatalf("round %+v, %d ms behind", last, w.StaleMs())
	}
	f.reached = 0
	f.follow(w)
	f.same(w.Latest())
	if w.StaleMs() != 0 {
		t.Errorf("%d ms behind", w.StaleMs())
	}
}

func TestErasedCustomersAreNotLearnt(t *testing.T) {
	f := newFleet(t, 2)
	f.step = 15 * time.Second
	tombstones := 1
	cfg := follow.Config{Tombstones: func() int { return tombstones }}
	w := f.follower(cfg)
	f.rounds(w, 30, 10)
	f.same(f.follower(cfg).Latest())
	tombstones = 2 // the running one has learnt from the customer before
	now := f.env.Wall()
	cfg.Erased = func(customer string, at time.Time) bool { return customer == "7" && !at.After(now) }
	f.rounds(w, 30, 10)
	for range 2 { // the first reads the log, the second its snapshot
		w = f.follower(cfg)
		facts := 0
		for fact := range w.Latest().Facts() {
			if facts++; fact.Session == "s7" && fact.Touch < model.TouchAt(now.UnixMilli()) {
				t.Fatalf("the customer's fact %+v is merged", fact)
			}
		}
		if facts == 0 {
			t.Error("nothing is merged")
		}
		f.rounds(w, 30, 10)
	}
	newest := f.bucket.Keys("events/_model/")
	o, err := f.bucket.Head(t.Context(), newest[len(newest)-1])
	if err != nil || o.Metadata["tombstones"] != "2" {
		t.Errorf("the newest snapshot has %v, %v", o.Metadata, err)
	}
}

func TestEndedShardIsReadToItsEnd(t *testing.T) {
	f := newFleet(t, 2)
	w := f.follower(follow.Config{})
	f.put(50)
	f.drain()
	f.follow(w)
	f.put(50)
	if err := f.shards[0].End(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	f.ended[f.shards[0].id] = true
	f.drain()
	f.follow(w)
	f.same(w.Latest())
	f.gone[f.shards[0].id] = true
	_ = f.env.Sleep(t.Context(), time.Minute)
	f.put(4)
	if err := f.shards[1].Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.follow(w)
	for id := range w.Latest().Marks() {
		if f.gone[id] {
			t.Errorf("a mark of %s, which has no row", id)
		}
	}
}

// TestShardThatEndsWithoutAMarkIsReadToItsLastLink: a side replay leaves a chain that goes on in later hours, and its row says SHARD_END.
func TestShardThatEndsWithoutAMarkIsReadToItsLastLink(t *testing.T) {
	f := newFleet(t, 2)
	w := f.follower(follow.Config{})
	f.put(50)
	f.drain()
	f.follow(w)
	f.put(50)
	f.drain()
	f.ended[f.shards[0].id] = true // and where its last links end nobody has said
	f.follow(w)
	f.same(w.Latest())
}

// TestFollowerSurvivesFaults loses requests at random; in the end everything is merged.
func TestFollowerSurvivesFaults(t *testing.T) {
	for seed := range seeds(20) {
		f := newFleet(t, 3)
		f.step = 15 * time.Second
		w := f.follower(follow.Config{})
		for range 45 {
			f.put(6)
			f.drain()
			rng, left := rand.New(rand.NewPCG(seed, uint64(f.n))), 4
			f.bucket.Decide = func(string, string) chaintest.Fault {
				if left == 0 || rng.IntN(2) == 0 {
					return chaintest.None
				}
				left--
				return chaintest.Fault(rng.IntN(int(chaintest.Refuse) + 1))
			}
			_ = w.Follow(t.Context(), f)
			f.bucket.Decide = nil
			f.bucket.Settle()
		}
		f.follow(w)
		f.same(w.Latest())
		f.same(f.follower(follow.Config{}).Latest())
	}
}

// TestRowsNameWhatTheirListsWereComputedFrom reads the footer.
func TestRowsNameWhatTheirListsWereComputedFrom(t *testing.T) {
	f := newFleet(t, 2)
	f.put(40)
	f.drain()
	w := f.follower(follow.Config{})
	f.reopen(w)
	first := chain.Bookmark{Last: f.shards[1].end.Last, Hour: f.shards[1].end.Hour}.String()
	f.put(20)
	if err := f.shards[1].Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := chain.Bookmark{Last: f.shards[1].end.Last, Hour: f.shards[1].end.Hour}.String()
	f.follow(w)
	f.put(20)
	f.drain()
	rows, keys := lastObject(t, f, f.shards[0].id)
	var versions []struct {
		Version int32
		Shards  map[string]string
	}
	if err := json.Unmarshal([]byte(keys["model_versions"]), &versions); err != nil || len(versions) != 2 {
		t.Fatalf("footer %q, %v", keys, err)
	}
	if versions[0].Shards[f.shards[1].id] != first || versions[1].Shards[f.shards[1].id] != second || len(versions[0].Shards) != 2 || len(versions[1].Shards) != 1 {
		t.Errorf("versions %+v, want %s, then %s", versions, first, second)
	}
	if *rows[0].ModelVersion != versions[0].Version || *rows[len(rows)-1].ModelVersion != versions[1].Version {
		t.Errorf("rows of versions %d to %d", *rows[0].ModelVersion, *rows[len(rows)-1].ModelVersion)
	}
}
