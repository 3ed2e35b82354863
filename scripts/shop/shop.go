package shop

import (
	"math/rand/v2"
	"slices"
)

// Shop is the catalogue and what its products have to do with each other. It does not change, and may be shared.
type Shop struct {
	seed     uint64
	products []Product
	byCode   map[string]int
	affinity affinity
	texts    []productText
}

// New opens a shop. The catalogue is always the same; the seed decides which products go together, which are popular,
// and everything that shoppers do.
func New(seed uint64) *Shop {
	s := &Shop{seed: seed, products: Catalogue(), byCode: make(map[string]int)}
	for i, p := range s.products {
		s.byCode[p.Code] = i
		s.texts = append(s.texts, newProductText(p))
	}
	s.affinity = newAffinity(s.random(streamAffinity), s.products)
	return s
}

// Streams of random numbers. Each purpose has its own, so that a change in one does not move the others.
const (
	streamAffinity = iota
	streamDemand
	streamShoppers
	streamEvents
)

func (s *Shop) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(s.seed, stream)) }

// Catalogue returns all products, in the order of their codes. The slice belongs to the caller.
func (s *Shop) Catalogue() []Product { return slices.Clone(s.products) }

// Product returns the product of this code.
func (s *Shop) Product(code string) (p Product, ok bool) {
	i, ok := s.byCode[code]
	if !ok {
		return Product{}, false
	}
	return s.products[i], true
}
