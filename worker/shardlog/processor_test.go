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
