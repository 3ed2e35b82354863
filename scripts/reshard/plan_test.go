package reshard

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// equal is a stream of n open shards of equal width.
func equal(n int64) (t Topology) {
	for i := range n {
		t = append(t, Shard{ID: fmt.Sprintf("shardId-%012d", i), Start: big.NewInt(i * 100), End: big.NewInt(i*100 + 99), Open: true})
	}
	return t
}

// apply does a step to a stream as Kinesis would; scaling makes all shards anew.
func apply(t Topology, s Step) Topology {
	next := int64(len(t))
	child := func(start, end *big.Int, parents ...string) {
		t = append(t, Shard{ID: fmt.Sprintf("shardId-%012d", next), Start: start, End: end, Open: true, Parents: parents})
		next++
	}
	closed := func(id string) *Shard {
		p := t.Find(id)
		p.Open = false
		c := *p
		return &c
	}
	switch s.Operation {
	case SplitShard:
		p := closed(s.Shard)
		at, _ := new(big.Int).SetString(s.At, 10)
		child(p.Start, new(big.Int).Sub(at, big.NewInt(1)), p.ID)
		child(at, p.End, p.ID)
	case MergeShards:
		a, b := closed(s.Shard), closed(s.Adjacent)
		child(a.Start, b.End, a.ID, b.ID)
	}
	return t
}

func TestScalingRespectsTheLimits(t *testing.T) {
	for _, c := range []struct {
		from int64
		to   int
		want string
	}{
		{4, 4, ""}, {4, 8, "8"}, {3, 16, "6 12 16"}, {1, 5, "2 4 5"}, {16, 3, "8 4 3"}, {5, 2, "3 2"}, {7, 1, "4 2 1"}, {1, 1, ""},
	} {
		steps, err := Request{Shards: c.to}.Plan(equal(c.from))
		var got []string
		open := int(c.from)
		for _, s := range steps {
			if s.Operation != UpdateShardCount || s.Shards > 2*open || 2*s.Shards < open {
				t.Errorf("%d to %d: the step from %d to %d is refused by Kinesis", c.from, c.to, open, s.Shards)
			}
			open = s.Shards
			got = append(got, fmt.Sprint(open))
		}
		if strings.Join(got, " ") != c.want || err != nil {
			t.Errorf("%d to %d: steps %q, want %q, %v", c.from, c.to, got, c.want, err)
		}
	}
}

// TestPlanOfWhatIsDoneIsEmpty interrupts a request after each of its steps: the plan of what is left has no more.
func TestPlanOfWhatIsDoneIsEmpty(t *testing.T) {
	for _, r := range []Request{
		{Split: []string{"shardId-000000000001"}},
		{Split: []string{"shardId-000000000000", "shardId-000000000002"}},
		{Merge: []string{"shardId-000000000002", "shardId-000000000001"}},
	} {
		stream := equal(4)
		steps, err := r.Plan(stream)
		if err != nil || len(steps) == 0 {
			t.Fatalf("%+v: steps %v, %v", r, steps, err)
		}
		for left := len(steps); left > 0; left-- {
			now, err := r.Plan(stream)
			if err != nil || len(now) != left {
				t.Fatalf("%+v: steps %v, %v, want %d", r, now, err, left)
			}
			stream = apply(stream, now[0])
			if open := len(stream.Open()); open != now[0].Shards {
				t.Errorf("%s leaves %d open shards, the plan says %d", now[0], open, now[0].Shards)
			}
		}
		if now, err := r.Plan(stream); err != nil || len(now) != 0 {
			t.Errorf("%+v: steps %v, %v, want none", r, now, err)
		}
	}
}

func TestSplitIsInTheMiddle(t *testing.T) {
	last := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))
	for _, c := range []struct {
		s    Shard
		want string
	}{
		{Shard{Start: big.NewInt(0), End: last}, "170141183460469231731687303715884105728"},
		{Shard{Start: big.NewInt(4), End: big.NewInt(5)}, "5"},
		{Shard{Start: big.NewInt(0), End: big.NewInt(9)}, "5"},
	} {
		if got := c.s.Middle().String(); got != c.want {
			t.Errorf("the middle of %s to %s is %s, want %s", c.s.Start, c.s.End, got, c.want)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	split := apply(equal(3), Step{Operation: SplitShard, Shard: "shardId-000000000001", At: "150"})
	narrow := Topology{{ID: "s", Start: big.NewInt(3), End: big.NewInt(3), Open: true}}
	for _, c := range []struct {
		t    Topology
		r    Request
		want string
	}{
		{equal(3), Request{Split: []string{"x"}}, "no shard x; the open ones are shardId-000000000000, "},
		{split, Request{Merge: []string{"shardId-000000000001", "shardId-000000000002"}}, "has ended; its hash range went to shardId-000000000003 and shardId-000000000004"},
		{equal(3), Request{Merge: []string{"shardId-000000000000", "shardId-000000000002"}}, "no neighbours"},
		{equal(3), Request{Merge: []string{"shardId-000000000000", "y"}}, "no shard y"},
		{narrow, Request{Split: []string{"s"}}, "one hash key"},
		{nil, Request{Shards: 3}, "no open shard"},
	} {
		if steps, err := c.r.Plan(c.t); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, %v, want %q", c.r, steps, err, c.want)
		}
	}
	for _, r := range []Request{{}, {Shards: 1, Split: []string{"a"}}, {Shards: -1}, {Split: []string{"a", "b", "a"}}, {Merge: []string{"a"}}, {Merge: []string{"a", "a"}}} {
		if r.Validate() == nil {
			t.Errorf("%+v is valid", r)
		}
	}
}
