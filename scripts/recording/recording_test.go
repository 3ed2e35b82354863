package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestScreen(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"lines", "one\r\ntwo", []string{"one", "two", ""}},
		{"a picture that is drawn again, shorter", "a\x1b[K\nb\x1b[K\n\x1b[J\x1b[2A\rc\x1b[K\r\n\x1b[J", []string{"c", "", ""}},
		{"overwritten", "abc\rx", []string{"xbc", "", ""}},
		{"the rest of the line is erased", "abc\r\x1b[K", []string{"", "", ""}},
		{"at the bottom everything moves up", "1\r\n2\r\n3\r\n4", []string{"2", "3", "4"}},
		{"a long line goes on in the next one", "Zürich►x", []string{"Zürich", "►x", ""}},
		{"or is cut off", "\x1b[?7lZürich►x\x1b[?7h\r\ny", []string{"Zürich", "y", ""}},
		{"up beyond the top", "a\r\nb\x1b[9A\rc", []string{"c", "b", ""}},
	} {
		s := newScreen(6, 3)
		if err := s.write(strings.ReplaceAll(c.text, "\x1b[K\nb", "\x1b[K\r\nb")); err != nil || !slices.Equal(s.picture(), c.want) {
			t.Errorf("%s: %q, %v, want %q", c.name, s.picture(), err, c.want)
		}
	}
	for _, text := range []string{"\x1b[31m", "\x1b]0;title\a", "\x1b[2J", "\x1b["} {
		if err := newScreen(6, 3).write(text); err == nil {
			t.Errorf("%q is understood, and nobody has said how", text)
		}
	}
}

// story is a cast of a minute in which a line changes every second.
func story() cast {
	c := cast{header: header{Version: 2, Width: 30, Height: 4}}
	for n := range 61 {
		c.events = append(c.events, output{time.Duration(n) * time.Second, fmt.Sprintf("\r\x1b[K%6.1fs  <%d> & so on", float64(n), n)})
	}
	return c
}

func TestCastIsReadAsItWasWritten(t *testing.T) {
	var b bytes.Buffer
	if err := story().write(&b); err != nil {
		t.Fatal(err)
	}
	c, err := readCast(&b)
	if err != nil || c.header != story().header || !slices.Equal(c.events, story().events) {
		t.Errorf("read %+v, %v", c.header, err)
	}
	for _, text := range []string{"", `{"version":1,"width":3,"height":3}`, `{"version":2,"width":3,"height":3}` + "\n[1,2]"} {
		if _, err := readCast(strings.NewReader(text)); err == nil {
			t.Errorf("%q is a recording", text)
		}
	}
}

// TestCharactersAreNotCutApart reads what a terminal shows byte by byte.
func TestCharactersAreNotCutApart(t *testing.T) {
	var c cast
	c.listen(iotest.OneByteReader(strings.NewReader("►ü\xffx")), func(string) {})
	text := ""
	for _, e := range c.events {
		text += e.text
	}
	if want := "►ü\xffx"; text != want {
		t.Errorf("heard %q, want %q", text, want)
	}
}

func TestFilm(t *testing.T) {
	frames, err := story().film(25 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(frames); n < 45 || n > 62 {
		t.Errorf("%d pictures of 61", n)
	}
	for i, f := range frames[1:] {
		if f.at <= frames[i].at || slices.Equal(f.lines, frames[i].lines) {
			t.Errorf("picture %d comes at %s after one at %s, and is %q", i+1, f.at, frames[i].at, f.lines)
		}
	}
	if last := frames[len(frames)-1]; last.at > 20*time.Second || !strings.Contains(last.lines[0], "<60>") {
		t.Errorf("the last picture comes at %s and is %q", last.at, last.lines)
	}
}

// TestDrawing reads the SVG as XML: each line of each picture is defined once, and nothing else is referred to.
func TestDrawing(t *testing.T) {
	frames, err := story().film(25 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	inspect(t, draw(frames, 30, 4, 25*time.Second), len(frames))
}

// TestDemoOfTheReadme looks at the film that the README shows.
func TestDemoOfTheReadme(t *testing.T) {
	svg, err := os.ReadFile("demo.svg")
	if err != nil {
		t.Fatal(err)
	}
	inspect(t, svg, 60)
	if len(svg) > 300_000 {
		t.Errorf("it has %d bytes", len(svg))
	}
	for _, part := range []string{"crashes", "is deployed anew", "is split", "are merged", "are read again", "CLEAN", "each record in exactly one: yes", "prefers-reduced-motion"} {
		if !bytes.Contains(svg, []byte(part)) {
			t.Errorf("it does not say %q", part)
		}
	}
}

func inspect(t *testing.T, svg []byte, least int) {
	t.Helper()
	defined, used, pictures := map[string]bool{}, map[string]bool{}, 0
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range e.Attr {
			switch {
			case a.Name.Local == "id":
				if defined[a.Value] {
					t.Errorf("%s is defined twice", a.Value)
				}
				defined[a.Value] = true
			case a.Name.Local == "href":
				used[strings.TrimPrefix(a.Value, "#")] = true
			case a.Name.Local == "transform":
				pictures++
			}
		}
		if e.Name.Local == "script" || e.Name.Local == "image" || e.Name.Local == "foreignObject" {
			t.Errorf("there is a %s", e.Name.Local)
		}
	}
	for id := range used {
		if !defined[id] {
			t.Errorf("%s is not defined", id)
		}
	}
	if len(used) != len(defined) || pictures < least {
		t.Errorf("%d lines are defined, %d are used, in %d pictures", len(defined), len(used), pictures)
	}
}
