package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/streamrec/streamrec/infra/dashboard"
	"github.com/streamrec/streamrec/processor/upstream"
	"github.com/streamrec/streamrec/worker/lease"
)

// upstreamStatus is what producers send, as the workers say that answered.
type upstreamStatus struct {
	Workers int `json:"workers"` // that answered
	upstream.Report
	SilentMillis *int64  `json:"silentMillis"`       // how long nothing has arrived in any shard, as far as they have been read; null: nothing has been seen yet
	Usual        float64 `json:"usualRowsPerSecond"` // 0: not known
	Missed       float64 `json:"missedRows"`         // what usually arrives in such a time
}

// peersOf returns how the workers that can be asked are.
func peersOf(workers []lease.Worker) (all []dashboard.Peer) {
	for _, w := range workers {
		if w.Address != "" {
			all = append(all, dashboard.Peer{Address: w.Address, Secret: w.Secret})
		}
	}
	return all
}

// upstreamOf puts together what workers say of the shards that they hold. It is nil when nobody says anything.
func upstreamOf(selves []dashboard.Self, rows []lease.Lease) *upstreamStatus {
	owners := map[string]string{}
	for i := range rows {
		owners[rows[i].Key] = rows[i].Owner
	}
	s := &upstreamStatus{}
	var reports []upstream.Report
	for _, self := range selves {
		if self.Upstream == nil {
			continue
		}
		s.Workers++
		reports = append(reports, *self.Upstream)
		for _, sh := range self.Shards {
			if owners[sh.Shard] != self.Worker || sh.SilentMs < 0 {
				continue
			}
			if s.SilentMillis == nil || sh.SilentMs < *s.SilentMillis {
				s.SilentMillis = &sh.SilentMs
			}
			s.Usual += max(sh.Usual, 0)
		}
	}
	if s.Workers == 0 {
		return nil
	}
	s.Report = upstream.Join(reports)
	s.Missed = s.Usual * s.silent().Seconds()
	return s
}

// When silence is a trouble: chance alone leaves out 50 rows in e^50 cases, and short gaps are nobody's business.
const (
	missedRows  = 50
	silenceFrom = 30 * time.Second
	// failureShare is the part of rows that cannot be decoded from which it is a trouble.
	failureShare = 0.01
)

// silent is how long nothing has arrived, as far as that is known.
func (u *upstreamStatus) silent() time.Duration {
	if u.SilentMillis == nil {
		return 0
	}
	return time.Duration(*u.SilentMillis) * time.Millisecond
}

// line sums up.
func (u *upstreamStatus) line() string {
	text := "UPSTREAM  no record yet since the workers started"
	switch {
	case u.SilentMillis != nil:
		text = fmt.Sprintf("UPSTREAM  last record %s ago", brief(u.SilentMillis))
	case !u.Newest.IsZero():
		text = "UPSTREAM  last record not known"
	}
	if u.Usual > 0 {
		text += fmt.Sprintf(" (usually %.3g rows/s)", u.Usual)
	}
	text += fmt.Sprintf("  last 10 min: %d rows processed", u.Rows)
	for _, part := range []string{counts(u.Formats), u.undecoded(), u.unknown()} {
		if part != "" {
			text += ", " + part
		}
	}
	return text
}

func (u *upstreamStatus) undecoded() string {
	if len(u.Failures) == 0 {
		return ""
	}
	return fmt.Sprintf("%s not decoded (%s)", share(u.failed(), u.Rows), counts(u.Failures))
}

func (u *upstreamStatus) unknown() string {
	if u.Unknown == 0 {
		return ""
	}
	return share(u.Unknown, u.Rows) + " with fields without a column"
}

func (u *upstreamStatus) failed() (n int64) {
	for class, rows := range u.Failures {
		if class != "erased" { // as it should be
			n += rows
		}
	}
	return n
}

func (u *upstreamStatus) troubles() (lines []string) {
	if u.silent() >= silenceFrom && u.Missed >= missedRows {
		lines = append(lines, fmt.Sprintf("nothing has arrived for %s, in which %.0f rows usually do: look at the producers", brief(u.SilentMillis), u.Missed))
	}
	if n := u.failed(); float64(n) > failureShare*float64(u.Rows) {
		lines = append(lines, fmt.Sprintf("%s of the rows of the last ten minutes cannot be decoded: streamrec deadletters list", share(n, u.Rows)))
	}
	var names []string
	for _, f := range u.Fields {
		if f.New {
			names = append(names, f.Name)
		}
	}
	if len(names) > 0 {
		lines = append(lines, "records have new fields, which have no column: "+strings.Join(names, ", "))
	}
	return lines
}

// counts writes the greatest first.
func counts(m map[string]int64) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	for i, key := range keys {
		keys[i] = fmt.Sprintf("%s %d", key, m[key])
	}
	return strings.Join(keys, ", ")
}

func share(n, of int64) string { return fmt.Sprintf("%.2g %%", 100*float64(n)/float64(max(of, 1))) }
