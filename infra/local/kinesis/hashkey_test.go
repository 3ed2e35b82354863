package kinesis

import (
	"crypto/md5" // the function under test routes by it
	"math/big"
	"math/rand/v2"
	"testing"
)

func (k hashKey) big() *big.Int { return number{0, k.hi, k.lo}.big() }

func TestHashOfIsBigEndianMD5(t *testing.T) {
	for _, key := range []string{"a", "session-1", "é漢\U0001F6D2", string(make([]byte, 1000))} {
		sum := md5.Sum([]byte(key))
		if got, want := hashOf([]byte(key)).String(), new(big.Int).SetBytes(sum[:]).String(); got != want {
			t.Errorf("hashOf(%q) = %s, want %s", key, got, want)
		}
	}
}

func TestUniformRanges(t *testing.T) {
	space := new(big.Int).Lsh(big.NewInt(1), 128)
	for _, count := range []int{1, 2, 3, 4, 5, 7, 10, 100, 999, 10_000} {
		width := new(big.Int).Div(space, big.NewInt(int64(count)))
		ranges := uniformRanges(count)
		if len(ranges) != count || ranges[count-1].End != lastHashKey {
			t.Fatalf("%d ranges for %d, last %v", len(ranges), count, ranges[len(ranges)-1])
		}
		for i, keys := range ranges {
			if want := new(big.Int).Mul(width, big.NewInt(int64(i))); keys.Start.big().Cmp(want) != 0 {
				t.Fatalf("range %d of %d begins at %s, want %s", i, count, keys.Start, want)
			}
			if i > 0 && ranges[i-1].End.next() != keys.Start {
				t.Fatalf("range %d of %d ends at %s, the next begins at %s", i-1, count, ranges[i-1].End, keys.Start)
			}
		}
	}
}

func TestHashKeyArithmeticAgreesWithBig(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		a, b := hashKey{sparse(r), sparse(r)}, hashKey{sparse(r), sparse(r)}
		if got, want := a.compare(b), a.big().Cmp(b.big()); got != want {
			t.Fatalf("%s.compare(%s) = %d, want %d", a, b, got, want)
		}
		if got, want := a.distance(b).big(), new(big.Int).Abs(new(big.Int).Sub(a.big(), b.big())); got.Cmp(want) != 0 {
			t.Fatalf("%s.distance(%s) = %s, want %s", a, b, got, want)
		}
		if got := a.plus(b).minus(b); got != a {
			t.Fatalf("%s + %s - %s = %s", a, b, b, got)
		}
	}
}

func TestParseHashKey(t *testing.T) {
	if key, err := parseHashKey([]byte("340282366920938463463374607431768211455")); err != nil || key != lastHashKey {
		t.Errorf("2^128-1 is %v, %v", key, err)
	}
	for _, text := range []string{"340282366920938463463374607431768211456", "-1", "", "1x", "00"} {
		if key, err := parseHashKey([]byte(text)); err == nil {
			t.Errorf("parseHashKey(%q) = %v", text, key)
		}
	}
}
