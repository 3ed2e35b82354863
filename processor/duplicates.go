package processor

import (
	"container/list"
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
