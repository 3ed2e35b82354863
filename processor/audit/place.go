package audit

import (
	"fmt"
	"strings"

	"github.com/streamrec/streamrec/processor/chain"
)

// counts are records and rows of a chain up to some link.
type counts struct{ records, rows int64 }

func (c counts) plus(l *link) counts { return counts{c.records + l.records, c.rows + l.rows} }

// place is where the walk along a chain stands: what the next link has to fit to.
type place struct {
	last number
	hour chain.Hour
	// claimed is what the last link says of the chain, derived what its predecessors add up to. They differ after a link with a
	// wrong count; accepting either keeps the blame at that link.
	claimed, derived counts
	hourKnown        bool // else hour is only a lower bound
	gap              *gap // that the next link comes after, nil when it comes after last
}

// after returns the place after a link.
func (p place) after(l *link, follows bool) place {
	next := place{last: l.last, hour: l.hour, claimed: counts{l.totalRecords, l.totalRows}, hourKnown: true}
	next.derived = p.derived.plus(l)
	if !follows {
		next.derived = next.claimed
	}
	return next
}

// fits reports whether a chain of that many records and rows can end here.
func (p place) fits(c counts) bool { return c == p.claimed || c == p.derived }

// problem is an anomaly of a link before it is tied to a key.
type problem struct {
	kind    Kind
	meaning string
}

// judge returns what is wrong with a link at this place. follows says whether its prev is the end of the chain.
func (p place) judge(l *link, follows bool) (found []problem) {
	add := func(kind Kind, format string, args ...any) {
		found = append(found, problem{kind, fmt.Sprintf(format, args...)})
	}
	if l.records < 1 || l.rows < l.records || (l.records == 1) != (l.first == l.last) {
		add(Counts, "It says that %d records in %d rows lie between its first and its last record, which cannot be.", l.records, l.rows)
	}
	total, want := counts{l.totalRecords, l.totalRows}, p.claimed.plus(l)
	if follows && total != want && total != p.derived.plus(l) {
		add(Counts, "It says that the chain has %d records and %d rows up to its end, its predecessor and its own counts add up to %d and %d.",
			total.records, total.rows, want.records, want.rows)
	}
	if !follows && (total.records < want.records || total.rows < want.rows) {
		add(Counts, "It says that the chain has %d records and %d rows up to its end, fewer than its own and those before it: %d and %d.",
			total.records, total.rows, want.records, want.rows)
	}
	if meaning := p.judgeHour(l, follows); meaning != "" {
		add(Hour, "%s", meaning)
	}
	return found
}

// judgeHour applies the hour rule. Since a batch is closed before a record of a later hour, the latest arrival gives the hour
// just as the first one does.
func (p place) judgeHour(l *link, follows bool) string {
	arrived := chain.HourOf(milliseconds(l.lastArrival))
	switch want := max(p.hour, arrived); {
	case l.hour < p.hour:
		return fmt.Sprintf("It lies in the hour %s, before that of its predecessor, %s, so that a takeover does not find it.", l.hour, p.hour)
	case l.hour < arrived:
		return fmt.Sprintf("It lies in the hour %s and has a record that arrived in %s.", l.hour, arrived)
	case follows && p.hourKnown && l.hour != want:
		return fmt.Sprintf("It lies in the hour %s, the hour rule puts it into %s, where a second writer would have put it again.", l.hour, want)
	}
	return ""
}

// judgeEnd returns how an end mark differs from the chain that ends here.
func (p place) judgeEnd(end *chain.EndMark, last number, hash string) string {
	var wrong []string
	if last != p.last {
		wrong = append(wrong, fmt.Sprintf("the chain ends at %s and the mark says %s", orStart(p.last), orStart(last)))
	}
	if c := (counts{end.Records, end.Rows}); !p.fits(c) {
		wrong = append(wrong, fmt.Sprintf("the chain has %d records in %d rows and the mark says %d in %d", p.claimed.records, p.claimed.rows, c.records, c.rows))
	}
	if end.Hour != p.hour {
		wrong = append(wrong, fmt.Sprintf("the chain ends in the hour %s and the mark says %s", p.hour, end.Hour))
	}
	if end.Hash != hash {
		wrong = append(wrong, "the hashes differ")
	}
	return strings.Join(wrong, ", ")
}

// orStart names a place for people.
func orStart(n number) string {
	if n.isZero() {
		return "its start"
	}
	return n.String()
}
