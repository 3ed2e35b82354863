package follow_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/streamrec/streamrec/model"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
	"github.com/streamrec/streamrec/processor/follow"
	"github.com/streamrec/streamrec/processor/table"
)

// parts is into how many parts the hash range can be cut.
const parts = 64

// newHistory is a fleet that begins with one shard, whose records are drawn from a seed.
func newHistory(t *testing.T, seed uint64) (*fleet, *follow.Follower) {
	t.Helper()
	f := newFleet(t, 1)
	f.rng = rand.New(rand.NewPCG(seed, 7))
	f.route = func(session string) *shard {
		open := f.openShards()
		return open[slices.IndexFunc(open, func(s *shard) bool { return keysOf(t, s).Contains(event.HashOf(session)) })]
	}
	w := f.follower(follow.Config{})
	f.reopen(w)
	return f, w
}

func keysOf(t *testing.T, s *shard) event.HashRange {
	t.Helper()
	keys, err := event.ParseHashRange(s.StartingHashKey, s.EndingHashKey)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// bound is the first hash key of a part.
func bound(part int) *big.Int {
	whole := new(big.Int).Lsh(big.NewInt(1), 128)
	return whole.Div(whole.Mul(whole, big.NewInt(int64(part))), big.NewInt(parts))
}

// openShards returns the shards that have not ended.
func (f *fleet) openShards() []*shard {
	return slices.DeleteFunc(slices.Clone(f.shards), func(s *shard) bool { return f.ended[s.id] })
}

// become ends all open shards and opens those that continue them, each from one bound to the next.
func (f *fleet) become(bounds ...int) {
	f.t.Helper()
	parents := f.openShards()
	var ids []string
	for _, p := range parents {
		ids = append(ids, p.id)
	}
	var marks []chain.Child
	for i := range len(bounds) - 1 {
		marks = append(marks, chain.Child{
			Shard: fmt.Sprintf("shardId-%012d", len(f.shards)+i), Parents: ids,
			StartingHashKey: bound(bounds[i]).String(), EndingHashKey: new(big.Int).Sub(bound(bounds[i+1]), big.NewInt(1)).String(),
		})
	}
	for _, p := range parents {
		if err := p.End(f.t.Context(), marks); err != nil {
			f.t.Fatal(err)
		}
		f.ended[p.id] = true
	}
	for _, c := range marks {
		f.shards = append(f.shards, f.openShard(chain.Shard{
			ID: c.Shard, Parents: c.Parents, StartingHashKey: c.StartingHashKey, EndingHashKey: c.EndingHashKey,
		}, chain.Bookmark{}))
	}
}

// live lets a history of split, merge and split happen, each followed by so many steps.
func (f *fleet) live(steps int, step func()) {
	cut := func() int { return 1 + f.rng.IntN(parts-1) }
	next := func() {
		for range steps {
			step()
		}
	}
	next()
	f.become(0, cut(), parts)
	next()
	f.become(0, parts)
	next()
	f.become(0, cut(), parts)
	next()
}

// wanderers returns the sessions that have rows on shards of all four generations.
func (f *fleet) wanderers(logs map[string][]named) (n int) {
	on := map[string]map[string]bool{}
	for _, rows := range logs {
		for _, r := range rows {
			if on[*r.SessionID] == nil {
				on[*r.SessionID] = map[string]bool{}
			}
			on[*r.SessionID][r.ShardID] = true
		}
	}
	for _, shards := range on {
		if len(shards) == 4 {
			n++
		}
	}
	return n
}

func (f *fleet) logs() map[string][]named {
	f.t.Helper()
	logs := map[string][]named{}
	for _, s := range f.shards {
		logs[s.id] = namedRows(f.t, f, s.id)
	}
	return logs
}

// TestListsOverReshardsAreThoseOfOneModel lets sessions go on over a split, a merge and another split, with everything merged after each record:
// every list of theirs is the one that a single model computes, to which nothing ever happened.
func TestListsOverReshardsAreThoseOfOneModel(t *testing.T) {
	for seed := range seeds(3) {
		f, w := newHistory(t, seed)
		f.live(45, func() {
			f.put(1)
			f.commit(f.openShards()...)
			f.follow(w)
		})
		items := 0
		for i := range f.lists {
			if !slices.Equal(f.got[i], f.lists[i]) {
				t.Fatalf("seed %d, record %d: list %v, want %v", seed, i, f.got[i], f.lists[i])
			}
			items += len(f.lists[i])
		}
		f.same(w.Latest())
		if n := f.wanderers(f.logs()); n < 5 || items < 2000 {
			t.Errorf("seed %d: %d sessions went all the way, %d items were compared", seed, n, items)
		}
	}
}

// TestListsOverReshardsFollowFromWhatRowsName commits, merges and moves shards at random moments. Every list of the log is computed again by
// a model that was given the records of the shard and of all that it follows, as if they had been one, and what the row names of the others.
func TestListsOverReshardsFollowFromWhatRowsName(t *testing.T) {
	for seed := range seeds(3) {
		f, w := newHistory(t, seed)
		f.live(30, func() {
			f.put(1 + f.rng.IntN(4))
			switch open := f.openShards(); f.rng.IntN(4) {
			case 0:
				f.follow(w)
			case 1:
				f.commit(open...)
			case 2:
				f.move(open[f.rng.IntN(len(open))])
			}
		})
		f.commit(f.openShards()...)
		logs := f.logs()
		items := 0
		for _, s := range f.shards {
			items += f.again(logs, s)
		}
		if n := f.wanderers(logs); n < 5 || items < 2000 {
			t.Errorf("seed %d: %d sessions went all the way, %d items were compared", seed, n, items)
		}
	}
}

// commit commits what these shards have.
func (f *fleet) commit(shards ...*shard) {
	f.t.Helper()
	for _, s := range shards {
		if err := s.Drain(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
	}
}

// move hands a shard over.
func (f *fleet) move(s *shard) {
	f.t.Helper()
	f.commit(s)
	f.shards[slices.Index(f.shards, s)] = f.openShard(s.Shard, chain.Bookmark{Last: s.end.Last, Hour: s.end.Hour})
}

// again computes the lists of a shard's log again, and returns how many items they have.
func (f *fleet) again(logs map[string][]named, s *shard) (items int) {
	f.t.Helper()
	m := model.New(model.DefaultParams())
	for _, r := range f.before(logs, s) {
		r.observe(m)
	}
	for _, r := range logs[s.id] {
		r.observe(m)
		m.Adopt(mergedUpTo(logs, r.marks))
		list := m.Recommend(nil, *r.SessionID, 20)
		if !sameList(r, list) {
			f.t.Fatalf("row %s of %s, made with %v: list %v, want %v", r.SequenceNumber, s.id, r.marks, r.Recommendations, list)
		}
		items += len(list)
	}
	return items
}

// before returns the rows of all ancestors of a shard, in the order in which their records were put.
func (f *fleet) before(logs map[string][]named, s *shard) (rows []named) {
	seen := map[string]bool{}
	var visit func(s *shard)
	visit = func(s *shard) {
		for _, p := range f.shards {
			if slices.Contains(s.Parents, p.id) && !seen[p.id] {
				seen[p.id] = true
				rows = append(rows, logs[p.id]...)
				visit(p)
			}
		}
	}
	visit(s)
	slices.SortFunc(rows, func(a, b named) int { return chain.Compare(a.SequenceNumber, b.SequenceNumber) })
	return rows
}

// sameList compares a row's list with a model's, scores included.
func sameList(r named, list []model.Scored) bool {
	return slices.EqualFunc(r.Recommendations, list, func(a table.Recommendation, b model.Scored) bool {
		return a.ProductCode == b.Item && a.Score == float64(b.Score)/(1<<20)
	})
}
