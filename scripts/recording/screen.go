package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// screen is a terminal, as far as the demo uses one: it has no colours, and all characters are one column wide.
type screen struct {
	width, height int
	cuts          bool // what does not fit into a line is not shown, instead of in the next line
	lines         [][]rune
	row, column   int
}

func newScreen(width, height int) *screen {
	return &screen{width: width, height: height, lines: make([][]rune, height)}
}

// write shows text.
func (s *screen) write(text string) error {
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		if r != '\x1b' {
			s.put(r)
			text = text[n:]
			continue
		}
		end := strings.IndexFunc(text, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
		if end < 0 || !strings.HasPrefix(text, "\x1b[") {
			return fmt.Errorf("the recording has the sequence %.12q, which is not understood", text)
		}
		if err := s.control(text[2:end], text[end]); err != nil {
			return err
		}
		text = text[end+1:]
	}
	return nil
}

// put shows a character, or moves.
func (s *screen) put(r rune) {
	switch {
	case r == '\r':
		s.column = 0
	case r == '\n':
		s.feed()
	case r < ' ':
	default:
		if s.column == s.width {
			if s.cuts {
				return
			}
			s.column = 0
			s.feed()
		}
		s.show(r)
	}
}

func (s *screen) show(r rune) {
	line := s.lines[s.row]
	for len(line) <= s.column {
		line = append(line, ' ')
	}
	line[s.column] = r
	s.lines[s.row] = line
	s.column++
}

// feed goes to the next line. At the bottom everything moves up.
func (s *screen) feed() {
	if s.row < s.height-1 {
		s.row++
		return
	}
	s.lines = append(s.lines[1:], nil)
}

// control carries out a sequence.
func (s *screen) control(parameter string, final byte) error {
	switch {
	case final == 'A':
		n := 1
		if parameter != "" {
			if _, err := fmt.Sscan(parameter, &n); err != nil {
				return fmt.Errorf("move up by %q: %w", parameter, err)
			}
		}
		s.row = max(0, s.row-n)
	case final == 'K' && parameter == "":
		s.lines[s.row] = s.lines[s.row][:min(s.column, len(s.lines[s.row]))]
	case final == 'J' && parameter == "":
		s.lines[s.row] = s.lines[s.row][:min(s.column, len(s.lines[s.row]))]
		clear(s.lines[s.row+1:])
	case parameter == "?7" && (final == 'l' || final == 'h'):
		s.cuts = final == 'l'
	default:
		return fmt.Errorf("the recording has the sequence ESC [ %s%c, which is not understood", parameter, final)
	}
	return nil
}

// picture is what is to be seen, without blanks at the ends of lines.
func (s *screen) picture() (lines []string) {
	for _, l := range s.lines {
		lines = append(lines, strings.TrimRight(string(l), " "))
	}
	return lines
}
