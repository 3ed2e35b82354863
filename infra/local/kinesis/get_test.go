package kinesis

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// TestWholeLooksAgain: a view whose segments vanish is taken again, a bounded number of times; other errors end it.
func TestWholeLooksAgain(t *testing.T) {
	gone, other := fmt.Errorf("open segment: %w", os.ErrNotExist), errors.New("other")
	cases := []struct {
		take, read []error
		want       error
		reads      int
	}{
		{nil, []error{nil}, nil, 1},
		{nil, []error{gone, gone, nil}, nil, 3},
		{nil, []error{gone, other}, other, 2},
		{[]error{nil, other}, []error{gone}, other, 1},
		{nil, []error{gone, gone, gone, gone, gone, gone, gone, gone, gone, gone, nil}, os.ErrNotExist, maxViews},
	}
	for i, c := range cases {
		takes, reads := 0, 0
		err := whole(func() error {
			takes++
			if takes > len(c.take) {
				return nil
			}
			return c.take[takes-1]
		}, func() error {
			reads++
			return c.read[reads-1]
		})
		if !errors.Is(err, c.want) || reads != c.reads {
			t.Errorf("case %d: %v after %d reads, want %v after %d", i, err, reads, c.want, c.reads)
		}
	}
}
