package process

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// Log is the captured output of a process, line by line. It is an io.Writer and safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	entries []Entry
	rest    []byte // a line that is not complete yet
}

// Entry is one line.
type Entry struct {
	At     time.Time      // when the line was received, by the clock of this process
	Line   string         // without its line break
	Fields map[string]any // of a JSON line, else nil
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{} }

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		line, rest, complete := bytes.Cut(l.rest, []byte("\n"))
		if !complete {
			return len(b), nil
		}
		l.entries = append(l.entries, parseEntry(now, string(line)))
		l.rest = rest
	}
}

// parseEntry takes a line for JSON if it is an object.
func parseEntry(at time.Time, line string) Entry {
	e := Entry{At: at, Line: line}
	if strings.HasPrefix(line, "{") {
		if err := json.Unmarshal([]byte(line), &e.Fields); err != nil {
			e.Fields = nil
		}
	}
	return e
}

// Text returns a field of a JSON line as text, empty when it is missing or no string.
func (e Entry) Text(field string) string {
	text, _ := e.Fields[field].(string)
	return text
}

// Int returns a whole number of a JSON line, 0 when it is missing or no number.
func (e Entry) Int(field string) int {
	n, _ := e.Fields[field].(float64)
	return int(n)
}

// Message is the message of a JSON log line.
func (e Entry) Message() string { return e.Text("msg") }

// Shard is the shard that a JSON log line is about.
func (e Entry) Shard() string { return e.Text("shard") }

// All returns the lines so far, the last one also when its line break is missing.
func (l *Log) All() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := slices.Clone(l.entries)
	if len(l.rest) > 0 {
		entries = append(entries, parseEntry(time.Now(), string(l.rest)))
	}
	return entries
}

// Entries returns the lines with one of these messages.
func (l *Log) Entries(messages ...string) []Entry {
	return slices.DeleteFunc(l.All(), func(e Entry) bool { return !slices.Contains(messages, e.Message()) })
}

// Lines returns the lines that are not blank.
func (l *Log) Lines() (lines []string) {
	for _, e := range l.All() {
		if strings.TrimSpace(e.Line) != "" {
			lines = append(lines, e.Line)
		}
	}
	return lines
}

// Text is the whole output.
func (l *Log) Text() string {
	var b strings.Builder
	for _, e := range l.All() {
		b.WriteString(e.Line + "\n")
	}
	return b.String()
}

// Last is the last line, empty when there is none.
func (l *Log) Last() string {
	if all := l.All(); len(all) > 0 {
		return all[len(all)-1].Line
	}
	return ""
}

// Tail is the last n lines as text.
func (l *Log) Tail(n int) string {
	all := l.All()
	var b strings.Builder
	for _, e := range all[max(0, len(all)-n):] {
		b.WriteString("    " + e.Line + "\n")
	}
	return b.String()
}
