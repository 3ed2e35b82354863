package s3

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// entries is a listing that is computed the dumbest way: sort everything, roll up, cut off.
func entries(keys []string, s selection) []string {
	slices.Sort(keys)
	var all []string
	for _, key := range keys {
		if !strings.HasPrefix(key, s.prefix) || key <= s.after {
			continue
		}
		entry := key
		if s.delimiter != "" {
			if head, _, found := strings.Cut(key[len(s.prefix):], s.delimiter); found {
				entry = s.prefix + head + s.delimiter
			}
		}
		if entry != s.after && !slices.Contains(all, entry) {
			all = append(all, entry)
		}
	}
	return all
}

func fill(t *testing.T, keys []string) *bucket {
	t.Helper()
	b := newBucket("b", testTime, memory{})
	for _, key := range keys {
		if err := b.put(&object{Key: key}, memoryContent(nil), writeCondition{}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// pages reads a listing to its end.
func pages(b *bucket, s selection) []string {
	var got []string
	for {
		p := b.list(s)
		var entries []string
		for _, o := range p.objects {
			entries = append(entries, o.Key)
		}
		entries = append(entries, p.prefixes...)
		slices.Sort(entries)
		got = append(got, entries...)
		if p.next == "" {
			return got
		}
		s.after = p.next
	}
}

func TestListEqualsTheDumbListing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "b", "/", "//", "=", "é", "日", "~", " "}
	text := func(longest int) string {
		var b strings.Builder
		for range rng.IntN(longest + 1) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	for round := range 3000 {
		var keys []string
		for range rng.IntN(20) {
			if key := text(6); key != "" && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		b := fill(t, keys)
		s := selection{prefix: text(2), after: text(3), limit: 1 + rng.IntN(5)}
		if rng.IntN(2) == 0 {
			s.delimiter = alphabet[rng.IntN(len(alphabet))]
		}
		want := entries(slices.Clone(keys), s)
		if got := pages(b, s); !slices.Equal(got, want) {
			t.Fatalf("round %d: %q %+v\ngot  %q\nwant %q", round, keys, s, got, want)
		}
		for _, key := range keys {
			if err := b.remove(key, writeCondition{}); err != nil {
				t.Fatal(err)
			}
		}
		if len(b.keys) != 0 || len(b.objects) != 0 {
			t.Fatalf("round %d: %q left after all were removed", round, b.keys)
		}
	}
}

func TestListOfNothing(t *testing.T) {
	p := fill(t, []string{"a", "b"}).list(selection{limit: 0})
	if len(p.objects) != 0 || p.next != "" {
		t.Errorf("got %+v", p)
	}
}

// BenchmarkListOfFewGroupsOfManyKeys shows that a delimited listing costs what it returns, not what it rolls up.
func BenchmarkListOfFewGroupsOfManyKeys(b *testing.B) {
	bucket := newBucket("b", testTime, memory{})
	for group := range 10 {
		for i := range 10_000 {
			bucket.insert(&object{Key: fmt.Sprintf("gen=%d/%06d", group, i)})
		}
	}
	for b.Loop() {
		if p := bucket.list(selection{delimiter: "/", limit: 1000}); len(p.prefixes) != 10 {
			b.Fatal(p.prefixes)
		}
	}
}
