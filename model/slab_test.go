package model

import (
	"math/rand/v2"
	"testing"
)

func TestSlabClasses(t *testing.T) {
	for n := 1; n <= 1024; n++ {
		class := slabClass(n)
		if class >= slabClasses || slabCapacity(class) < n {
			t.Fatalf("%d entries get class %d of %d", n, class, slabCapacity(class))
		}
		if class > 0 && slabCapacity(class-1) >= n {
			t.Fatalf("%d entries get class %d, class %d would do", n, class, class-1)
		}
		if n > 4 && slabCapacity(class)*4 > n*5 {
			t.Fatalf("%d entries get %d, more than a quarter too many", n, slabCapacity(class))
		}
	}
}

// TestSlabBlocksDoNotOverlap grows and shrinks blocks at random, each filled with its own pattern.
func TestSlabBlocksDoNotOverlap(t *testing.T) {
	for seed, timed := range []bool{false, true} {
		s := slab{timed: timed}
		rng := rand.New(rand.NewPCG(3, uint64(seed)))
		type block struct {
			ref blockRef
			n   int
		}
		blocks := make([]block, 500)
		for step := range 100_000 {
			k := rng.IntN(len(blocks))
			b := &blocks[k]
			checkBlock(t, &s, b.ref, b.n, k)
			switch n := 1 + rng.IntN(1+rng.IntN(300)); {
			case b.n == 0:
				*b = block{s.alloc(n), n}
			case step%3 == 0:
				s.free(b.ref, b.n)
				*b = block{}
			default:
				kept := min(b.n, n)
				b.ref, b.n = s.resize(b.ref, b.n, n), n
				checkBlock(t, &s, b.ref, kept, k)
			}
			if b.n > 0 {
				fillBlock(&s, b.ref, b.n, k)
			}
		}
	}
}

func fillBlock(s *slab, ref blockRef, n, k int) {
	for i := range n {
		s.words(ref, n)[i] = uint32(k<<16 | i)
		if s.timed {
			s.touches(ref, n)[i] = Touch(k<<16 | i)
		}
	}
}

func checkBlock(t *testing.T, s *slab, ref blockRef, n, k int) {
	t.Helper()
	if n == 0 {
		return
	}
	for i, w := range s.words(ref, n) {
		if w != uint32(k<<16|i) {
			t.Fatalf("word %d of block %d is %x, want %x", i, k, w, k<<16|i)
		}
		if s.timed && s.touches(ref, n)[i] != Touch(w) {
			t.Fatalf("time %d of block %d is %x, want %x", i, k, s.touches(ref, n)[i], w)
		}
	}
}

// TestSlabPagesChangeClass grows many blocks in step: the pages of the small classes must serve the large ones.
func TestSlabPagesChangeClass(t *testing.T) {
	var s slab
	const blocks, size = 2000, 256
	refs := make([]blockRef, blocks)
	for k := range refs {
		refs[k] = s.alloc(1)
	}
	for n := 2; n <= size; n++ {
		for k := range refs {
			refs[k] = s.resize(refs[k], n-1, n)
		}
	}
	have := 0
	for page, first := range s.pages {
		if first != nil {
			have += slabLength(int(s.meta.at(int32(page)).class))
		}
	}
	if live := blocks * size; have > live*5/4 {
		t.Errorf("%d words in use take %d", live, have)
	}
}
