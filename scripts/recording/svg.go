package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Sizes in pixels.
const (
	charWidth  = 8
	lineHeight = 17
	fontSize   = 13.3
	margin     = 14
	titleBar   = 30
)

// drawing is an SVG that grows.
type drawing struct {
	bytes.Buffer
	lines map[string]int // lines that are there already
}

// draw puts the pictures side by side and lets an animation show one after the other.
func draw(frames []frame, columns, rows int, length time.Duration) []byte {
	width, height := columns*charWidth+2*margin, rows*lineHeight+titleBar+margin
	d := &drawing{lines: map[string]int{}}
	fmt.Fprintf(&d.Buffer, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n",
		width, height, width, height, "A recording of streamrec demo on a terminal: a crash, a deploy, a split, a merge and a replay, and the audit that finds every record once")
	d.style(frames, width, length)
	fmt.Fprintf(&d.Buffer, `<rect class="w" width="%d" height="%d" rx="8"/>`, width, height)
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&d.Buffer, `<circle cx="%d" cy="15" r="5.5" fill="%s"/>`, 20+18*i, colour)
	}
	fmt.Fprintf(&d.Buffer, `<text class="t" x="%d" y="20">go run ./scripts/streamrec demo</text>`+"\n", width/2)
	d.symbols(frames)
	fmt.Fprintf(&d.Buffer, `<svg x="0" y="%d" width="%d" height="%d"><g class="f">`+"\n", titleBar, width, height-titleBar)
	for i, f := range frames {
		d.picture(f, i*width)
	}
	d.WriteString("</g></svg>\n</svg>\n")
	return d.Bytes()
}

// style has the animation: each picture stays until the next one comes.
func (d *drawing) style(frames []frame, width int, length time.Duration) {
	d.WriteString("<style>\n.w{fill:#14181f;stroke:#8885}\n.t{fill:#9aa4b2;text-anchor:middle;font:13px ui-sans-serif,system-ui,sans-serif}\n")
	fmt.Fprintf(&d.Buffer, ".f{font:%gpx ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d5dbe4;animation:film %gs steps(1,end) infinite}\n",
		fontSize, length.Seconds())
	d.WriteString(".h{fill:#7aa2f7;font-weight:bold}.p{fill:#5fd38d}.g{fill:#8b95a5}.s{fill:#f0c674}\n@keyframes film{\n")
	for i, f := range frames {
		fmt.Fprintf(&d.Buffer, "%.2f%%{transform:translateX(-%dpx)}\n", 100*f.at.Seconds()/length.Seconds(), i*width)
	}
	last := (len(frames) - 1) * width
	fmt.Fprintf(&d.Buffer, "100%%{transform:translateX(-%dpx)}}\n@media (prefers-reduced-motion:reduce),print{.f{animation:none;transform:translateX(-%dpx)}}\n</style>\n", last, last)
}

// symbols defines each line that is to be seen, once.
func (d *drawing) symbols(frames []frame) {
	d.WriteString("<defs>\n")
	for _, f := range frames {
		for _, l := range f.lines {
			if _, known := d.lines[l]; known || l == "" {
				continue
			}
			d.lines[l] = len(d.lines)
			indent := len(l) - len(strings.TrimLeft(l, " "))
			fmt.Fprintf(&d.Buffer, `<text id="l%s" x="%d" textLength="%d"%s>`, number(d.lines[l]), indent*charWidth, (utf8.RuneCountInString(l)-indent)*charWidth, class(l))
			_ = xml.EscapeText(d, []byte(strings.ReplaceAll(l[indent:], "  ", "\u00a0\u00a0"))) // to memory; other spaces are taken together
			d.WriteString("</text>\n")
		}
	}
	d.WriteString("</defs>\n")
}

// picture places the lines of a picture.
func (d *drawing) picture(f frame, left int) {
	fmt.Fprintf(&d.Buffer, `<g transform="translate(%d 0)">`, left+margin)
	for row, l := range f.lines {
		if l != "" {
			fmt.Fprintf(&d.Buffer, `<use href="#l%s" y="%d"/>`, number(d.lines[l]), row*lineHeight+lineHeight-4)
		}
	}
	d.WriteString("</g>\n")
}

// number is short.
func number(n int) string { return fmt.Sprintf("%x", n) }

// class gives a line a colour: the demo writes without any.
func class(l string) string {
	text := strings.TrimSpace(l)
	first, _, _ := strings.Cut(text, " ")
	switch {
	case strings.HasPrefix(text, "streamrec demo") || strings.HasPrefix(text, "CLEAN") || strings.Contains(text, "each record in exactly one: yes"):
		return ` class="p"`
	case len(first) > 3 && strings.ToUpper(first) == first && unicode.IsUpper(rune(first[0])):
		return ` class="h"`
	case strings.HasSuffix(first, "s") && strings.Contains(first, ".") && !strings.Contains(text, "records put"):
		return ` class="s"`
	case strings.HasSuffix(text, "  ended"):
		return ` class="g"`
	}
	return ""
}
