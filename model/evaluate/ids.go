package evaluate

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
