package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/streamrec/streamrec/infra/telemetry"
)

// progress tells a person what happens: a line for each event, and on a terminal one at the end that is written anew.
type progress struct {
	out      io.Writer
	terminal bool
	duration time.Duration

	mu    sync.Mutex
	state string
	told  time.Time // where there is no terminal, when the state was last told
}

func newProgress(out io.Writer, duration time.Duration) *progress {
	return &progress{out: out, terminal: telemetry.IsTerminal(out), duration: duration}
}

// say prints an event.
func (p *progress) say(at time.Duration, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	_, _ = fmt.Fprintf(p.out, "%8s  %s\n", at.Round(time.Second), fmt.Sprintf(format, args...))
	p.draw()
}

// show replaces the state. Where there is no terminal it is a line now and then.
func (p *progress) show(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.state = state
	p.draw()
	if !p.terminal && time.Since(p.told) > 30*time.Second {
		p.told = time.Now()
		_, _ = fmt.Fprintf(p.out, "          %s\n", state)
	}
}

func (p *progress) clear() {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, "\r\033[K")
	}
}

func (p *progress) draw() {
	if !p.terminal {
		return
	}
	columns, _ := telemetry.TerminalSize(p.out)
	line := []rune(p.state)
	_, _ = fmt.Fprint(p.out, string(line[:min(len(line), max(0, columns-1))]))
}

// state says in one line how the run is.
func (s *soak) state(l look, p point) string {
	left := max(0, s.duration-p.at).Round(time.Second)
	lag := "lag not known"
	if p.known {
		lag = "lag " + p.lag.Round(100*time.Millisecond).String()
	}
	s.mu.Lock()
	happened := len(s.events)
	s.mu.Unlock()
	text := fmt.Sprintf("%s left  %d faults  %d records, %.0f/s  %s  %d workers  %d shards", left, happened, p.acked, float64(p.acked)/p.at.Seconds(), lag, len(l.Workers), l.open())
	if l.replaying() {
		text += fmt.Sprintf("  replay %d %s", l.Replay.Plan, l.Replay.State)
	}
	return text
}
