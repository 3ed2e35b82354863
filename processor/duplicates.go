package processor

import (
	"slices"
	"time"
)

// duplicates remembers the event ids of open sessions. It is session context: restored from the log with the rest of it.
// What it forgets is a function of the records alone, so that every owner forgets the same.
//
// It holds digests, not texts: a busy shard has a million ids. Nothing in it is a pointer that a garbage collection would follow, and what most events
// need is in one line of the cache.
type duplicates struct {
	numbers map[digest]int32
	open    []openSession // by number
	order   []neighbours  // by number
	oldest  int32         // 1 + the least recent session, 0 if there is none
	newest  int32
	unused  int32 // 1 + first unused number, chained by neighbours.next

	more     map[sessionEvent]struct{} // what openSession.ids has no room for
	known    []knownEvent              // the same, by session
	unknown  int32                     // 1 + first unused index of known, chained by next
	digester digester
}

// openSession is a session that may go on: 64 bytes.
type openSession struct {
	id    digest
	last  int64 // newest arrival in µs
	more  int32 // 1 + index in known of the newest id that is not in ids
	count int32 // of ids
	ids   [4]uint64
}

// neighbours are the sessions that were active before and after one: 1 + number, 0 for none.
type neighbours struct{ prev, next int32 }

// sessionEvent is an event of a session. See digester.within.
type sessionEvent struct {
	session int32
	id      uint64
}

// knownEvent is an event id of a session, and the one that came before it.
type knownEvent struct {
	id   uint64
	next int32
}

// Bounds of the memory of duplicates: a session closes after an hour without records, and the least recent ones of too many.
const (
	sessionTTL    = time.Hour
	maxSessions   = 200_000
	maxSessionIDs = 4096 // ids remembered for one session
)

func newDuplicates() *duplicates {
	return &duplicates{numbers: map[digest]int32{}, more: map[sessionEvent]struct{}{}, digester: newDigester()}
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
	number, ok := d.numbers[session]
	if ok {
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
	if slices.Contains(s.ids[:min(int(s.count), len(s.ids))], id) {
		return true
	}
	if s.more == 0 {
		return false
	}
	_, ok := d.more[sessionEvent{number, id}]
	return ok
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
	d.numbers[id] = number
	return number
}

func (d *duplicates) remember(number int32, id uint64) {
	s := &d.open[number]
	if s.count++; int(s.count) <= len(s.ids) {
		s.ids[s.count-1] = id
		return
	}
	at := d.unknown - 1
	if at < 0 {
		at = int32(len(d.known))
		d.known = append(d.known, knownEvent{})
	} else {
		d.unknown = d.known[at].next
	}
	d.known[at] = knownEvent{id, s.more}
	s.more = at + 1
	d.more[sessionEvent{number, id}] = struct{}{}
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
		if len(d.numbers) < maxSessions && now-d.open[d.oldest-1].last < sessionTTL.Microseconds() {
			return
		}
		d.forget(d.oldest - 1)
	}
}

// forget closes a session.
func (d *duplicates) forget(number int32) {
	s := &d.open[number]
	for k := s.more; k > 0; {
		e := &d.known[k-1]
		delete(d.more, sessionEvent{number, e.id})
		k, e.next, d.unknown = e.next, d.unknown, k
	}
	delete(d.numbers, s.id)
	d.unlink(number)
	d.order[number].next, d.unused = d.unused, number+1
}
