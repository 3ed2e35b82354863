package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// section is a group of lines that are measured together.
type section struct {
	name  string // on the command line
	title string
	lines []line
	sides []side
	alone bool // measured while nothing else is: it is about what the machine can do
	// measure fills the lines for the side of the cell.
	measure func(context.Context, *cell) (figures, error)
}

// sections is all there is, in the order in which it is run and printed.
func sections() []section {
	return []section{failover(), handoff(), coldStart(), coordination(), crowd(), resharding(), latency(), query(), catchUp(), live(), throughput(), steady(), scale()}
}

// sectionNames are for messages.
func sectionNames() string {
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// line is one line of the table.
type line struct {
	id     string
	text   string
	unit   string
	target *target
}

// Units.
const (
	seconds   = "s"
	millis    = "ms"
	perSecond = "/s"
	pieces    = ""
	micros    = "µs"
	percent   = "%"
	octets    = "B"
	mebibytes = "MiB"
)

// target is what streamrec wants to reach in a line.
type target struct {
	most  float64 // in the unit of the line
	below bool    // and most itself is too much
	least float64 // instead of most
}

func atMost(v float64) *target   { return &target{most: v} }
func lessThan(v float64) *target { return &target{most: v, below: true} }
func atLeast(v float64) *target  { return &target{least: v} }

func (t *target) met(v float64) bool {
	if t.least > 0 {
		return v >= t.least
	}
	return v < t.most || !t.below && v == t.most
}

// figure is one measured number.
type figure struct {
	Value   float64 `json:"value"`
	Samples int     `json:"samples,omitempty"`
	Derived bool    `json:"derived,omitempty"` // computed, not measured
}

// figures are what a cell has measured, by line, and remarks that the reader has to know.
type figures struct {
	values map[string]figure
	notes  []string
}

func newFigures() figures { return figures{values: map[string]figure{}} }

func (f *figures) set(id string, value float64) { f.values[id] = figure{Value: value} }

// note adds a remark.
func (f *figures) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// derive marks figures that were computed from what was measured.
func (f *figures) derive(ids ...string) {
	for _, id := range ids {
		v := f.values[id]
		v.Derived, v.Samples = true, 0
		f.values[id] = v
	}
}

// setTimes sets the lines id p50, id p99 and id max, as far as the section has them.
func (f *figures) setTimes(id string, times []time.Duration) {
	for suffix, q := range map[string]float64{" p50": 0.5, " p99": 0.99, " max": 1} {
		f.values[id+suffix] = figure{Value: quantile(times, q).Seconds(), Samples: len(times)}
	}
}

func (f *figures) setTally(t tally) {
	f.values["twice"] = figure{Value: float64(t.twice), Samples: t.acked}
	f.values["lost"] = figure{Value: float64(t.lost), Samples: t.acked}
}

// tallyLines count what every section with traffic counts.
func tallyLines() []line {
	return []line{
		{id: "twice", text: "records processed twice"},
		{id: "lost", text: "records lost", target: atMost(0)},
	}
}

// cell is one side of a section.
type cell struct {
	side  side
	quick bool
	dir   string // for diaries and logs
	say   func(format string, args ...any)
	dice  *rand.Rand
}

// slow reports whether the side waits a minute for everything.
func (c *cell) slow() bool { return c.side == stockDefaults }

// limit bounds what has to happen sooner or later: twice what the slowest has needed.
func (c *cell) limit() time.Duration {
	if c.slow() {
		return 10 * time.Minute
	}
	return 90 * time.Second
}

// pick chooses a size: of the full run, of the quick one, or of the side that waits a minute for everything.
func (c *cell) pick(full, quick, slow int) int {
	switch {
	case c.slow():
		return slow
	case c.quick:
		return quick
	}
	return full
}

// noteSize tells the reader where a section is smaller than its title says.
func (c *cell) noteSize(f *figures, section string) {
	if c.slow() {
		f.note("%s, %s: once, with 4 shards and 2 workers", section, c.side.title())
	}
}

// moment is a random time up to limit, so that what is measured begins anywhere between two heartbeats or looks.
func (c *cell) moment(limit time.Duration) time.Duration {
	return time.Duration(c.dice.Float64() * float64(limit))
}

// has reports whether the section measures a side.
func (s section) has(side side) bool { return slices.Contains(s.sides, side) }
