package attr

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestEqualAcrossKinds(t *testing.T) {
	text, err := NewSet(KindStringSet, String("1"))
	if err != nil {
		t.Fatal(err)
	}
	number, err := NewSet(KindNumberSet, NewNumber(1))
	if err != nil {
		t.Fatal(err)
	}
	values := []Value{
		String("1"), Binary("1"), NewNumber(1), Bool(true), Bool(false),
		Null{},
		List{},
		List{String("1")},
		Map{},
		Map{"1": String("1")},
		Map{"1": Null{}},
		text, number,
	}
	for i, a := range values {
		for j, b := range values {
			if Equal(a, b) != (i == j) {
				t.Errorf("Equal(%#v, %#v) = %v", a, b, i != j)
			}
			order, ok := Compare(a, b)
			if wantOK := a.Kind() == b.Kind() && a.Kind().Ordered(); ok != wantOK || ok && (order == 0) != (i == j) {
				t.Errorf("Compare(%#v, %#v) = %d, %v", a, b, order, ok)
			}
		}
	}
	if Equal(String("x"), nil) || Equal(nil, String("x")) || !Equal(nil, nil) {
		t.Error("a missing value equals only a missing value")
	}
}

func TestNewSetRefuses(t *testing.T) {
	if _, err := NewSet(KindString, String("x")); err == nil {
		t.Error("S is not a kind of set")
	}
	if _, err := NewSet(KindStringSet, NewNumber(1)); err == nil {
		t.Error("a number is not a member of a string set")
	}
}

// TestSetAlgebra holds union, difference and membership against maps.
func TestSetAlgebra(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	draw := func() (Set, map[int]bool) {
		want := map[int]bool{}
		var members []Value
		for range 1 + r.IntN(6) {
			if i := r.IntN(8) - 4; !want[i] {
				want[i] = true
				members = append(members, NewNumber(int64(i)))
			}
		}
		s, err := NewSet(KindNumberSet, members...)
		if err != nil {
			t.Fatal(err)
		}
		return s, want
	}
	for range 2000 {
		a, inA := draw()
		b, inB := draw()
		union := a.Union(b)
		rest, some := a.Minus(b)
		wantUnion, wantRest := 0, 0
		for i := -4; i < 4; i++ {
			n := NewNumber(int64(i))
			if a.Contains(n) != inA[i] || union.Contains(n) != (inA[i] || inB[i]) || rest.Contains(n) != (inA[i] && !inB[i]) {
				t.Fatalf("membership of %d in %v and %v", i, a, b)
			}
			wantUnion += count(inA[i] || inB[i])
			wantRest += count(inA[i] && !inB[i])
		}
		if union.Len() != wantUnion || rest.Len() != wantRest || some != (wantRest > 0) || !slices.IsSortedFunc(union.members, byValue) {
			t.Fatalf("%v ∪ %v = %v, minus = %v", a, b, union, rest)
		}
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		v    Value
		want int
	}{
		{String(""), 0},
		{String("grün"), 5},
		{Binary("\x00\x01"), 2},
		{Bool(false), 1},
		{Null{}, 1},
		{NewNumber(0), 1},
		{NewNumber(1), 2},
		{NewNumber(12), 2},
		{NewNumber(123), 3},
		{NewNumber(100), 2},
		{NewNumber(-1), 3},
		{mustNumber(t, "31415926535897932384626433832795028841"), 20},
		{mustNumber(t, "1.23"), 3},
		{mustNumber(t, "1.2"), 3},
		{mustNumber(t, "0.01"), 2},
		{List{}, 3},
		{List{String("ab"), Null{}}, 3 + 1 + 2 + 1 + 1},
		{Map{}, 3},
		{Map{"key": String("ab")}, 3 + 1 + 3 + 2},
		{decodeItem(t, `{"s":{"SS":["a","bc"]}}`)["s"], 3},
	} {
		if got := c.v.Size(); got != c.want {
			t.Errorf("%#v: got %d, want %d", c.v, got, c.want)
		}
	}
	if got := (Map{"key": String("ab"), "k": Null{}}).ItemSize(); got != 7 {
		t.Errorf("item: got %d", got)
	}
}

func TestKeyFormOfStringsAndBinaries(t *testing.T) {
	if got := string(AppendOrdered([]byte("p"), String("x"))); got != "px" {
		t.Errorf("got %q", got)
	}
	if got := string(AppendOrdered(nil, Binary("\xff\x00"))); got != "\xff\x00" {
		t.Errorf("got %q", got)
	}
}
