package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// watched runs a watch over looks that succeed, fail, and succeed again, and returns what it wrote.
func watched(t *testing.T, format output, terminal bool) (out, errs string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var stdout, stderr bytes.Buffer
		n := 0
		w := &statusWatch{
			statusOptions: statusOptions{app: "shop", stream: "clicks", interval: 2 * time.Second, format: format},
			std:           streams{out: &stdout, err: &stderr},
			look: func(context.Context) (*status, error) {
				switch n++; n {
				case 2:
					return nil, errors.New("connection\nrefused")
				case 4:
					cancel()
				}
				return &status{App: "shop", Stream: "clicks", Time: time.Now().UTC(), Workers: []workerStatus{{Worker: fmt.Sprintf("worker-%d", n)}}}, nil
			},
		}
		if terminal {
			w.screen = &screen{out: &stdout}
		}
		must(t, w.run(ctx))
		if n != 4 {
			t.Errorf("%d looks, want 4", n)
		}
		out, errs = stdout.String(), stderr.String()
	})
	return out, errs
}

func TestWatchGoesOnOverErrors(t *testing.T) {
	out, errs := watched(t, outputTable, false)
	if !strings.Contains(out, "worker-1") || !strings.Contains(out, "worker-3") || !strings.Contains(errs, "connection refused") {
		t.Errorf("stdout\n%s\nstderr\n%s", out, errs)
	}
}

func TestWatchWritesOneObjectPerLine(t *testing.T) {
	out, _ := watched(t, outputJSON, false)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	for i, line := range lines {
		var look struct {
			App, Stream, Error string
			Workers            []workerStatus
		}
		must(t, json.Unmarshal([]byte(line), &look))
		if failed := i == 1; look.App != "shop" || look.Stream != "clicks" || (look.Error != "") != failed || (len(look.Workers) == 0) != failed {
			t.Errorf("line %d: %s", i, line)
		}
	}
}

func TestWatchRedrawsInPlace(t *testing.T) {
	out, errs := watched(t, outputTable, true)
	if !strings.Contains(out, "connection refused") || !strings.Contains(out, "what follows is 2s old") || errs != "" {
		t.Errorf("the failure is not shown in the picture:\n%q\n%s", out, errs)
	}
	if strings.Contains(out, "\x1b[2J") || strings.Contains(out, "\x1b[2K") {
		t.Error("something is erased before it is drawn again: it flickers")
	}
	shown := strings.Join(shownBy(t, out), "\n")
	if strings.Contains(shown, "refused") || strings.Contains(shown, "worker-1") || strings.Count(shown, "worker-3") != 1 {
		t.Errorf("the last picture is not alone on the terminal:\n%s", shown)
	}
}

func TestScreenShrinksAndGrows(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out}
	for _, picture := range [][]string{{"aaaa", "b", "c"}, {"x"}, {"yy", "z"}} {
		s.draw(picture)
		if shown := shownBy(t, out.String()); strings.Join(shown, "|") != strings.Join(picture, "|") {
			t.Errorf("the terminal shows %q, want %q", shown, picture)
		}
	}
	s.draw(strings.Split(strings.Repeat("line\n", 99)+"last", "\n"))
	if shown := shownBy(t, out.String()); len(shown) != 23 || shown[22] != "… 78 more lines" {
		t.Errorf("a terminal of 24 lines shows %d: %q", len(shown), shown)
	}
}

// shownBy returns the lines that a terminal shows after it has received these characters. It knows the sequences that a screen uses.
func shownBy(t *testing.T, received string) []string {
	t.Helper()
	lines, row, column := []string{""}, 0, 0
	for received != "" {
		if rest, ok := strings.CutPrefix(received, "\x1b["); ok {
			end := strings.IndexAny(rest, "ABCDHJKhl")
			argument, command := rest[:end], rest[end]
			received = rest[end+1:]
			switch command {
			case 'A':
				var up int
				if _, err := fmt.Sscan(argument, &up); err != nil {
					t.Fatal(err)
				}
				row -= up
			case 'K':
				lines[row] = string([]rune(lines[row])[:min(column, len([]rune(lines[row])))])
			case 'J':
				lines = lines[:row+1]
				lines[row] = ""
			}
			continue
		}
		switch c := []rune(received)[0]; c {
		case '\n':
			row, column = row+1, 0
			if row == len(lines) {
				lines = append(lines, "")
			}
		case '\r':
			column = 0
		default:
			line := []rune(lines[row])
			lines[row] = string(line[:min(column, len(line))]) + string(c) + string(line[min(column+1, len(line)):])
			column++
		}
		received = received[len(string([]rune(received)[0])):]
	}
	return lines[:len(lines)-1]
}
