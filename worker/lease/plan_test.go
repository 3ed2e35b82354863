package lease_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/streamrec/streamrec/worker/lease"
)

// view is that of worker "a": leases by owner, given as rates. The owner "" is nobody, and one that starts with "dead" is dead.
func view(owned map[string][]float64, others ...string) lease.View {
	v := lease.View{
		Me: "a", Failover: 5 * time.Second, Moves: 8, Alive: map[string]lease.Worker{"a": {ID: "a", Counter: 100}}, Grown: 5,
		Requests: map[string]string{}, Moving: map[string]string{},
		Unchanged: func(string) time.Duration { return time.Hour }, Free: func(string) time.Duration { return 0 },
	}
	for _, o := range others {
		v.Alive[o] = lease.Worker{ID: o, Counter: 100}
	}
	for _, o := range slices.Sorted(maps.Keys(owned)) {
		for i, r := range owned[o] {
			v.Leases = append(v.Leases, lease.Lease{Key: fmt.Sprintf("%s-%03d", o, i), Owner: o, Rate: r, Counter: 3})
		}
	}
	return v
}

// as returns the view of another worker that sees the same rows.
func as(v lease.View, me string) lease.View {
	v.Me = me
	return v
}

func keys(moves []lease.Move) (ks []string) {
	for _, m := range moves {
		ks = append(ks, m.Key)
	}
	return ks
}

// TestRequests says when a worker that holds leases asks another for some.
func TestRequests(t *testing.T) {
	for _, c := range []struct {
		name string
		v    lease.View
		want int
	}{
		{"idle: numbers differ by one", view(map[string][]float64{"a": same(4, 0), "b": same(5, 0)}, "b"), 0},
		{"idle: numbers differ by two", view(map[string][]float64{"a": same(4, 0), "b": same(6, 0)}, "b"), 1},
		{"equal rates: numbers differ by two", view(map[string][]float64{"a": same(4, 100), "b": same(6, 100)}, "b"), 1},
		{"load within the noise", view(map[string][]float64{"a": {100, 90, 20}, "b": {130, 110, 30}}, "b"), 0},
		{"load beyond the noise", view(map[string][]float64{"a": same(8, 20), "b": {100, 110, 120, 130, 20, 30, 40, 50}}, "b"), 2},
		{"gain too small for anybody to notice", view(map[string][]float64{"a": same(4, 0), "b": {20, 20, 20, 20}}, "b"), 0},
		{"one hot shard cannot be divided", view(map[string][]float64{"a": same(1, 0), "b": {5000}}, "b"), 0},
		{"idle leases do not move for load", view(map[string][]float64{"a": same(11, 0), "b": append(same(10, 0), 5000)}, "b"), 0},
		{"nor nearly idle ones", view(map[string][]float64{"a": same(11, 2), "b": append(same(10, 9), 5000)}, "b"), 0},
		{"busy ones move away from a hot shard", view(map[string][]float64{"a": same(6, 100), "b": append(same(5, 100), 1000)}, "b"), 4},
		{"one of two heavy ones goes where it lowers the peak", view(map[string][]float64{"a": {400}, "b": {1000, 1000}}, "b"), 1},
		{"but not when it hardly helps", view(map[string][]float64{"a": same(2, 100), "b": append(same(2, 100), 50000)}, "b"), 0},
		{"few heavy against many light", view(map[string][]float64{"a": same(100, 40), "b": same(4, 1240)}, "b"), 0},
		{"holds nothing: half, as many as it may", view(map[string][]float64{"b": same(100, 100)}, "b"), 8},
		{"holds nothing: half", view(map[string][]float64{"b": same(7, 100)}, "b"), 3},
		{"more workers than shards", view(map[string][]float64{"b": same(1, 100), "c": same(1, 100)}, "b", "c", "d"), 0},
		{"rates that cannot be", view(map[string][]float64{"a": {math.NaN(), -5}, "b": {math.NaN(), math.Inf(-1), 0}}, "b"), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := lease.Decide(c.v)
			if len(d.Request) != c.want || len(d.Take) != 0 {
				t.Errorf("%+v, want %d requests", d, c.want)
			}
			b := as(c.v, "b")
			for _, m := range d.Request {
				b.Requests[m.Key] = "a"
			}
			if got := lease.Decide(b).Agree; len(got) != c.want {
				t.Errorf("the owner, who sees the same, agrees to %v of %v", got, d.Request)
			}
			b.Requests = map[string]string{}
			for _, l := range b.Leases {
				b.Requests[l.Key] = "a"
			}
			if got := lease.Decide(b).Agree; len(got) > max(c.want, 0) {
				t.Errorf("asked for all, the owner agrees to %v", got)
			}
		})
	}
}

