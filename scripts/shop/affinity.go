package shop

import "math/rand/v2"

// item is the position of a product in the catalogue.
type item int16

// affinity tells which products go together. Products of a line replace each other; beyond its line, a product goes with
// the same two products of each line that its own points to. Which ones is drawn once, by the seed.
type affinity struct {
	complements [][]item // by item, strongest first
}

func newAffinity(rnd *rand.Rand, products []Product) affinity {
	first, toward := make(map[string]item), make(map[string][]string) // by line
	for i := len(products) - 1; i >= 0; i-- {
		first[products[i].Line] = item(i)
	}
	for _, d := range departments() {
		for _, l := range d.lines {
			toward[l.name] = l.toward
		}
	}
	a := affinity{complements: make([][]item, len(products))}
	for i, p := range products {
		for _, l := range toward[p.Line] {
			v := item(rnd.IntN(variants))
			a.complements[i] = append(a.complements[i], first[l]+v, first[l]+(v+1)%variants)
		}
	}
	return a
}

// lineStart is the first product of the line of i; the products of a line lie side by side.
func lineStart(i item) item { return i - i%variants }

// categoryOf is the category of i; the lines of a category lie side by side.
func categoryOf(i item) int { return int(i) / perCategory }
