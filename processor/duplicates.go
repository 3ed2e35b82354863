package processor

import (
	"iter"
	"slices"
	"time"
)

// duplicates remembers the event ids of open sessions. It is session context: restored from the log with the rest of it.
// What it forgets is a function of the records alone, so that every owner forgets the same.
//
// It holds digests, not texts: a busy shard has a million ids. Nothing in it is a pointer that a garbage collection would follow, and what most events
// need is in one line of the cache.
type duplicates struct {
	numbers numbering
	open    []openSession // by number
	order   []neighbours  // by number
	oldest  int32         // 1 + the least recent session, 0 if there is none
	newest  int32
	unused  int32 // 1 + first unused number, chained by neighbours.next

	more     []moreEvents              // what openSession.ids has no room for
	spare    int32                     // 1 + first unused index of more, chained by next
	many     map[sessionEvent]struct{} // what is in more of sessions that are too long to look through
	digester digester
}

// openSession is a session that may go on: 64 bytes.
type openSession struct {
	id    digest
	last  int64 // newest arrival in µs
	more  int32 // 1 + index in more of the newest ids that are not in ids, 0 if there are none
	count int32 // of ids
	ids   [4]uint64
}

// neighbours are the sessions that were active before and after one: 1 + number, 0 for none.
type neighbours struct{ prev, next int32 }

// moreEvents are event ids of a session, and those that came before them: 64 bytes.
type moreEvents struct {
	ids   [7]uint64
	count int32
	next  int32
}

// sessionEvent is an event of a session. See digester.within.
type sessionEvent struct {
	session int32
	id      uint64
}

// Bounds of the memory of duplicates: a session closes after an hour without records, and the least recent ones of too many.
const (
	sessionTTL    = time.Hour
	maxSessions   = 200_000
	maxSessionIDs = 4096 // ids remembered for one session
	fewSessionIDs = 32   // so many are looked through
)

func newDuplicates() *duplicates {
	return &duplicates{numbers: newNumbering(), many: map[sessionEvent]struct{}{}, digester: newDigester()}
}

// seen takes note of an event and reports whether its id has occurred in the session before. Events without id are never
// duplicates.
func (d *duplicates) seen(session, id string, arrival time.Time) bool {
	if id == "" || session == "" {
		return false
	}
	s := d.digester.of(session)
	return d.note(s, d.digester.within(s, id), arrival.UnixMicro())
}

// note is seen for digests.
func (d *duplicates) note(session digest, id uint64, arrival int64) bool {
	d.expire(arrival)
	number := d.numbers.find(session, d.open)
	if number >= 0 {
		d.unlink(number)
	} else {
		number = d.begin(session, arrival)
	}
	d.link(number)
	s := &d.open[number]
	s.last = max(s.last, arrival)
	if d.knows(number, id) {
		return true
	}
	if s.count < maxSessionIDs {
		d.remember(number, id)
	}
	return false
}

func (d *duplicates) knows(number int32, id uint64) bool {
	s := &d.open[number]
	if s.count > fewSessionIDs {
		_, ok := d.many[sessionEvent{number, id}]
		return ok || slices.Contains(s.ids[:], id)
	}
	if slices.Contains(s.ids[:min(int(s.count), len(s.ids))], id) {
		return true
	}
	for at := s.more; at > 0; at = d.more[at-1].next {
		if m := &d.more[at-1]; slices.Contains(m.ids[:m.count], id) {
			return true
		}
	}
	return false
}

// begin opens a session, which is not in the order of activity yet.
func (d *duplicates) begin(id digest, arrival int64) int32 {
	number := d.unused - 1
	if number < 0 {
		number = int32(len(d.open))
		d.open, d.order = append(d.open, openSession{}), append(d.order, neighbours{})
	} else {
		d.unused = d.order[number].next
	}
	d.open[number] = openSession{id: id, last: arrival}
	d.numbers.add(id, number)
	return number
}

func (d *duplicates) remember(number int32, id uint64) {
	s := &d.open[number]
	if s.count++; int(s.count) <= len(s.ids) {
		s.ids[s.count-1] = id
		return
	}
	if s.more == 0 || int(d.more[s.more-1].count) == len(moreEvents{}.ids) {
		s.more = d.extend(s.more)
	}
	m := &d.more[s.more-1]
	m.ids[m.count] = id
	switch m.count++; {
	case s.count == fewSessionIDs+1:
		for known := range d.beyond(s) {
			d.many[sessionEvent{number, known}] = struct{}{}
		}
	case s.count > fewSessionIDs:
		d.many[sessionEvent{number, id}] = struct{}{}
	}
}

// extend makes room for more ids before those that a session has.
func (d *duplicates) extend(before int32) (more int32) {
	if d.spare == 0 {
		d.more = append(d.more, moreEvents{next: before})
		return int32(len(d.more))
	}
	more = d.spare
	m := &d.more[more-1]
	d.spare = m.next
	*m = moreEvents{next: before}
	return more
}

// beyond yields the ids of a session that are not in its ids, a later one of two first, unless both are in the same moreEvents.
func (d *duplicates) beyond(s *openSession) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for at := s.more; at > 0; at = d.more[at-1].next {
			m := &d.more[at-1]
			for _, id := range m.ids[:m.count] {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// link makes a session the most recent.
func (d *duplicates) link(number int32) {
	d.order[number] = neighbours{prev: d.newest}
	if d.newest > 0 {
		d.order[d.newest-1].next = number + 1
	} else {
		d.oldest = number + 1
	}
	d.newest = number + 1
}

func (d *duplicates) unlink(number int32) {
	n := d.order[number]
	if n.prev > 0 {
		d.order[n.prev-1].next = n.next
	} else {
		d.oldest = n.next
	}
	if n.next > 0 {
		d.order[n.next-1].prev = n.prev
	} else {
		d.newest = n.prev
	}
}

func (d *duplicates) expire(now int64) {
	for d.oldest > 0 {
		if d.numbers.count < maxSessions && now-d.open[d.oldest-1].last < sessionTTL.Microseconds() {
			return
		}
		d.forget(d.oldest - 1)
	}
}

// forget closes a session.
func (d *duplicates) forget(number int32) {
	s := &d.open[number]
	if s.count > fewSessionIDs {
		for id := range d.beyond(s) {
			delete(d.many, sessionEvent{number, id})
		}
	}
	for at := s.more; at > 0; {
		m := &d.more[at-1]
		at, m.next, d.spare = m.next, d.spare, at
	}
	d.numbers.remove(s.id, number)
	d.unlink(number)
	d.order[number].next, d.unused = d.unused, number+1
}
