package main

import (
	"testing"
	"time"
)

// TestLooksAreReadHoweverTheyAreCut writes two looks and one that failed, byte by byte.
func TestLooksAreReadHoweverTheyAreCut(t *testing.T) {
	var seen []look
	w := &watcher{seen: func(l look) { seen = append(seen, l) }}
	text := `{"workers":[{"state":"working"}],"shards":[{"shard":"a","state":"owned","lagMillis":1500},{"shard":"b","state":"ended"}]}
{"error":"Kinesis does not answer"}
{"shards":[{"shard":"a","state":"stopped","stopped":"past\nretention"},{"shard":"c","state":"owned","lagMillis":null}],"replay":{"plan":3,"state":"fenced"}}
`
	for i := range len(text) {
		if _, err := w.Write([]byte(text[i : i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 {
		t.Fatalf("%d looks were seen, want 2", len(seen))
	}
	first, last := seen[0], w.look()
	if lag, known := first.lag(); lag != 1500*time.Millisecond || !known || first.open() != 1 || first.stopped() != "" || first.replaying() || first.done() {
		t.Errorf("the first look: %+v", first)
	}
	if _, known := last.lag(); known || last.stopped() != "a is stopped: past retention" || !last.replaying() || last.done() {
		t.Errorf("the last look: %+v", last)
	}
}

// TestDone says when a fleet has nothing left to do.
func TestDone(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{`{"shards":[{"state":"owned","lagMillis":0},{"state":"ended"}]}`, true},
		{`{"shards":[{"state":"owned","lagMillis":0}],"replay":{"state":"published"}}`, true},
		{`{"shards":[{"state":"owned","lagMillis":0}],"replay":{"state":"fenced"}}`, false},
		{`{"shards":[{"state":"owned","lagMillis":1}]}`, false},
		{`{"shards":[{"state":"unowned","lagMillis":null}]}`, false},
		{`{"shards":[]}`, false},
	} {
		w := &watcher{seen: func(look) {}}
		_, _ = w.Write([]byte(c.text + "\n"))
		if l := w.look(); l.done() != c.want {
			t.Errorf("%s: done is %t", c.text, l.done())
		}
	}
}
