package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
	"unicode/utf8"
)

// cast is what a program has written to a terminal, and when.
type cast struct {
	header
	events []output
}

// header is the first line of an asciicast v2.
type header struct {
	Version int    `json:"version"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Title   string `json:"title,omitempty"`
}

type output struct {
	at   time.Duration // since the beginning
	text string
}

// record runs the demo until it ends, which it has to do with a good verdict. Pictures of its dashboard are taken meanwhile, if they are wanted.
func record(ctx context.Context, o options) (c cast, err error) {
	dir, err := os.MkdirTemp("", "streamrec-recording-")
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := o.binary
	if binary == "" {
		binary = filepath.Join(dir, "streamrec")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/streamrec/streamrec/scripts/streamrec").CombinedOutput(); err != nil {
			return c, fmt.Errorf("build the streamrec binary: %w\n%s", err, out)
		}
	}
	line := fmt.Sprintf(`stty cols %d rows %d; exec "$STREAMREC" demo --duration %s`, o.columns, o.rows, o.demo)
	cmd := exec.CommandContext(ctx, "script", "--quiet", "--return", "--flush", "--command", line, os.DevNull)
	cmd.Env = append(os.Environ(), "STREAMREC="+binary)
	c.header = header{Version: 2, Width: o.columns, Height: o.rows, Title: "streamrec demo"}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return c, err
	}
	if err := cmd.Start(); err != nil {
		return c, fmt.Errorf("record by script(1) of util-linux: %w", err)
	}
	pictures := newPhotographer(o)
	c.listen(pipe, func(text string) { pictures.hear(ctx, text) })
	if err := cmd.Wait(); err != nil {
		return c, fmt.Errorf("the demo has failed: %w", err)
	}
	return c, pictures.wait()
}

// listen takes down what is written until the end, and passes it on. Characters are not cut apart.
func (c *cast) listen(in io.Reader, heard func(text string)) {
	began, rest, buffer := time.Now(), []byte(nil), make([]byte, 64<<10)
	for {
		n, err := in.Read(buffer)
		text := append(rest, buffer[:n]...)
		whole := complete(text)
		if err != nil {
			whole = len(text)
		}
		c.events = append(c.events, output{time.Since(began), string(text[:whole])})
		heard(string(text[:whole]))
		rest = bytes.Clone(text[whole:])
		if err != nil { // the end: that the program has failed is said by its exit code
			return
		}
	}
}

// complete is how much of the text is without a character at its end that has only begun.
func complete(text []byte) int {
	for at := len(text) - 1; at >= max(0, len(text)-utf8.UTFMax); at-- {
		if utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				return at
			}
			break
		}
	}
	return len(text)
}

// write writes the cast as lines of JSON.
func (c cast) write(w io.Writer) error {
	lines := json.NewEncoder(w)
	if err := lines.Encode(c.header); err != nil {
		return err
	}
	for _, e := range c.events {
		if err := lines.Encode([]any{e.at.Seconds(), "o", e.text}); err != nil {
			return err
		}
	}
	return nil
}

// readCast reads what write has written, or another tool.
func readCast(r io.Reader) (c cast, err error) {
	in := json.NewDecoder(bufio.NewReader(r))
	if err := in.Decode(&c.header); err != nil || c.Version != 2 || c.Width < 1 || c.Height < 1 {
		return c, fmt.Errorf("read recording: no asciicast v2: %w", errors.Join(err))
	}
	for {
		var e [3]any
		if err := in.Decode(&e); errors.Is(err, io.EOF) {
			return c, nil
		} else if err != nil {
			return c, fmt.Errorf("read recording: %w", err)
		}
		at, isTime := e[0].(float64)
		text, isText := e[2].(string)
		if !isTime || !isText {
			return c, errors.New("read recording: an event is no [time, kind, text]")
		}
		if e[1] == "o" {
			c.events = append(c.events, output{time.Duration(at * float64(time.Second)), text})
		}
	}
}
