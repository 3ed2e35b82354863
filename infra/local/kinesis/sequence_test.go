package kinesis

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSequenceLayoutOfTheRealService reads numbers that Amazon's service gave out, together with the shard that the same log
// lines name. All three shards were made on one day.
func TestSequenceLayoutOfTheRealService(t *testing.T) {
	numbers := map[uint32]string{
		401: "49588160223248606261076875455806734688981848970781268242",
		450: "49588160317473254724868758295577415592252907054528732194",
		492: "49588160406181619124623577364989381944926527427488784066",
	}
	for shard, text := range numbers {
		n, err := parseNumber([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		s := unpackSequence(n)
		made := time.Unix(int64(s.epoch), 0).UTC() // 36 bits
		if s.shard != shard || made.Year() != 2018 || made.Month() != time.September {
			t.Errorf("%s: shard %d made at %s, want %d in September 2018", text, s.shard, made, shard)
		}
		if n[0]>>56 != sequenceVersion || n[2]&15 != sequenceVersion {
			t.Errorf("%s: constant bits differ", text)
		}
	}
}

func TestSequenceRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 10_000 {
		s := sequence{epoch: sparse(r) & epochMask, counter: sparse(r), seconds: sparse(r) & epochMask, shard: uint32(sparse(r))} // truncated on purpose
		back, err := parseSequence([]byte(s.String()))
		if err != nil || back != s {
			t.Fatalf("%+v came back as %+v, %v", s, back, err)
		}
	}
}

func TestSequenceLooksReal(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)} {
		text := sequence{epoch: uint64(at.Unix()), counter: 1}.String()
		if len(text) != 56 || !strings.HasPrefix(text, "49") {
			t.Errorf("a stream of %d gives out %s", at.Year(), text)
		}
	}
}

// TestSequenceOrder: of a stream the later counter is the larger number, whatever the shard and the time; and a stream that
// begins later has larger numbers.
func TestSequenceOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var all []sequence
	for epoch := range uint64(3) {
		for counter := range uint64(1000) {
			all = append(all, sequence{epoch: epoch + 1, counter: counter << 20, seconds: r.Uint64() & epochMask, shard: r.Uint32()})
		}
	}
	sorted := slices.IsSortedFunc(all, func(a, b sequence) int { return a.number().big().Cmp(b.number().big()) })
	if !sorted {
		t.Error("numbers are not in the order of counters")
	}
}

func TestParseSequenceRefuses(t *testing.T) {
	good := sequence{epoch: 1, counter: 2, seconds: 3, shard: 4}.number()
	for _, bit := range []struct{ limb, at int }{{2, 0}, {2, 3}, {1, 8}, {1, 15}, {0, 16}, {0, 19}, {0, 56}, {0, 60}, {0, 63}} {
		n := good
		n[bit.limb] ^= 1 << bit.at
		if s, err := parseSequence(n.appendDecimal(nil)); err == nil {
			t.Errorf("limb %d with bit %d flipped is taken for %+v", bit.limb, bit.at, s)
		}
	}
	for _, text := range []string{"", "0", "1", "LATEST", "-49"} {
		if s, err := parseSequence([]byte(text)); err == nil {
			t.Errorf("%q is taken for %+v", text, s)
		}
	}
}
