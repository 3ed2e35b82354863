package model

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestReopeningManyParentsPassesEachVisitOnce opens the visits of four shards, each in the order of their activity, as a shard does that continues all
// of them. Each of them passes at most all those that are there.
func TestReopeningManyParentsPassesEachVisitOnce(t *testing.T) {
	const parents, visitsOfEach = 4, 5000
	v, passed := &visits{}, 0
	for parent := range parents {
		for n := range visitsOfEach {
			i := v.open(int32(n))
			v.table.at(i).seen = int64(parents*n + parent)
			passed += v.settle(i)
		}
	}
	if most := parents * parents * visitsOfEach; passed > most {
		t.Errorf("%d visits are passed, want at most %d", passed, most)
	}
}

// TestVisitsAreInTheOrderOfActivity opens, activates and closes visits at random, and compares with a list that is searched from its beginning.
func TestVisitsAreInTheOrderOfActivity(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	v, clock := &visits{}, int64(0)
	var want []int32 // numbers
	place := func(i int32) {
		seen := v.table.at(i).seen
		at := slices.IndexFunc(want, func(k int32) bool { return v.table.at(k).seen > seen })
		if at < 0 {
			at = len(want)
		}
		want = slices.Insert(want, at, i)
	}
	for step := range 20_000 {
		switch what := random.IntN(10); {
		case what < 5 || len(want) == 0:
			i := v.open(int32(step))
			seen := random.Int64N(1000)
			clock = max(clock, seen)
			v.table.at(i).seen = seen
			v.settle(i)
			place(i)
		case what < 7:
			clock += random.Int64N(3)
			k := random.IntN(len(want))
			i := want[k]
			v.activate(i)
			v.table.at(i).seen = clock
			want = append(slices.Delete(want, k, k+1), i)
		default:
			k := random.IntN(len(want))
			v.close(want[k])
			want = slices.Delete(want, k, k+1)
		}
		if len(want) > 60 {
			v.close(want[0])
			want = want[1:]
		}
		if got := order(v); !slices.Equal(got, want) {
			t.Fatalf("step %d: the order is %v, want %v", step, got, want)
		}
	}
}

// order returns the numbers of the visits, and checks that they are linked both ways.
func order(v *visits) (numbers []int32) {
	before := int32(0)
	for i := v.oldest; i > 0; i = v.table.at(i - 1).next {
		if v.table.at(i-1).prev != before {
			return nil
		}
		before = i
		numbers = append(numbers, i-1)
	}
	if v.newest != before {
		return nil
	}
	return numbers
}
