package table

// joined collects texts that become strings together: one allocation holds them all, and lives as long as any of them.
type joined struct {
	bytes []byte
	ends  []int
}

func (j *joined) add(text []byte) {
	j.bytes = append(j.bytes, text...)
	j.ends = append(j.ends, len(j.bytes))
}

// split appends what was collected, and begins anew.
func (j *joined) split(dst []string) []string {
	all, from := string(j.bytes), 0
	for _, end := range j.ends {
		dst, from = append(dst, all[from:end]), end
	}
	j.bytes, j.ends = j.bytes[:0], j.ends[:0]
	return dst
}