// TestAgreement says what an owner consents to, beside what is good for balance.
func TestAgreement(t *testing.T) {
	full := func(change func(*lease.View)) lease.View {
		v := view(map[string][]float64{"a": same(20, 100), "b": same(2, 100)}, "b")
		for _, l := range v.Leases {
			v.Requests[l.Key] = "b"
		}
		change(&v)
		return v
	}
	for _, c := range []struct {
		name   string
		change func(*lease.View)
		want   int
	}{
		{"as many as may be in flight", func(*lease.View) {}, 8},
		{"without request", func(v *lease.View) { v.Requests = nil }, 0},
		{"some are in flight already", func(v *lease.View) {
			for i := range 6 {
				v.Moving[fmt.Sprintf("a-%03d", i)] = "b"
			}
		}, 2},
		{"what is in flight is enough", func(v *lease.View) {
			v.Moves = 50
			for i := range 9 {
				v.Moving[fmt.Sprintf("a-%03d", i)] = "b"
			}
		}, 0},
		{"changed lately", func(v *lease.View) { v.Unchanged = func(string) time.Duration { return 29 * time.Second } }, 0},
		{"unchanged for 6 T", func(v *lease.View) { v.Unchanged = func(string) time.Duration { return 30 * time.Second } }, 8},
		{"changed lately, but the receiver has nothing", func(v *lease.View) {
			v.Unchanged = func(string) time.Duration { return 0 }
			v.Leases = v.Leases[:20]
		}, 8},
		{"the receiver is dead", func(v *lease.View) { delete(v.Alive, "b") }, 0},
		{"the receiver leaves", func(v *lease.View) { v.Alive["b"] = lease.Worker{ID: "b", Leaving: true} }, 0},
		{"the receiver is the owner", func(v *lease.View) {
			for k := range v.Requests {
				v.Requests[k] = "a"
			}
		}, 0},
		{"rows older than the plan", func(v *lease.View) { v.Plan.Number = 1 }, 0},
		{"shards that have ended", func(v *lease.View) {
			for i := range v.Leases {
				v.Leases[i].Checkpoint.Type = lease.ShardEnd
			}
		}, 0},
		{"the owner leaves: Receivers plans instead", func(v *lease.View) { v.Leaving = true }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := lease.Decide(full(c.change)).Agree; len(got) != c.want {
				t.Errorf("agrees to %d, want %d: %v", len(got), c.want, got)
			}
		})
	}
}

// TestRequestsSpareWhatHasJustMoved: the owner would refuse.
func TestRequestsSpareWhatHasJustMoved(t *testing.T) {
	v := view(map[string][]float64{"a": same(1, 0), "b": same(8, 0)}, "b")
	v.Moved = func(k string) bool { return k != "b-003" }
	if got := keys(lease.Decide(v).Request); !slices.Equal(got, []string{"b-003"}) {
		t.Errorf("asks for %v", got)
	}
	v.Leases = v.Leases[1:]
	if got := lease.Decide(v).Request; len(got) != 4 {
		t.Errorf("a worker that holds nothing asks for %v", got)
	}
}

// TestTakes says which leases may be taken at all. Nobody else is there.
func TestTakes(t *testing.T) {
	end := lease.Position{Type: lease.ShardEnd}
	v := view(nil)
	v.Plan.Number = 2
	v.Leases = []lease.Lease{
		{Key: "child", Parents: []string{"ended"}, Plan: 2},
		{Key: "child of an open shard", Parents: []string{"ended", "open"}, Plan: 2},
		{Key: "child of an unknown shard", Parents: []string{"unknown"}, Plan: 2},
		{Key: "dead worker's", Owner: "dead", Plan: 2},
		{Key: "ended", Checkpoint: end, Plan: 2},
		{Key: "mine", Owner: "a", Plan: 2},
		{Key: "open", Plan: 3},
		{Key: "older than the plan", Plan: 1},
		{Key: "stopped", Stopped: "why", Plan: 2},
	}
	want := []string{"child", "dead worker's", "open"}
	if got := lease.Decide(v).Take; !slices.Equal(got, want) {
		t.Errorf("takes %q, want %q", got, want)
	}
	v.Leaving = true
	if got := lease.Decide(v); len(got.Take) != 0 {
		t.Errorf("takes %q while it leaves", got.Take)
	}
}

