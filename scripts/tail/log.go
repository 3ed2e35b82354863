package tail

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// ErrLocked means that another process follows the log with the same position file.
var ErrLocked = errors.New("another process uses it")

// Log is a log that is followed. Only Done, Behind and Lost may be called by other goroutines than the one that reads.
type Log struct {
	opts     Options
	pos      position
	lock     *os.File
	files    []*file   // in the order in which they are read; the log itself, if it is open, is the last and not rotated
	missing  string    // why there is no log, as was noted
	absentAt time.Time // when there was none
	written  string    // the position as it was saved last
	lost     atomic.Int64
	behind   atomic.Int64
}

// Line is one line of the log, without its end.
type Line struct {
	Text []byte // valid until the next call of Next; nil if TooLong
	// ID is the same whenever the line is read.
	ID      string
	TooLong bool
	Ref     Ref
}

// Ref names a line for Done.
type Ref struct {
	file   *file
	number int64
}

// Open begins where the position file says. That there is no log is no error; that it cannot be read, or is no file, is one.
func Open(o Options) (*Log, error) {
	o = o.withDefaults()
	l := &Log{opts: o}
	if info, err := os.Stat(o.Path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", o.Path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var err error
	if l.lock, err = os.OpenFile(o.Position+".lock", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("open position: %w", err)
	}
	free, err := lock(l.lock)
	if err == nil && !free {
		err = fmt.Errorf("position file %s: %w", o.Position, ErrLocked)
	}
	begun := false
	if err == nil {
		l.pos, begun, err = loadPosition(o.Position)
	}
	if err == nil && begun {
		l.resume()
	} else if err == nil {
		err = l.start()
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Salt is a secret that belongs to the position file, made with it.
func (l *Log) Salt() string { return l.pos.Salt }

// Lost counts files, or parts of some, that were gone before they had been read.
func (l *Log) Lost() int64 { return l.lost.Load() }

// start begins with the log as it is. The position is saved before anything is read, since its salt must not change.
func (l *Log) start() error {
	l.look()
	if f := l.current(); f != nil && l.opts.FromEnd {
		size := f.info.Size()
		end := size - int64(len(f.unfinished(size)))
		f.begin(end)
	}
	if err := l.Save(); err != nil {
		return fmt.Errorf("save position: %w", err)
	}
	return nil
}

// unfinished is what stands behind the last line end before size.
func (f *file) unfinished(size int64) []byte {
	b := make([]byte, min(size, 1<<20))
	n, _ := f.ReadAt(b, size-int64(len(b)))
	b = b[:n]
	return b[bytes.LastIndexByte(b, '\n')+1:]
}

// current is the log itself, nil when it is not there.
func (l *Log) current() *file {
	if n := len(l.files); n > 0 && !l.files[n-1].rotated {
		return l.files[n-1]
	}
	return nil
}

// Next gives the next line; ok is false when there is none for now.
func (l *Log) Next() (_ Line, ok bool) {
	for i := 0; i < len(l.files); {
		if l.precede(i) {
			continue
		}
		f := l.files[i]
		line, found, another := l.next(f)
		switch {
		case found:
			return line, true
		case another:
			l.truncated(i)
		default:
			i++
		}
	}
	return Line{}, false
}

// next is the next line of one file.
func (l *Log) next(f *file) (_ Line, found, another bool) {
	for atEnd := false; !f.gone; {
		text, start, long, ok := f.cut(l.opts.MaxLine, atEnd && l.finished(f))
		if ok {
			return l.line(f, text, start, long), true, false
		}
		if atEnd {
			break
		}
		var more bool
		if more, another = f.fill(l.opts.Now()); another {
			return Line{}, false, true
		}
		atEnd = !more
	}
	return Line{}, false, false
}

// finished reports whether nothing will be added to a file any more.
func (l *Log) finished(f *file) bool {
	return f.rotated && l.opts.Now().Sub(f.grew) >= l.opts.Grace
}

func (l *Log) line(f *file, text []byte, start int64, long bool) Line {
	if len(f.head) == 0 {
		if f.head = headOf(f); len(f.head) == 0 {
			f.head = slices.Clone(text) // a file of one line that has no end
		}
	}
	line := Line{TooLong: long, Ref: Ref{f, f.settled.add(f.offset)}}
	if long {
		text = nil
	}
	text = trimEnd(text)
	line.ID = lineID(f.head, text, start)
	if !long {
		line.Text = text
	}
	return line
}

func trimEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b
}

// Done notes that a line has been dealt with.
func (l *Log) Done(r Ref) { r.file.settled.done(r.number) }

// Poll looks whether the log has been rotated, and lets go of files that are done. It is called when Next has no line, before Next is called again.
func (l *Log) Poll() {
	l.look()
	l.files = slices.DeleteFunc(l.files, func(f *file) bool {
		_, waiting := f.settled.at()
		if !f.rotated || waiting || !f.gone && !(l.finished(f) && len(f.buffer) == 0 && f.ahead == 0) {
			return false
		}
		l.finish(f)
		return true
	})
	l.measure()
}

// finish remembers that a file is done.
func (l *Log) finish(f *file) {
	f.close()
	if len(f.head) == 0 {
		return
	}
	m := mark{head: f.head}
	l.pos.Done = append(l.pos.Done, m.identity())
	l.pos.Done = l.pos.Done[max(0, len(l.pos.Done)-doneKept):]
}

// Save writes down up to where every line is done.
func (l *Log) Save() error {
	l.measure()
	p := position{Version: positionVersion, Salt: l.pos.Salt, Done: l.pos.Done, Files: []savedFile{}}
	for _, f := range l.files {
		safe, _ := f.settled.at()
		m := f.mark(safe)
		if !f.gone && !f.intact() {
			m.tail = nil // it was read from something else
		}
		p.Files = append(p.Files, savedFile{Inode: inodeOf(f.info), Head: m.head, Tail: m.tail, Offset: safe, Log: !f.rotated, AtEnd: f.rotated && f.size() == safe, Changed: changed(f)})
	}
	if key := fmt.Sprint(p.Files, p.Done); key != l.written {
		p.Saved = time.Now().UTC() // not of Options.Now: it is compared with times of files
		if err := p.save(l.opts.Position); err != nil {
			return err
		}
		l.written = key
	}
	return nil
}

// Behind is how many bytes of the files that are open had not been dealt with at the last Poll or Save.
func (l *Log) Behind() (bytes int64) { return l.behind.Load() }

func (l *Log) measure() {
	bytes := int64(0)
	for _, f := range l.files {
		safe, _ := f.settled.at()
		bytes += max(f.size()-safe, 0)
	}
	l.behind.Store(bytes)
}

// Close lets go of all files. It saves nothing.
func (l *Log) Close() error {
	for _, f := range l.files {
		f.close()
	}
	if l.lock == nil {
		return nil
	}
	return l.lock.Close()
}

func (l *Log) rotate(f *file, now time.Time) { f.rotated, f.grew = true, now }
