package produce

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// display tells the person at the terminal how it goes.
type display interface {
	// show is called a few times a second. done of total is known when total is not -1.
	show(s Summary, done, total int64)
	// note prints a line that stays.
	note(format string, args ...any)
	// finish is called once, at the end.
	finish()
}

func newDisplay(w io.Writer, terminal bool) display {
	if terminal {
		return &barDisplay{out: w}
	}
	return &lineDisplay{out: w}
}

// lineEvery is how often a log file gets a line.
const lineEvery = 10 * time.Second

// lineDisplay writes a line now and then.
type lineDisplay struct {
	mu   sync.Mutex
	out  io.Writer
	last float64 // seconds
}

func (d *lineDisplay) show(s Summary, _, _ int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.Seconds-d.last < lineEvery.Seconds() {
		return
	}
	d.last = s.Seconds
	_, _ = fmt.Fprintln(d.out, describe(s))
}

func (d *lineDisplay) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = fmt.Fprintf(d.out, format+"\n", args...)
}

func (d *lineDisplay) finish() {}

// describe is a summary in half a line.
func describe(s Summary) string {
	text := fmt.Sprintf("%d records, %.1f MB, %.0f records/s", s.Records, float64(s.Bytes)/1e6, s.RecordsPerSecond)
	if f := s.Follow; f != nil {
		text += fmt.Sprintf(", of %d lines, %.1f MB behind", f.Lines, float64(f.BehindBytes)/1e6)
	}
	if s.Retries > 0 {
		text += fmt.Sprintf(", %d retries", s.Retries)
	}
	if bad := s.Malformed + s.Refused; bad > 0 {
		text += fmt.Sprintf(", %d malformed or refused", bad)
	}
	return text
}

// barDisplay draws a bar that is gone at the end.
type barDisplay struct {
	mu  sync.Mutex
	out io.Writer
	bar *progressbar.ProgressBar
}

func (d *barDisplay) show(s Summary, done, total int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if total == 0 {
		total = -1 // a bar of an empty file would be full at once
	}
	if d.bar == nil {
		d.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(d.out), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(total >= 0),
			progressbar.OptionSetSpinnerChangeInterval(0)) // else a goroutine draws it whenever it likes, also after the end
	}
	d.bar.Describe(describe(s))
	if total >= 0 {
		done = min(done, total-1) // a full bar would finish it
	}
	_ = d.bar.Set64(max(done, 0)) // a bar that cannot be drawn is no reason to stop
}

func (d *barDisplay) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	_, _ = fmt.Fprintf(d.out, format+"\n", args...)
}

func (d *barDisplay) finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
}

func (d *barDisplay) clear() {
	if d.bar != nil {
		_ = d.bar.Clear()
	}
}
