package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestShedChangesNothing compares a model that sheds at random moments with one that keeps everything: the facts that they
// return, what they see, and the lists of all that can be asked.
func TestShedChangesNothing(t *testing.T) {
	eachBounds(t, func(t *testing.T, p Params) {
		for seed := range uint64(8) {
			p := p
			p.MaxOpen = []int{1 << 20, 7}[seed%2]
			rng := rand.New(rand.NewPCG(seed, 21))
			keeper, shedder, other, merged := New(p), New(p), New(p), NewMerged(p)
			var late []Fact
			shed := 0
			for i, r := range keyed(newScribe(seed).records(500)) {
				if r.HashKey[0]>>40&3 == 0 {
					late = other.Observe(late, r)
					continue
				}
				made := keeper.Observe(nil, r)
				if got := shedder.Observe(nil, r); !slices.Equal(got, made) {
					t.Fatalf("seed %d, record %d: makes %v, want %v", seed, i, got, made)
				}
				late = append(late, made...)
				switch rng.IntN(12) {
				case 0, 1:
					n := rng.IntN(len(late) + 1)
					for _, f := range late[:n] {
						merged.Add(f)
					}
					late = late[n:]
					keeper.Adopt(merged.Publish())
					shedder.Adopt(merged.Latest())
				case 2:
					shedder.Shed()
					shed++
				case 3:
					shedder.Advance(r.ArrivalMs)
					keeper.Advance(r.ArrivalMs)
				}
				if i%9 == 0 {
					sameSight(t, shedder, keeper)
				}
				if t.Failed() {
					t.Fatalf("seed %d, record %d", seed, i)
				}
			}
			checkInvariants(t, shedder)
			if !shedder.lean || shed < 10 {
				t.Errorf("seed %d: shed %d times, lean is %v", seed, shed, shedder.lean)
			}
			for _, f := range late {
				merged.Add(f)
			}
			shedder.Adopt(merged.Publish())
			if s := shedder.Stats(); s.Facts > 0 || s.Open != keeper.Stats().Open || keeper.Stats().Facts == 0 {
				t.Errorf("seed %d: keeps %+v of what is merged", seed, s)
			}
		}
	})
}

// sameSight compares what two models see, their open visits, and their lists.
func sameSight(t *testing.T, m, want *Model) {
	t.Helper()
	if got, want := fmt.Sprint(slices.Collect(m.Visits())), fmt.Sprint(slices.Collect(want.Visits())); got != want {
		t.Errorf("visits are\n%.900s\nwant\n%.900s", got, want)
	}
	if !slices.Equal(views(m), views(want)) {
		t.Error("lists differ")
	}
	if want.Adopted() == nil {
		return
	}
	x, y := m.sight(), want.sight()
	if got, want := fmt.Sprint(slices.Collect(x.allFacts()), slices.Collect(x.allLabels()), x.floors()), fmt.Sprint(slices.Collect(y.allFacts()), slices.Collect(y.allLabels()), y.floors()); got != want {
		t.Errorf("sees\n%.900s\nwant\n%.900s", got, want)
	}
}

// TestShedKeepsWhatIsNotMerged: the facts that the edition lacks can be read, and survive the edition.
func TestShedKeepsWhatIsNotMerged(t *testing.T) {
	p := DefaultParams()
	m, rest, merged := New(p), New(p), NewMerged(p)
	for n, r := range newScribe(3).records(200) {
		for _, f := range m.Observe(nil, r) {
			if n < 100 {
				merged.Add(f)
			} else {
				rest.Add(f)
			}
		}
		switch n {
		case 120:
			m.Shed() // without an edition
			m.Adopt(merged.Publish())
		case 150:
			m.Shed()
		}
	}
	want := fmt.Sprint(slices.Collect(rest.Facts()))
	for _, v := range []*Edition{m.Adopted(), NewMerged(p).Latest(), nil} {
		m.Adopt(v)
		if got := fmt.Sprint(slices.Collect(m.Facts())); got != want || m.Stats().Facts != rest.Stats().Facts {
			t.Errorf("after %v keeps\n%.900s\nwant\n%.900s", v, got, want)
		}
	}
	if got := fmt.Sprint(slices.Collect(m.sight().allFacts())); got != want {
		t.Errorf("sees\n%.900s\nwant\n%.900s", got, want)
	}
	if m.lean || m.Adopted() != nil {
		t.Error("a model without an edition is lean")
	}
	checkInvariants(t, m)
	m.Add(Fact{Session: "later", Item: "later", Touch: TouchAt(noon)})
	if m.Stats().Facts != rest.Stats().Facts+1 {
		t.Error("does not learn after that")
	}
}
