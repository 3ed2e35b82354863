package processor

import (
	"container/list"
	"encoding/binary"
	"slices"
	"time"
)

// duplicates remembers the event ids of open sessions. It is session context: restored from the log with the rest of it.
// What it forgets is a function of the records alone, so that every owner forgets the same.
type duplicates struct {
	sessions map[string]*list.Element
	recent   *list.List // of *openSession, the least recent first
}

type openSession struct {
	id   string
	last time.Time
	ids  map[string]struct{}
}

// Bounds of the memory of duplicates: a session closes after an hour without records, and the least recent ones of too many.
const (
	sessionTTL    = time.Hour
	maxSessions   = 200_000
	maxSessionIDs = 4096 // ids remembered for one session
)

func newDuplicates() *duplicates {
	return &duplicates{sessions: map[string]*list.Element{}, recent: list.New()}
}

// seen takes note of an event and reports whether its id has occurred in the session before. Events without id are never
// duplicates.
func (d *duplicates) seen(session, id string, arrival time.Time) bool {
	if id == "" || session == "" {
		return false
	}
	d.expire(arrival)
	e, ok := d.sessions[session]
	if !ok {
		e = d.recent.PushBack(&openSession{id: session, last: arrival, ids: map[string]struct{}{}})
		d.sessions[session] = e
	}
	s := e.Value.(*openSession)
	if arrival.After(s.last) {
		s.last = arrival
	}
	d.recent.MoveToBack(e)
	if _, ok := s.ids[id]; ok {
		return true
	}
	if len(s.ids) < maxSessionIDs {
		s.ids[id] = struct{}{}
	}
	return false
}

func (d *duplicates) expire(now time.Time) {
	for e := d.recent.Front(); e != nil; e = d.recent.Front() {
		s := e.Value.(*openSession)
		if len(d.sessions) < maxSessions && now.Sub(s.last) < sessionTTL {
			return
		}
		delete(d.sessions, s.id)
		d.recent.Remove(e)
	}
}

// append appends the sessions, the least recent first, with their ids: see rows.State.
func (d *duplicates) append(b []byte) []byte {
	for e := d.recent.Front(); e != nil; e = e.Next() {
		s := e.Value.(*openSession)
		b = appendText(b, s.id)
		b = binary.AppendVarint(b, s.last.UnixMicro())
		b = binary.AppendUvarint(b, uint64(len(s.ids)))
		for id := range s.ids {
			b = appendText(b, id)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// load joins what append has written, and reports whether it makes sense. The sessions of several logs are put in order.
func (d *duplicates) load(b []byte) bool {
	r := sessionReader{b}
	for len(r.rest) > 0 && !r.bad() {
		id, last := r.text(), time.UnixMicro(r.signed()).UTC()
		for range r.count() {
			d.seen(id, r.text(), last)
		}
	}
	all := make([]*openSession, 0, len(d.sessions))
	for e := d.recent.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(*openSession))
	}
	slices.SortStableFunc(all, func(a, b *openSession) int { return a.last.Compare(b.last) })
	d.recent.Init()
	for _, s := range all {
		d.sessions[s.id] = d.recent.PushBack(s)
	}
	return !r.bad()
}

// sessionReader reads what append has written. After something that makes no sense everything is empty.
type sessionReader struct{ rest []byte }

func (r *sessionReader) bad() bool { return r.rest == nil }

func (r *sessionReader) signed() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n, n > 0)
	return v
}

// count reads a number of things that take at least a byte each.
func (r *sessionReader) count() int {
	v, n := binary.Uvarint(r.rest)
	if r.skip(n, n > 0 && v <= uint64(len(r.rest)-n)); r.bad() {
		return 0
	}
	return int(v)
}

func (r *sessionReader) text() string {
	n := r.count()
	if r.bad() {
		return ""
	}
	s := string(r.rest[:n])
	r.skip(n, true)
	return s
}

func (r *sessionReader) skip(n int, ok bool) {
	if !ok || r.bad() {
		r.rest = nil
		return
	}
	r.rest = r.rest[n:]
}
