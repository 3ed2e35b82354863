package evaluate

import "cmp"

// ids numbers names in the order of their first mention.
type ids struct {
	numbers map[string]int32
	names   []string
}

// of returns the number of a name, new if need be.
func (d *ids) of(name string) int32 {
	i, ok := d.numbers[name]
	if !ok {
		if d.numbers == nil {
			d.numbers = map[string]int32{}
		}
		i = int32(len(d.names))
		d.numbers[name] = i
		d.names = append(d.names, name)
	}
	return i
}

// known returns the number of a name, or -1.
func (d *ids) known(name string) int32 {
	if i, ok := d.numbers[name]; ok {
		return i
	}
	return -1
}

// all returns the numbers of the names that are known.
func (d *ids) all(names []string) []int32 {
	var numbers []int32
	for _, name := range names {
		if i := d.known(name); i >= 0 {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// appendNames appends the first k names but one.
func (d *ids) appendNames(dst []string, numbers []int32, without string, k int) []string {
	for _, i := range numbers {
		if k == 0 {
			break
		}
		if d.names[i] != without {
			dst = append(dst, d.names[i])
			k--
		}
	}
	return dst
}

// grown returns s long enough to have the element i.
func grown[T any](s []T, i int32) []T {
	for int(i) >= len(s) {
		var zero T
		s = append(s, zero)
	}
	return s
}

// best appends the k items with the greatest votes to dst, best first, equal ones by name.
func (d *ids) best(dst []int32, votes *weights, k int) []int32 {
	before := func(a, b int32) bool {
		return cmp.Or(cmp.Compare(votes.of[b], votes.of[a]), cmp.Compare(d.names[a], d.names[b])) < 0
	}
	for _, i := range votes.touched {
		dst = insertBest(dst, i, k, before)
	}
	return dst
}
