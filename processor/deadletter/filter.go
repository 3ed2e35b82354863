package deadletter

import (
	"slices"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// Filter says which letters are wanted. Its zero value wants all that are failures.
type Filter struct {
	Since, Until time.Time // of arrival; zero is open, Until is not included
	Shard        string
	Classes      []string // of the error; none is all
	Erased       bool     // also records of erased customers, which could have been decoded; naming their class in Classes does the same
}

// wants reports whether a letter passes.
func (f *Filter) wants(l *Letter) bool {
	switch {
	case !f.Since.IsZero() && l.Arrival.Before(f.Since), !f.Until.IsZero() && !l.Arrival.Before(f.Until):
		return false
	case len(f.Classes) > 0 && !slices.Contains(f.Classes, l.Class()):
		return false
	case l.Class() == string(event.Erased) && !f.Erased && len(f.Classes) == 0:
		return false
	}
	return f.Shard == "" || l.Shard == f.Shard
}

// wantsObject reports whether an object may hold letters that pass.
func (f *Filter) wantsObject(hour chain.Hour, shard string) bool {
	from, to := f.hours()
	return (f.Shard == "" || shard == f.Shard) && hour >= from && hour <= to
}

// hours are the first and the last hour of objects that may hold letters that pass.
func (f *Filter) hours() (from, to chain.Hour) {
	from, to = minHour, maxHour
	if !f.Since.IsZero() {
		from = chain.HourOf(f.Since)
	}
	if !f.Until.IsZero() {
		to = chain.HourOf(f.Until) + 1 // a record that arrived a little earlier may lie in the next hour
	}
	return from, to
}

const (
	minHour = chain.Hour(-1 << 40)
	maxHour = chain.Hour(1 << 40)
)

// maxPrefixes is up to how many hours are listed one by one; more are listed in one go, and what is not wanted passed over.
const maxPrefixes = 48

// prefixes are what has to be listed.
func (f *Filter) prefixes(l chain.Layout) (out []string) {
	from, to := f.hours()
	if to-from >= maxPrefixes {
		for _, g := range l.Generations() {
			out = append(out, l.In(g).DataPrefix())
		}
		return out
	}
	for hour := from; hour <= to; hour++ {
		if f.Shard != "" {
			out = append(out, l.ShardPrefix(hour, f.Shard))
		} else {
			out = append(out, l.HourPrefix(hour))
		}
	}
	return out
}
