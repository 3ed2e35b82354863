package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/streamrec/streamrec/infra/telemetry"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// progress is a bar on a terminal, and silent elsewhere.
type progress struct {
	bar  *progressbar.ProgressBar
	done int
}

func evaluateBar(w io.Writer, name string, total int) *progress {
	if !telemetry.IsTerminal(w) {
		return &progress{}
	}
	return &progress{bar: newEvaluateBar(w, name, int64(total), progressbar.OptionShowCount())}
}

// readingBar counts the bytes of a file, before inflating, since nobody knows how many events are in it.
func readingBar(w io.Writer, r *eventfile.Reader) *progress {
	if !telemetry.IsTerminal(w) {
		return &progress{}
	}
	_, size := r.Progress()
	return &progress{bar: newEvaluateBar(w, "read", size, progressbar.OptionShowBytes(size < 0))} // a share needs no numbers
}

func newEvaluateBar(w io.Writer, name string, total int64, more ...progressbar.Option) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, append(more, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(name),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetSpinnerChangeInterval(0))...) // else a goroutine draws it whenever it likes, also after the end
}

// rarely is after how many events the bar is drawn: drawing reads the clock.
const rarely = 64

// step counts an event.
func (p *progress) step() {
	if p.done++; p.bar != nil && p.done%rarely == 0 {
		_ = p.bar.Add(rarely)
	}
}

// read counts an event of a file.
func (p *progress) read(r *eventfile.Reader) {
	if p.done++; p.bar != nil && p.done%rarely == 0 {
		done, size := r.Progress()
		if size >= 0 {
			done = min(done, size-1) // a full bar would finish it
		}
		_ = p.bar.Set64(done)
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
