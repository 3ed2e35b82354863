package shardlog

import (
	"testing"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/worker/lease"
)

func TestPositionOfReading(t *testing.T) {
	row := lease.After("7", 3)
	for at, want := range map[processor.Resume]lease.Position{
		{Last: "9"}:       lease.After("9", 0),
		{First: "8"}:      {Type: lease.AtSequenceNumber, Value: "8"},
		{Exhausted: true}: {Type: lease.Latest}, // not after the row's record, which is past retention, nor at what has been given up
		{}:                row,
	} {
		if got := position(at, row); got != want {
			t.Errorf("%+v: %s, want %s", at, got, want)
		}
	}
}

// TestHoursThatEndAreAlwaysReadBack: whoever goes on after the owner that has read everything back must learn from there how the shard ends.
func TestHoursThatEndAreAlwaysReadBack(t *testing.T) {
	row := lease.Lease{Plan: 1, Map: "1<2026-11-23T14;2", Source: "1"}
	if got := pastOf(&row, 0); got != "1" {
		t.Errorf("before the tip is reached %q is read back", got)
	}
	row.TipPlan = 1
	if got := pastOf(&row, 0); got != "" {
		t.Errorf("after the tip is reached %q is read back", got)
	}
	if got := pastOf(&row, 7); got != "1" {
		t.Errorf("of hours that end %q is read back after all has been", got)
	}
}
