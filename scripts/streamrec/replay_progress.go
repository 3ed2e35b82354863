package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/audit"
)

// shower shows how far the replay is: a bar on a terminal, and elsewhere a line now and then.
func (w *replayWorker) shower(began time.Time) func() {
	var told waiting
	bar := progressBar(w.tool.std.err, "shards done")
	return func() {
		d := &w.done
		switch line := fmt.Sprintf("%d of %d shards are done", d.Ended, d.Shards); {
		case d.Shards == 0:
		case bar != nil:
			bar(int64(d.Ended), int64(d.Shards))
		case told.tells(line, time.Now()):
			w.tool.std.say("%6.1fs  %s; this worker has processed %s records", time.Since(began).Seconds(), line, audit.Grouped(w.records.Load()))
		}
	}
}

// report says what has been done, and what can be done with it.
func (w *replayWorker) report(took time.Duration) error {
	n := w.records.Load()
	w.tool.std.say("replay %s is done; this worker has processed %s records in %s, %s a second",
		w.replay.Name, audit.Grouped(n), took.Round(time.Millisecond), audit.Grouped(int64(float64(n)/cmp.Or(took.Seconds(), 1))))
	w.tool.std.say("next: streamrec replay diff --name %[1]s; then streamrec replay publish --name %[1]s, or drop", w.replay.Name)
	return nil
}
