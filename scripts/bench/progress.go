package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/streamrec/streamrec/infra/telemetry"
)

// progress tells a person how far a run is: on a terminal one line that is written anew, elsewhere a line for each step.
type progress struct {
	out      io.Writer
	terminal bool

	mu    sync.Mutex
	began time.Time
	cells int
	ready int
	doing map[string]string // by cell
}

func newProgress(out io.Writer) *progress {
	return &progress{out: out, terminal: telemetry.IsTerminal(out), doing: map[string]string{}}
}

func (p *progress) begin(cells int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began, p.cells = time.Now(), cells
}

// say replaces what a cell is said to do.
func (p *progress) say(cell, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doing[cell] = what
	p.show(cell + ": " + what)
}

// done notes that a cell has been measured.
func (p *progress) done(cell string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.doing, cell)
	p.ready++
	p.show(cell + ": done")
}

// show needs the lock.
func (p *progress) show(news string) {
	state := fmt.Sprintf("[%d/%d] %s", p.ready, p.cells, time.Since(p.began).Round(time.Second))
	if !p.terminal {
		_, _ = fmt.Fprintf(p.out, "%s  %s\n", state, news)
		return
	}
	for _, cell := range slices.Sorted(maps.Keys(p.doing)) {
		state += "  " + cell + ": " + p.doing[cell]
	}
	columns, _ := telemetry.TerminalSize(p.out)
	if runes := []rune(state); len(runes) >= columns {
		state = string(runes[:max(0, columns-1)])
	}
	_, _ = fmt.Fprintf(p.out, "\r\033[K%s", state)
}

// end leaves the terminal as it was.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		_, _ = fmt.Fprint(p.out, "\r\033[K")
	}
}
