package audit

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/processor/chain"
)

// digits returns a random decimal number, leading zeros included.
func digits(r *rand.Rand) string {
	s := make([]byte, 1+r.IntN(chain.SequenceWidth))
	for i := range s {
		s[i] = '0' + byte(r.IntN(10))
	}
	if r.IntN(4) == 0 { // many equal digits, so that words carry
		return strings.Repeat(string(s[0]), len(s))
	}
	return string(s)
}

// TestNumbersAgreeWithBigOnes compares with math/big and with chain.
func TestNumbersAgreeWithBigOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	before := ""
	for range 20_000 {
		s := digits(r)
		n, err := parseNumber(s)
		want, ok := new(big.Int).SetString(s, 10)
		if err != nil || !ok || n.String() != want.String() {
			t.Fatalf("%s is read as %s: %v", s, n, err)
		}
		padded, err := chain.Pad(want.String())
		if err != nil || n.padded() != padded {
			t.Fatalf("%s is padded to %s, want %s: %v", s, n.padded(), padded, err)
		}
		other, err := parseNumber(before)
		if err != nil || n.compare(other) != chain.Compare(s, before) || other.compare(n) != chain.Compare(before, s) {
			t.Fatalf("%s and %s compare as %d", s, before, n.compare(other))
		}
		before = s
	}
}

func TestNumbersAtTheEdges(t *testing.T) {
	nines := strings.Repeat("9", chain.SequenceWidth)
	for text, want := range map[string]string{"": "0", "0": "0", strings.Repeat("0", 56): "0", nines: nines, "1" + strings.Repeat("0", 55): "1" + strings.Repeat("0", 55), "18446744073709551616": "18446744073709551616"} {
		if n, err := parseNumber(text); err != nil || n.String() != want || n.isZero() != (want == "0") {
			t.Errorf("%q is read as %s, %v", text, n, err)
		}
	}
	for _, text := range []string{"9" + nines, "-1", "+1", "1 ", " 1", "1.0", "0x10", "١", strings.Repeat("1", 30) + "a"} {
		if n, err := parseNumber(text); err == nil || !n.isZero() {
			t.Errorf("%q is read as %s", text, n)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"", "0", "49590338271490256608559692538000000000000000000007131481", "x", "1e5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := parseNumber(s)
		_, bad := chain.Pad(s)
		if s != "" && (err == nil) != (bad == nil) {
			t.Fatalf("%q: %v, chain says %v", s, err, bad)
		}
		if err == nil && s != "" && n.String() != chain.Unpad(s) {
			t.Fatalf("%q is read as %s", s, n)
		}
	})
}

func TestHashesStandForTheirText(t *testing.T) {
	for text, ok := range map[string]bool{
		chain.NewHash("").Sum(): true, strings.Repeat("0", 32): true, "": false, strings.Repeat("0", 31): false, strings.Repeat("0", 33): false,
		strings.Repeat("A", 32): false, strings.Repeat("g", 32): false,
	} {
		h, err := parseHash(text)
		l := link{hash: h}
		if (err == nil) != ok || ok && l.hashText() != text {
			t.Errorf("%q: %s, %v", text, l.hashText(), err)
		}
	}
}

func TestClassOfError(t *testing.T) {
	for text, want := range map[string]string{
		"invalid_json: at byte 7": "invalid_json", "kpl_checksum": "kpl_checksum", "gzip_bomb: a: b": "gzip_bomb",
		"": otherClass, ": x": otherClass, "Ada Lovelace, Main Street 5": otherClass, strings.Repeat("a", 33) + ": x": otherClass,
	} {
		if got := classOf(text); got != want {
			t.Errorf("the class of %q is %q, want %q", text, got, want)
		}
	}
	var c content
	for i := range 1000 {
		c.addError(strings.Repeat("a", i%200+1), 1)
	}
	if len(c.errors) > maxClasses+1 || c.report().ErrorRows != 1000 {
		t.Errorf("%d classes of %d rows", len(c.errors), c.report().ErrorRows)
	}
}

func TestChildrenCoverTheirParent(t *testing.T) {
	span := func(from, to string) chain.Child { return chain.Child{StartingHashKey: from, EndingHashKey: to} }
	max := "340282366920938463463374607431768211455"
	for name, c := range map[string]struct {
		children []chain.Child
		from, to string
		want     bool
	}{
		"split":            {[]chain.Child{span("0", "9"), span("10", "19")}, "0", "19", true},
		"out of order":     {[]chain.Child{span("10", "19"), span("0", "9")}, "0", "19", true},
		"merge":            {[]chain.Child{span("0", max)}, "10", "19", true},
		"whole":            {[]chain.Child{span("0", max)}, "0", max, true},
		"hole":             {[]chain.Child{span("0", "8"), span("10", "19")}, "0", "19", false},
		"begins late":      {[]chain.Child{span("1", "19")}, "0", "19", false},
		"ends early":       {[]chain.Child{span("0", "18")}, "0", "19", false},
		"elsewhere":        {[]chain.Child{span("20", "29")}, "0", "19", false},
		"overlapping":      {[]chain.Child{span("0", "12"), span("7", "19")}, "0", "19", true},
		"one in the other": {[]chain.Child{span("0", "19"), span("3", "4")}, "0", "19", true},
		"not known":        {[]chain.Child{span("", "")}, "0", "19", true},
		"of an unknown":    {[]chain.Child{span("0", "3")}, "", "", true},
	} {
		if got := covers(c.children, c.from, c.to); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