// TestExpiredLeasesDependOnMembersAlone gives every worker other rows about everybody's load.
func TestExpiredLeasesDependOnMembersAlone(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e"}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		takers := map[string]int{}
		for _, me := range ids {
			owned := map[string][]float64{"dead": skewed(rand.New(rand.NewPCG(seed, 2)), 40)}
			for _, o := range ids {
				owned[o] = skewed(r, r.IntN(30))
			}
			for _, k := range lease.Decide(as(view(owned, ids...), me)).Take {
				takers[k]++
			}
		}
		for i := range 40 {
			if k := fmt.Sprintf("dead-%03d", i); takers[k] != 1 {
				t.Fatalf("seed %d: %s is taken by %d workers", seed, k, takers[k])
			}
		}
	}
}

// TestNobodyWaitsForWhoCannotKnow has a worker that started after the crash.
func TestNobodyWaitsForWhoCannotKnow(t *testing.T) {
	v := view(map[string][]float64{"dead": same(40, 10)}, "late")
	for counter, want := range map[int64]int{2: 40, 4: 40, 5: 0} {
		v.Alive["late"] = lease.Worker{ID: "late", Counter: counter}
		got := lease.Decide(v)
		if all := len(got.Take) == 40; all != (want == 40) || got.Waiting == all {
			t.Errorf("heartbeat %d: takes %d of 40, waiting %v", counter, len(got.Take), got.Waiting)
		}
	}
	v.Alive["a"], v.Alive["late"] = lease.Worker{ID: "a", Counter: 3}, lease.Worker{ID: "late", Counter: 3}
	if got := len(lease.Decide(v).Take); got == 40 || got == 0 {
		t.Errorf("of two that started together after a crash of all, one takes %d of 40", got)
	}
}

// TestRescue lets a lease go to the next worker for each T/5 in which nobody takes it.
func TestRescue(t *testing.T) {
	ids := []string{"a", "b", "c", "d"}
	for _, owner := range []string{"dead", ""} {
		before := 0
		for turn := range 6 {
			v := view(map[string][]float64{owner: same(1, 0)}, ids...)
			v.Free = func(string) time.Duration { return time.Duration(turn)*time.Second + time.Millisecond }
			takers := 0
			for _, me := range ids {
				takers += len(lease.Decide(as(v, me)).Take)
			}
			if takers < before || turn == 0 && takers != 1 || turn == 5 && takers != 4 {
				t.Errorf("owner %q: after %d s %d workers take it, before %d", owner, turn, takers, before)
			}
			before = takers
		}
	}
}

// TestReceivers spreads a leaving worker's leases so that the others are as even as they can be.
func TestReceivers(t *testing.T) {
	v := view(map[string][]float64{"a": same(9, 100), "b": same(3, 100), "c": same(6, 100), "d": same(9, 100)}, "b", "c", "d")
	v.Leases = append(v.Leases, lease.Lease{Key: "z", Owner: "a", Checkpoint: lease.Position{Type: lease.ShardEnd}})
	v.Alive["e"] = lease.Worker{ID: "e", Leaving: true}
	got := map[string]int{}
	for _, to := range lease.Receivers(v) {
		got[to]++
	}
	if want := map[string]int{"b": 6, "c": 3}; !maps.Equal(got, want) {
		t.Errorf("hands over %v, want %v", got, want)
	}
	if to := lease.Receivers(view(map[string][]float64{"a": same(3, 1)})); len(to) != 0 {
		t.Errorf("nobody is there, but the leases go to %v", to)
	}
}

