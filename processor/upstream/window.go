package upstream

import (
	"strings"
	"time"
)

// Window is how much of the past a Report tells of.
const Window = 10 * time.Minute

// minutes are the counts of the last ten minutes of arrival.
type minutes [int(Window / time.Minute)]minute

type minute struct {
	number   int64 // since 1970
	rows     int64
	unknown  int64 // rows with fields without a column
	failures tally
	formats  tally
}

// tally counts by a few names, of which the same comes again and again: a search is quicker than a map.
type tally []entry

type entry struct {
	name string
	n    int64
}

func (t *tally) count(name string) {
	for i := range *t {
		if e := &(*t)[i]; e.name == name {
			e.n++
			return
		}
	}
	*t = append(*t, entry{strings.Clone(name), 1})
}

func (t tally) addTo(sum map[string]int64) {
	for _, e := range t {
		sum[e.name] += e.n
	}
}

// at is the minute of an arrival, nil when it is older than the window.
func (m *minutes) at(arrival time.Time) *minute {
	number := arrival.Unix() / 60
	slot := &m[int(uint64(number)%uint64(len(m)))]
	switch {
	case slot.number > number:
		return nil
	case slot.number < number:
		*slot = minute{number: number}
	}
	return slot
}

// sum adds up what is not older than the window at the newest arrival.
func (m *minutes) sum(newest time.Time) (total Report) {
	total = Report{Newest: newest, Failures: map[string]int64{}, Formats: map[string]int64{}}
	oldest := newest.Unix()/60 - int64(len(m))
	for i := range m {
		slot := &m[i]
		if slot.rows == 0 || slot.number <= oldest {
			continue
		}
		total.Rows += slot.rows
		total.Unknown += slot.unknown
		slot.failures.addTo(total.Failures)
		slot.formats.addTo(total.Formats)
	}
	return total
}
