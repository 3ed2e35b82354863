package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/streamrec/streamrec/infra/telemetry"
)

// screen redraws lines in place on a terminal. Each picture is one write that overwrites the last one, so nothing flickers.
type screen struct {
	out   io.Writer
	drawn int // lines of the picture on the terminal
}

// draw shows as many of the lines as the terminal has room for: what scrolls away cannot be drawn again.
func (s *screen) draw(lines []string) {
	columns, height := telemetry.TerminalSize(s.out)
	if room := max(height-1, 8); len(lines) > room {
		hidden := len(lines) - room + 1
		lines = append(lines[:room-1:room-1], fmt.Sprintf("… %d more lines", hidden))
	}
	_, _ = io.WriteString(s.out, s.frame(lines, columns))
}

// frame returns the characters that turn the last picture into this one.
func (s *screen) frame(lines []string, columns int) string {
	var b strings.Builder
	b.WriteString("\x1b[?7l") // no wrapping: some characters are two columns wide, and a wrapped line would shift the picture
	if s.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r", s.drawn)
	}
	for _, l := range lines {
		b.WriteString(cut(l, columns-1) + "\x1b[K\n")
	}
	b.WriteString("\x1b[J\x1b[?7h") // what a longer picture has left
	s.drawn = len(lines)
	return b.String()
}

// cut shortens a line to n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