// TestAnyView draws fleets without any sense and holds the plans of all workers, who see the same rows, against a slow reading of the
// rules.
func TestAnyView(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 5))
		v := anyView(r)
		took, asked := map[string]string{}, map[string]lease.Move{}
		for _, me := range slices.Sorted(maps.Keys(v.Alive)) {
			mine := as(v, me)
			mine.Leases = slices.Clone(v.Leases)
			r.Shuffle(len(mine.Leases), func(i, j int) { mine.Leases[i], mine.Leases[j] = mine.Leases[j], mine.Leases[i] })
			d := lease.Decide(mine)
			if v.Alive[me].Leaving && len(d.Take)+len(d.Request)+len(d.Agree) > 0 || len(d.Request) > v.Moves {
				t.Fatalf("seed %d: %s decides %+v", seed, me, d)
			}
			for _, k := range d.Take {
				if took[k] != "" {
					t.Fatalf("seed %d: %s and %s both take %s", seed, took[k], me, k)
				}
				took[k] = me
			}
			for _, m := range d.Request {
				if other, twice := asked[m.Key]; twice || m.To != me {
					t.Fatalf("seed %d: %+v and %+v", seed, other, m)
				}
				asked[m.Key] = m
			}
		}
		for i := range v.Leases {
			checkLease(t, seed, v, &v.Leases[i], took, asked)
		}
	}
}

func checkLease(t *testing.T, seed uint64, v lease.View, l *lease.Lease, took map[string]string, asked map[string]lease.Move) {
	t.Helper()
	may := l.Checkpoint.Type != lease.ShardEnd && l.Stopped == "" && l.Plan >= v.Plan.Number
	for _, p := range l.Parents {
		ended := false
		for _, other := range v.Leases {
			ended = ended || other.Key == p && other.Checkpoint.Type == lease.ShardEnd && other.Plan == l.Plan
		}
		may = may && ended
	}
	owner, alive := v.Alive[l.Owner]
	somebody := false
	for _, w := range v.Alive {
		somebody = somebody || !w.Leaving
	}
	if want := may && !alive && somebody; want != (took[l.Key] != "") {
		t.Fatalf("seed %d: %+v is taken by %q, want %v", seed, l, took[l.Key], want)
	}
	if m, ok := asked[l.Key]; ok && (m.From != l.Owner || !alive || owner.Leaving || m.To == m.From || l.Checkpoint.Type == lease.ShardEnd || l.Plan < v.Plan.Number) {
		t.Fatalf("seed %d: %+v is asked for by %+v", seed, l, m)
	}
}

func anyView(r *rand.Rand) lease.View {
	v := view(nil)
	v.Moves, v.Plan.Number = 1+r.IntN(10), int64(r.IntN(2))
	v.Alive = map[string]lease.Worker{}
	owners := []string{"", "dead", "gone"}
	for i := range 1 + r.IntN(8) {
		id := fmt.Sprint("w", i)
		v.Alive[id] = lease.Worker{ID: id, Counter: 100, Leaving: r.IntN(6) == 0}
		owners = append(owners, id, id)
	}
	for i := range r.IntN(80) {
		l := lease.Lease{Key: fmt.Sprintf("s%03d", i), Owner: owners[r.IntN(len(owners))], Plan: int64(r.IntN(3))}
		switch r.IntN(3) {
		case 0:
			l.Rate = 300 * r.ExpFloat64()
		case 1:
			l.Rate = 100
		}
		if i > 0 && r.IntN(3) == 0 {
			l.Parents = []string{fmt.Sprintf("s%03d", r.IntN(i)), fmt.Sprintf("s%03d", r.IntN(2*i))}
		}
		switch r.IntN(10) {
		case 0:
			l.Stopped = "why"
		case 1, 2, 3:
			l.Owner, l.Checkpoint.Type = "", lease.ShardEnd
		}
		v.Leases = append(v.Leases, l)
	}
	return v
}

// TestColdStartIsEven: nobody has more than another by more than the lightest of its leases.
func TestColdStartIsEven(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 6))
		ids := names("w", 1+r.IntN(12))
		v := view(map[string][]float64{"": skewed(r, 1+r.IntN(60))}, ids...)
		delete(v.Alive, "a")
		sums, least := map[string]float64{}, map[string]float64{}
		for _, me := range ids {
			least[me] = math.Inf(1)
			for _, k := range lease.Decide(as(v, me)).Take {
				i := slices.IndexFunc(v.Leases, func(l lease.Lease) bool { return l.Key == k })
				x := v.Leases[i].Rate + 10
				sums[me], least[me] = sums[me]+x, min(least[me], x)
			}
		}
		for _, a := range ids {
			for _, b := range ids {
				if sums[a]-least[a] > sums[b]+1e-6 {
					t.Errorf("seed %d: %s has %.1f, of that a lease of %.1f, and %s has %.1f", seed, a, sums[a], least[a], b, sums[b])
				}
			}
		}
	}
}
