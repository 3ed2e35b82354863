package attr

import (
	"bytes"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func mustNumber(t testing.TB, s string) Number {
	t.Helper()
	n, err := ParseNumber(s)
	if err != nil {
		t.Fatalf("ParseNumber(%q): %v", s, err)
	}
	return n
}

func TestParseNumberWritesCanonically(t *testing.T) {
	digits38 := "31415926535897932384626433832795028841"
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "+0.000e17": "0", "0e1000": "0", "0e99999999999999999999": "0",
		"1": "1", "+3": "3", "-7.1234": "-7.1234", "0001.2300": "1.23", ".123": "0.123", "-.5": "-0.5", "1.": "1",
		"1e+5": "100000", "-17e5": "-1700000", "-17.4E37": "-174" + strings.Repeat("0", 36), "123e-2": "1.23",
		"1e-3": "0.001", "100": "100", "1e125": "1" + strings.Repeat("0", 125), "1e-130": "0." + strings.Repeat("0", 129) + "1",
		"9.9999999999999999999999999999999999999e125": strings.Repeat("9", 38) + strings.Repeat("0", 88),
		digits38:                          digits38,
		digits38 + strings.Repeat("0", 9): digits38 + strings.Repeat("0", 9),
		"0.000" + digits38:                "0.000" + digits38,
	} {
		if got := mustNumber(t, in).String(); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestParseNumberRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"": "cannot be converted", "NaN": "numeric value: NaN", "Infinity": "numeric", "-": "numeric", "+": "numeric",
		"dog": "numeric", " 1": "numeric", "1 ": "numeric", "1e": "numeric", "1e+": "numeric", "1e+-5": "numeric",
		"1e5.5": "numeric", "1.2.3": "numeric", ".": "numeric", "--1": "numeric", "1_000": "numeric", "0x10": "numeric",
		"1e126": "overflow", "-11e125": "overflow", "1.0e100000000": "overflow", "1e99999999999999999999": "overflow",
		"1e-131": "underflow", "0.9e-130": "underflow", "-1e-99999999999999999999": "underflow",
		"314159265358979323846264338327950288419":  "38 significant digits",
		"3.14159265358979323846264338327950288419": "38 significant digits",
		"1" + strings.Repeat("0", 38) + ".1":       "38 significant digits",
	} {
		n, err := ParseNumber(in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, %v, want an error with %q", in, n, err, want)
		}
	}
}

func TestNumberAdd(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"1", "2", "3"},
		{"1", "-1", "0"},
		{"0", "0", "0"},
		{"0.1", "0.2", "0.3"},
		{"-5", "3", "-2"},
		{"99", "1", "100"},
		{"1", "10000000000000000000000", "10000000000000000000001"},
		{"1e-130", "0", "0." + strings.Repeat("0", 129) + "1"},
		{"1.5", "2.5", "4"},
		{"1e20", "1e-17", "100000000000000000000.00000000000000001"},
	} {
		sum, err := mustNumber(t, c.a).Add(mustNumber(t, c.b))
		if err != nil || sum.String() != c.want {
			t.Errorf("%s + %s: got %s, %v, want %s", c.a, c.b, sum, err, c.want)
		}
	}
	for _, c := range [][2]string{{"9e125", "9e125"}, {"1e50", "1"}, {"1e125", "1e-130"}, {"-9e125", "-9e125"}} {
		if sum, err := mustNumber(t, c[0]).Add(mustNumber(t, c[1])); err == nil || !strings.Contains(err.Error(), "overflow") {
			t.Errorf("%s + %s: got %s, %v, want an overflow", c[0], c[1], sum, err)
		}
	}
}

func TestNumberNegOfZeroIsZero(t *testing.T) {
	if n := mustNumber(t, "0").Neg(); n != (Number{}) {
		t.Errorf("got %#v", n)
	}
}

// randomNumber draws numbers that are close together often enough to meet at carries and at equal exponents.
func randomNumber(r *rand.Rand) string {
	digits := make([]byte, 1+r.IntN(12))
	for i := range digits {
		digits[i] = "0001299"[r.IntN(7)]
	}
	s := string(digits)
	if at := r.IntN(len(s) + 1); at < len(s) {
		s = s[:at] + "." + s[at:]
	}
	if r.IntN(3) == 0 {
		s += [...]string{"e3", "e-3", "e+1", "E-7"}[r.IntN(4)]
	}
	if r.IntN(2) == 0 {
		s = "-" + s
	}
	return s
}

// TestNumberAgreesWithRationals holds parsing, printing, order, equality, sum and key form against exact fractions.
func TestNumberAgreesWithRationals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		as, bs := randomNumber(r), randomNumber(r)
		a, b := mustNumber(t, as), mustNumber(t, bs)
		x, y := rational(t, as), rational(t, bs)
		if rational(t, a.String()).Cmp(x) != 0 {
			t.Fatalf("%s is written %s", as, a)
		}
		order := x.Cmp(y)
		if a.Compare(b) != order || (a == b) != (order == 0) {
			t.Fatalf("%s and %s: Compare %d, equal %v, want %d", as, bs, a.Compare(b), a == b, order)
		}
		if got := bytes.Compare(AppendOrdered(nil, a), AppendOrdered(nil, b)); got != order {
			t.Fatalf("%s and %s: key form orders %d, want %d", as, bs, got, order)
		}
		if sum, err := a.Add(b); err != nil || rational(t, sum.String()).Cmp(new(big.Rat).Add(x, y)) != 0 {
			t.Fatalf("%s + %s: got %s, %v", as, bs, sum, err)
		}
		if diff, err := a.Add(b.Neg()); err != nil || diff.sign() != order {
			t.Fatalf("%s - %s: got %s, %v", as, bs, diff, err)
		}
	}
}

func rational(t testing.TB, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("not a fraction: %q", s)
	}
	return r
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"0", "-1.50e3", "1e125", "1e-130", "1e-131", ".5", "1.", "e", "-", "99999999999999999999999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			return
		}
		again, err := ParseNumber(n.String())
		if err != nil || again != n {
			t.Fatalf("%q is written %q, which reads as %v, %v", s, n.String(), again, err)
		}
		if len(n.String()) > 200 {
			t.Fatalf("%q is written in %d bytes", s, len(n.String()))
		}
	})
}
