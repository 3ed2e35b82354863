package tail

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// look finds out whether the log is another file than before.
func (l *Log) look() {
	current := l.current()
	info, err := os.Stat(l.opts.Path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		l.absent(current, "it is not a regular file")
		return
	case errors.Is(err, fs.ErrNotExist):
		l.absent(current, "it does not exist")
		return
	case err != nil:
		l.absent(nil, err.Error())
		return
	case current != nil && os.SameFile(info, current.info):
		return
	}
	f, err := openFile(l.opts.Path)
	if err != nil {
		l.absent(nil, err.Error())
		return
	}
	if l.missing != "" {
		l.opts.Note("%s is there now", l.opts.Path)
		l.missing = ""
	}
	if current != nil {
		l.rotate(current, l.opts.Now())
		l.files = append(l.files, l.adopt(changed(current), false)...)
	} else if !l.absentAt.IsZero() {
		l.files = append(l.files, l.adopt(l.absentAt, false)...)
	}
	f.begin(0)
	f.grew = l.opts.Now()
	l.files = append(l.files, f)
}

// coarse is by how much times of files may be behind the clock.
const coarse = 20 * time.Millisecond

// precede opens, before anything is read of a file that was empty, what it has been rotated to with all that was written to it until then: a file
// without a first line does not show that it was truncated. It reports whether there is something.
func (l *Log) precede(i int) bool {
	f := l.files[i]
	if f.plain == nil || len(f.head) > 0 || f.gone {
		return false
	}
	now, err := f.plain.Stat()
	if err != nil || now.ModTime().Equal(f.info.ModTime()) {
		return false
	}
	since := f.info.ModTime()
	f.info = now
	found := l.between(since, f)
	l.files = slices.Insert(l.files, i, found...)
	return len(found) > 0
}

// between opens the files that f was copied to since a time. What came after f, which may have been renamed meanwhile, is found when that is.
func (l *Log) between(since time.Time, f *file) []*file {
	until := changed(f)
	return slices.DeleteFunc(l.adopt(since, false), func(c *file) bool {
		if !changed(c).After(until) {
			return false
		}
		c.close()
		return true
	})
}

// changed is when a file was changed last.
func changed(f *file) time.Time {
	if f.plain != nil {
		if info, err := f.plain.Stat(); err == nil {
			return info.ModTime()
		}
	}
	return f.info.ModTime()
}

// absent notes once why there is no log. What was the log is read to its end.
func (l *Log) absent(current *file, why string) {
	if current != nil {
		l.rotate(current, l.opts.Now())
	}
	l.absentAt = time.Now().Add(-coarse)
	if l.missing != why {
		l.missing = why
		l.opts.Note("waiting for %s: %s", l.opts.Path, why)
	}
}

// adopt opens the files beside the log that are not older than a time and have not been read: the log was rotated more than once meanwhile.
// Compressed ones may just be in the making, of files that are older.
func (l *Log) adopt(since time.Time, compressed bool) (found []*file) {
	for _, s := range l.siblings() {
		if s.changed.Before(since) || !compressed && strings.HasSuffix(s.path, ".gz") {
			continue
		}
		f, err := openFile(s.path)
		if err != nil {
			continue // gone meanwhile
		}
		if l.knows(f) {
			f.close()
			continue
		}
		f.begin(0)
		l.rotate(f, l.opts.Now())
		found = append(found, f)
	}
	return found
}

// knows reports whether a file has been read, or is being read.
func (l *Log) knows(f *file) bool {
	head := headOf(f)
	if len(head) == 0 {
		return true // nothing is in it yet
	}
	m := mark{head: head}
	if slices.Contains(l.pos.Done, m.identity()) {
		return true
	}
	return slices.ContainsFunc(l.files, func(other *file) bool {
		return os.SameFile(other.info, f.info) || string(other.head) == string(head)
	})
}

// truncated handles that a file holds something else than before: what was in it goes on in a copy, if there is one, and it begins anew.
func (l *Log) truncated(i int) {
	old := l.files[i]
	was := mark{head: old.head, tail: old.before, start: old.offset}
	old.buffer, old.scanned, old.ahead, old.long = nil, 0, 0, false
	fresh := &file{content: old.content, plain: old.plain, closer: old.closer, info: old.info, grew: l.opts.Now(), rotated: old.rotated}
	fresh.begin(0)
	old.closer = nil // it is fresh's now
	l.rotate(old, l.opts.Now())
	if len(was.head) == 0 { // nothing was read of it
		old.gone = true
		l.files[i] = fresh
		l.files = slices.Insert(l.files, i, l.between(old.info.ModTime(), fresh)...)
		return
	}
	l.files = slices.Insert(l.files, i+1, fresh)
	if c := l.find(was, func(f *file) bool { return !os.SameFile(f.info, fresh.info) }); c != nil {
		old.content, old.plain, old.closer, old.info = c.content, c.plain, c.closer, c.info
		l.files = slices.Insert(l.files, i+1, l.between(changed(old), fresh)...)
	} else {
		old.gone = true
		l.lost.Add(1)
		l.opts.Note("%s was truncated, and there is no copy of it: what was not read by then is gone", l.opts.Path)
	}
}

// find opens the newest file beside the log that fits a mark.
func (l *Log) find(m mark, may func(*file) bool) *file {
	for _, s := range slices.Backward(l.siblings()) {
		f, err := openFile(s.path)
		if err != nil {
			continue
		}
		if len(m.head) > 0 && m.fits(f) && may(f) {
			return f
		}
		f.close()
	}
	return nil
}

// resume opens the files of the position file again, wherever they are now, and those that came after them.
func (l *Log) resume() {
	log, err := openFile(l.opts.Path)
	if err != nil {
		log = nil
	}
	since := l.pos.Saved.Add(-coarse)
	for _, saved := range l.pos.Files {
		if saved.Log && saved.Changed.Before(since) {
			since = saved.Changed
		}
		if len(saved.Head) == 0 {
			continue // nothing was in it
		}
		f := l.reopen(saved, &log)
		if f == nil && saved.AtEnd {
			continue
		}
		if f == nil {
			l.lost.Add(1)
			l.opts.Note("a file that %s was rotated to is gone: what had not been read of it is lost", l.opts.Path)
			continue
		}
		f.begin(saved.Offset)
		f.grew = l.opts.Now()
		if saved.Log {
			since = changed(f)
		}
		l.files = append(l.files, f)
	}
	slices.SortStableFunc(l.files, func(a, b *file) int { return rank(a) - rank(b) })
	if l.current() != nil {
		return
	}
	l.files = append(l.files, l.adopt(since, true)...)
	l.absentAt = since
	if log != nil {
		log.begin(0)
		log.grew = l.opts.Now()
		l.files = append(l.files, log)
	}
}

// rank puts the log itself behind what it was rotated to.
func rank(f *file) int {
	if f.rotated {
		return 0
	}
	return 1
}

// reopen finds a saved file: the log, or else one beside it. The log is taken out of *log when it is the one.
func (l *Log) reopen(saved savedFile, log **file) *file {
	m := mark{head: saved.Head, tail: saved.Tail, start: saved.Offset}
	if *log != nil && m.fits(*log) {
		f := *log
		*log = nil
		return f
	}
	free := func(f *file) bool {
		return !slices.ContainsFunc(l.files, func(other *file) bool { return os.SameFile(other.info, f.info) })
	}
	f := l.find(m, func(f *file) bool { return inodeOf(f.info) == saved.Inode && free(f) })
	if f == nil {
		f = l.find(m, free)
	}
	if f != nil {
		l.rotate(f, l.opts.Now())
	}
	return f
}
