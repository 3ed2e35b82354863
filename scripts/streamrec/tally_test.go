package main

import (
	"fmt"
	"testing"

	"github.com/streamrec/streamrec/processor/table"
)

func tallyRow(session, product string, list ...string) *table.Row {
	row := &table.Row{SessionID: &session, BrowseHistory: []table.Entry{{ProductCode: &product}}}
	for _, code := range list {
		row.Recommendations = append(row.Recommendations, table.Recommendation{ProductCode: code})
	}
	return row
}

func TestTallyCountsHits(t *testing.T) {
	tally := newTally()
	for _, row := range []*table.Row{
		tallyRow("a", "1", "2", "3"), // nothing was made before
		tallyRow("b", "9", "1"),
		tallyRow("a", "3", "5"), // hit
		tallyRow("a", "3", "4"), // the same product again does not count
		tallyRow("a", "5", "6"), // the list for the repeated one is what counts: no hit
		tallyRow("b", "1", "2"), // hit
	} {
		tally.Processed("shard", row)
	}
	bad, text := tallyRow("a", "6"), "poison"
	bad.Error = &text
	tally.Processed("shard", bad)
	c := tally.counters()
	if c.Predictions != 3 || c.Hits != 2 || c.Rows != 7 || c.DeadLetters != 1 {
		t.Errorf("counters %+v", c)
	}
}

func TestTallyForgetsOldSessions(t *testing.T) {
	tally := newTally()
	tally.Processed("shard", tallyRow("first", "1", "2"))
	for i := range 3 * sessionsTallied {
		tally.Processed("shard", tallyRow(fmt.Sprint("s", i), "1", "2"))
	}
	tally.Processed("shard", tallyRow("first", "2", "3"))
	if kept := len(tally.young) + len(tally.old); kept > 2*sessionsTallied || tally.counters().Predictions != 0 {
		t.Errorf("%d sessions are kept, %+v", kept, tally.counters())
	}
}

func BenchmarkTally(b *testing.B) {
	tally := newTally()
	var rows []*table.Row
	for i := range 1000 {
		list := make([]string, 20)
		for j := range list {
			list[j] = fmt.Sprintf("S12_%04d", i+j)
		}
		rows = append(rows, tallyRow(fmt.Sprintf("session-%d", i), fmt.Sprintf("S12_%04d", i), list...))
	}
	i := 0
	for b.Loop() {
		tally.Processed("shard", rows[i%1000])
		i++
	}
}
