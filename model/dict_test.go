package model

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestDictEqualsMap adds and removes texts, some of them several times, against a map.
func TestDictEqualsMap(t *testing.T) {
	var d dict[int32]
	d.init()
	rng := rand.New(rand.NewPCG(1, 2))
	numbers, texts := map[string]map[int32]bool{}, map[int32]string{}
	for step := range 150_000 {
		text := fmt.Sprintf("%d%s", rng.IntN(3000), strings.Repeat("x", rng.IntN(3)*rng.IntN(60)))
		if rng.IntN(step/20_000+2) == 0 || len(numbers[text]) > 3 {
			for id := range numbers[text] {
				d.remove(id)
				delete(numbers[text], id)
				delete(texts, id)
			}
			continue
		}
		id := d.add(text, 0)
		if texts[id] != "" {
			t.Fatalf("number %d of %q is given to %q", id, texts[id], text)
		}
		if numbers[text] == nil {
			numbers[text] = map[int32]bool{}
		}
		numbers[text][id], texts[id] = true, text
		if step%50_000 == 0 {
			checkDict(t, &d, numbers, texts)
		}
	}
	checkDict(t, &d, numbers, texts)
}

func checkDict(t *testing.T, d *dict[int32], numbers map[string]map[int32]bool, texts map[int32]string) {
	t.Helper()
	if d.len() != len(texts) {
		t.Fatalf("%d numbers are in use, want %d", d.len(), len(texts))
	}
	for id, text := range texts {
		if d.text(id) != text {
			t.Fatalf("text of %d is %q, want %q", id, d.text(id), text)
		}
	}
	for text, want := range numbers {
		found := 0
		p := d.probe(text)
		for id := d.find(&p); id >= 0; id = d.find(&p) {
			if found++; !want[id] {
				t.Fatalf("%q finds %d, which is %q", text, id, texts[id])
			}
		}
		if found != len(want) {
			t.Fatalf("%q finds %d numbers, want %d", text, found, len(want))
		}
	}
}

// TestTextsOutliveTheirNumbers holds strings of forgotten texts while their memory would be reused.
func TestTextsOutliveTheirNumbers(t *testing.T) {
	var d dict[int32]
	d.init()
	held := map[string]string{}
	for i := range 20_000 {
		want := fmt.Sprintf("item number %d", i)
		id := d.add(want, 0)
		held[want] = d.text(id)
		if i%10 > 0 {
			d.remove(id)
		}
	}
	for want, got := range held {
		if got != want {
			t.Fatalf("text became %q, want %q", got, want)
		}
	}
}

// TestDictMemoryIsReused keeps the number of texts constant while millions of bytes of texts come and go.
func TestDictMemoryIsReused(t *testing.T) {
	var d dict[int32]
	d.init()
	const live = 1000
	var ids []int32
	for i := range 200_000 {
		ids = append(ids, d.add(fmt.Sprintf("text %030d", i), 0))
		if len(ids) > live {
			at := i * 7919 % live // not in order of age: no chunk dies by itself
			d.remove(ids[at])
			ids[at] = ids[live]
			ids = ids[:live]
		}
	}
	chunks := 0
	for _, c := range d.texts.chunks {
		if c != nil {
			chunks++
		}
	}
	if most := 2 + 3*live*textSize(35)/arenaChunk; chunks > most {
		t.Errorf("%d texts take %d chunks, want at most %d", live, chunks, most)
	}
	if int(d.next) > live+1 {
		t.Errorf("%d numbers were given out for %d texts", d.next, live+1)
	}
}
