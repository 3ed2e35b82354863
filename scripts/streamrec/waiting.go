package main

import "time"

// lifeTick is after how long somebody who waits is told what for once more, though nothing has changed.
const lifeTick = 10 * time.Second

// waiting decides when somebody who waits is told how far things are: when that has changed, and now and then.
type waiting struct {
	told string
	at   time.Time
}

// tells reports whether a line is to be told.
func (w *waiting) tells(line string, now time.Time) bool {
	if line == w.told && now.Sub(w.at) < lifeTick {
		return false
	}
	w.told, w.at = line, now
	return true
}
