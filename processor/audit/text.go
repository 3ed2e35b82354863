package audit

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/streamrec/streamrec/processor/chain"
)

// WriteText writes the report for people, the verdict first.
func (r *Report) WriteText(w io.Writer) error {
	t := &text{}
	t.verdict(r)
	t.totals(r)
	t.anomalies(r)
	t.gaps(r)
	t.shards(r)
	if t.err == nil {
		_, t.err = io.WriteString(w, t.String())
	}
	if t.err != nil {
		return fmt.Errorf("write report: %w", t.err)
	}
	return nil
}

// text is a report under construction.
type text struct {
	strings.Builder
	err error
}

func (t *text) line(format string, args ...any) { fmt.Fprintf(&t.Builder, format+"\n", args...) }

func (t *text) verdict(r *Report) {
	if r.Clean() {
		t.line("CLEAN: every record up to the end of each chain is in exactly one link%s%s.", gapClause(r), pendingClause(r))
		return
	}
	n := r.Found()
	t.line("NOT CLEAN: %s. Records may be lost or repeated; what is wrong is listed below.", plural(n, "anomaly", "anomalies"))
	for _, k := range slices.SortedFunc(maps.Keys(r.Kinds), func(a, b Kind) int { return cmp.Or(cmp.Compare(r.Kinds[b], r.Kinds[a]), cmp.Compare(a, b)) }) {
		t.line("  %8s  %s", Grouped(r.Kinds[k]), k)
	}
}

// gapClause qualifies the verdict of a log with accepted gaps.
func gapClause(r *Report) string {
	if len(r.Gaps) == 0 {
		return ""
	}
	return fmt.Sprintf(", but for %s", plural(int64(len(r.Gaps)), "accepted gap", "accepted gaps"))
}

// pendingClause qualifies the verdict of a log that is being written.
func pendingClause(r *Report) string {
	if r.Totals.Stream == nil || r.Totals.Stream.Pending == 0 {
		return ""
	}
	return fmt.Sprintf("; %s after it are not committed yet", plural(r.Totals.Stream.Pending, "record", "records"))
}

func (t *text) totals(r *Report) {
	tab := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(tab, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	t.line("")
	line("log", "prefix %s, generation %s, %s", strconv.Quote(r.Prefix), r.Map, hours(r.Totals.From, r.Totals.To))
	line("compared with", "%s", r.Checked)
	line("shards", "%s, %s of them ended", Grouped(r.Totals.Shards), Grouped(r.Totals.Ended))
	line("links", "%s, %s; %s", Grouped(r.Totals.Links), bytesText(r.Totals.Bytes), plural(r.Totals.Strays, "stray object", "stray objects"))
	if r.Totals.Superseded > 0 {
		line("superseded", "%s links, which a later generation has replaced", Grouped(r.Totals.Superseded))
	}
	line("records", "%s", Grouped(r.Totals.Records))
	line("rows", "%s%s", Grouped(r.Totals.Rows), rowsText(r.Totals.Read))
	if s := r.Totals.Stream; s != nil {
		line("stream", "%s records, %s links verified byte by byte, %s lost, %s from before the log",
			Grouped(s.Records), Grouped(s.Verified), Grouped(s.Lost), Grouped(s.BeforeLog))
		line("not committed yet", "%s", pendingText(s))
	}
	if a := r.Acks; a != nil {
		line("acknowledged", "%s records (%s repeated lines), %s committed once, %s not yet, %s given up, %s missing, %s more than once",
			Grouped(a.Total-a.Repeated), Grouped(a.Repeated), Grouped(a.Committed), Grouped(a.Pending), Grouped(a.GivenUp), Grouped(a.Missing), Grouped(a.Twice))
		for _, m := range a.FirstMissing {
			line("  missing", "%s %s", clean(m.Shard), m.Sequence)
		}
	}
	t.flush(tab)
}

func (t *text) anomalies(r *Report) {
	if len(r.Anomalies) == 0 {
		return
	}
	t.line("\nAnomalies")
	for _, a := range r.Anomalies {
		t.line("  %s%s  %s\n    %s", a.Kind, stray(a), clean(a.Key), clean(a.Meaning))
	}
	if n := r.Found() - int64(len(r.Anomalies)); n > 0 {
		t.line("  and %s more, not listed", Grouped(n))
	}
}

// gaps lists what was lost and given up.
func (t *text) gaps(r *Report) {
	if len(r.Gaps) == 0 {
		return
	}
	t.line("\nAccepted gaps: records that were given up before they were committed")
	for _, g := range r.Gaps {
		t.line("  %s  after %s, up to %s\n    %s", clean(g.Shard), cmp.Or(g.After, "the beginning"), g.Next, clean(g.Key))
		if g.InStream > 0 {
			t.line("    the stream still has %s of it: streamrec reset to a time before them reads them into the log", plural(g.InStream, "record", "records"))
		}
	}
}

func stray(a Anomaly) string {
	if a.Stray {
		return " (stray)"
	}
	return ""
}

func (t *text) shards(r *Report) {
	if len(r.Shards) == 0 {
		return
	}
	t.line("\nShards")
	tab := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tab, "  shard\tstate\tlinks\trecords\trows\terrors\thours\tnot committed yet\tanomalies\n")
	for i := range r.Shards {
		s := &r.Shards[i]
		errors := "-"
		if s.Read != nil {
			errors = Grouped(s.Read.ErrorRows)
		}
		fmt.Fprintf(tab, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", clean(s.Shard), s.State, Grouped(s.Links), Grouped(s.Records),
			Grouped(s.Rows), errors, hours(s.From, s.To), pendingText(s.Stream), Grouped(s.Anomalies))
	}
	t.flush(tab)
}

func (t *text) flush(tab *tabwriter.Writer) {
	if err := tab.Flush(); err != nil {
		t.err = err
	}
}

// String names what the log was compared with, and what not.
func (c Checked) String() string {
	var with, without []string
	for _, part := range []struct {
		name string
		yes  bool
	}{{"its rows", c.Rows}, {"the checkpoints", c.Checkpoints}, {"the stream", c.Stream}, {"the acknowledgements", c.Acks}} {
		if part.yes {
			with = append(with, part.name)
		} else {
			without = append(without, part.name)
		}
	}
	out := strings.Join(append([]string{"itself"}, with...), ", ")
	if len(without) > 0 {
		out += "; not with " + strings.Join(without, ", ")
	}
	return out
}

func rowsText(r *RowTotals) string {
	if r == nil {
		return ""
	}
	out := fmt.Sprintf(", %s duplicates, %s with an error", Grouped(r.Duplicates), Grouped(r.ErrorRows))
	for i, class := range slices.Sorted(maps.Keys(r.Errors)) {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		out += separator + class + " " + Grouped(r.Errors[class])
	}
	return out
}

func pendingText(s *Streamed) string {
	switch {
	case s == nil:
		return "-"
	case s.Pending == 0:
		return "0"
	}
	age := time.Duration(s.PendingSeconds * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s, the oldest for %s", Grouped(s.Pending), age)
}

func hours(from, to *chain.Hour) string {
	switch {
	case from == nil || to == nil:
		return "no hours"
	case *from == *to:
		return from.String()
	}
	return from.String() + " to " + to.String()
}

// clean makes text from the bucket fit for a terminal.
func clean(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.QuoteToASCII(s)
	}
	return s
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}

// grouped writes a number with commas.
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func bytesText(n int64) string {
	size := float64(n)
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if size < 1024 {
			return strconv.FormatFloat(size, 'f', min(1, len(unit)-1), 64) + " " + unit
		}
		size /= 1024
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + " TiB"
}
