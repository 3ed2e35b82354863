package kinesis

import (
	"errors"
	"fmt"
	"os"
	"strings"
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

// TestReadOfAPartialView: a view may end before its log does. A closed shard is not over then.
func TestReadOfAPartialView(t *testing.T) {
	options, err := Options{segmentBytes: 1000}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	st := newStream(&options, account{}, streamState{Name: "s", RetentionHours: 24, Mode: modeProvisioned})
	next := st.state.clone()
	next.Topology = newTopology(1, st.tick(1_000))
	next.Topology.split(0, hashKey{hi: 1 << 63}, st.tick(2_000))
	if err := st.apply(next); err != nil {
		t.Fatal(err)
	}
	p := st.partitions[0]
	for range 50 {
		p.log.stage(record{counter: st.tick(1_500)().Counter, arrival: 1_500, key: []byte("k"), data: make([]byte, 100)})
		if _, err := p.log.commit(); err != nil {
			t.Fatal(err)
		}
	}
	for parts := range len(p.log.segments) + 1 {
		rd, c := &reading{now: 3_000, limit: maxReadRecords, position: token{stream: "s"}}, &call{now: 3_000}
		if err := rd.take(st); err != nil {
			t.Fatal(err)
		}
		whole := parts == len(rd.view.parts)
		if rd.view.parts = rd.view.parts[:max(parts, 1)]; rd.encode(c) != nil || rd.finish(st, c) != nil {
			t.Fatal("read failed")
		}
		if ended := strings.Contains(string(c.out), "ChildShards"); ended != whole || rd.more == whole || (rd.behind() == 0) != whole {
			t.Errorf("%d parts of %d: ended %v, more %v, behind %d", parts, len(p.log.segments), ended, rd.more, rd.behind())
		}
	}
}
