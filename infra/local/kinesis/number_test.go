package kinesis

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func (n number) big() *big.Int {
	sum := new(big.Int)
	for _, limb := range n {
		sum.Lsh(sum, 64).Add(sum, new(big.Int).SetUint64(limb))
	}
	return sum
}

// sparse makes a random word in which long runs of zeros and ones are likely.
func sparse(r *rand.Rand) uint64 {
	switch r.IntN(4) {
	case 0:
		return 0
	case 1:
		return 1<<64 - 1
	default:
		return r.Uint64() >> r.IntN(64)
	}
}

func TestNumberAgreesWithBig(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		n := number{sparse(r), sparse(r), sparse(r)}
		text := string(n.appendDecimal([]byte("x")))
		if want := "x" + n.big().String(); text != want {
			t.Fatalf("appendDecimal(%x) = %s, want %s", [3]uint64(n), text, want)
		}
		if back, err := parseNumber([]byte(text[1:])); err != nil || back != n {
			t.Fatalf("parseNumber(%s) = %x, %v", text[1:], [3]uint64(back), err)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	tooLarge := new(big.Int).Lsh(big.NewInt(1), 192).String()
	for _, text := range []string{"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "١", tooLarge, tooLarge + "0", strings.Repeat("9", 500)} {
		if n, err := parseNumber([]byte(text)); !errors.Is(err, errNotDecimal) {
			t.Errorf("parseNumber(%q) = %x, %v", text, [3]uint64(n), err)
		}
	}
	largest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 192), big.NewInt(1))
	if n, err := parseNumber([]byte(largest.String())); err != nil || n.big().Cmp(largest) != 0 {
		t.Errorf("parseNumber(2^192-1) = %v, %v", n.big(), err)
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("0")
	f.Add("340282366920938463463374607431768211456")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseNumber([]byte(text))
		want, ok := new(big.Int).SetString(text, 10)
		canonical := ok && want.Sign() >= 0 && want.String() == text && want.BitLen() <= 192
		if canonical != (err == nil) {
			t.Fatalf("parseNumber(%q): %v, canonical %v", text, err, canonical)
		}
		if err == nil && n.big().Cmp(want) != 0 {
			t.Fatalf("parseNumber(%q) = %v", text, n.big())
		}
	})
}
