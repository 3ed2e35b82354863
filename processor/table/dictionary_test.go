package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestDictionary compares with a map.
func TestDictionary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var d dictionary
	var words []string
	numbers := map[string]int32{}
	for range 20_000 {
		word := strings.Repeat("w", rng.IntN(4)) + fmt.Sprint(rng.IntN(3000))
		if rng.IntN(9) == 0 {
			word = strings.Repeat("x", rng.IntN(6)) // one ends as the other does
		}
		want, known := numbers[word]
		if !known {
			want = int32(len(words))
			numbers[word], words = want, append(words, word)
		}
		if got := d.number(word); got != want {
			t.Fatalf("%q has number %d, want %d", word, got, want)
		}
		if !d.same(word) || d.same(word+"x") || word != "" && d.same(word[1:]) {
			t.Fatalf("%q is not the last word, or another one is", word)
		}
	}
	var got []string
	d.each(func(word []byte) { got = append(got, string(word)) })
	if !slices.Equal(got, words) || d.count != len(words) {
		t.Errorf("it has %d words, %d counted, want %d", len(got), d.count, len(words))
	}
}

// TestNumbersOfManyWords writes dictionaries whose numbers take no bits, some, a byte, and more than two.
func TestNumbersOfManyWords(t *testing.T) {
	for _, distinct := range []int{1, 2, 3, 200, 256, 257, 70_000} {
		rows := make([]Row, max(300, distinct+10))
		for i := range rows {
			rows[i] = Row{SequenceNumber: "1", ArrivalTime: arrival, SessionID: new(fmt.Sprint("s-", i*7%distinct))}
		}
		rows[3].SessionID = nil
		file := writeFile(t, Options{GroupRows: 1 << 20}, rows, nil)
		facts := readFacts(t, file)
		if len(facts) != len(rows) {
			t.Fatalf("%d facts of %d", len(facts), len(rows))
		}
		for i, r := range rows {
			if want := factOf(r).SessionID; facts[i].SessionID != want {
				t.Fatalf("%d words: session %d is %q, want %q", distinct, i, facts[i].SessionID, want)
			}
		}
	}
}
