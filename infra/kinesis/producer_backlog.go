package kinesis

import (
	"container/heap"
	"time"
)

// waiting is an accepted record that is not settled.
type waiting struct {
	Record
	accepted time.Time
	flushes  int // how many flushes had begun when it was accepted
	attempts int // requests that carried it
	alone    int // at most so many records may share its next request; 0 means as many as fit
}

// lane holds the unsettled records of one partition key in the order of Put. Only its head is ever sent, and the next
// only after the head is settled: of two records in one request the service may take the later and refuse the earlier.
//
// A lane is in one of three places: the ready queue, the hold heap, or a batch under way.
type lane struct {
	records fifo[*waiting]
	until   time.Time // when held
}

func (l *lane) head() *waiting { return l.records.front() }

// backlog decides which records may be sent now. It knows no clock and starts nothing. The zero value is not usable.
type backlog struct {
	lanes map[string]*lane
	ready fifo[*lane]
	held  holdHeap

	records, bytes int // unsettled, also those under way
	readyBytes     int // of the heads of the ready lanes
}

func newBacklog() backlog { return backlog{lanes: make(map[string]*lane)} }

// push appends a record to its key's lane.
func (b *backlog) push(w *waiting) {
	b.records++
	b.bytes += w.size()
	l, ok := b.lanes[w.Key]
	if !ok {
		l = new(lane)
		b.lanes[w.Key] = l
	}
	l.records.push(w)
	if l.records.len() == 1 {
		b.enqueue(l)
	}
}

// enqueue makes a lane ready.
func (b *backlog) enqueue(l *lane) {
	b.ready.push(l)
	b.readyBytes += l.head().size()
}

// full reports whether the ready heads fill a request.
func (b *backlog) full() bool {
	return b.ready.len() >= maxRequestRecords || b.readyBytes >= maxRequestBytes
}

// oldest is when the head that would be sent first was accepted; false when none is ready.
func (b *backlog) oldest() (time.Time, bool) {
	if b.ready.len() == 0 {
		return time.Time{}, false
	}
	return b.ready.front().head().accepted, true
}

// take removes the next batch from the ready queue: heads of different lanes, as many as fit into one request. Each of
// them must come back through settle, hold or retry.
func (b *backlog) take() []*lane {
	batch := make([]*lane, 0, min(b.ready.len(), maxRequestRecords))
	room, size := maxRequestRecords, 0
	for b.ready.len() > 0 && len(batch) < room {
		l := b.ready.front()
		w := l.head()
		if w.alone > 0 {
			room = min(room, w.alone)
		}
		if len(batch) > 0 && (len(batch) >= room || size+w.size() > maxRequestBytes) {
			break
		}
		b.ready.pop()
		b.readyBytes -= w.size()
		size += w.size()
		batch = append(batch, l)
	}
	return batch
}

// settle removes the head of a lane that was under way; the next record of the key may go.
func (b *backlog) settle(l *lane) *waiting {
	w := l.records.pop()
	b.records--
	b.bytes -= w.size()
	if l.records.len() == 0 {
		delete(b.lanes, w.Key)
	} else {
		b.enqueue(l)
	}
	return w
}

// retry makes a lane that was under way ready again.
func (b *backlog) retry(l *lane) { b.enqueue(l) }

// hold keeps a lane that was under way back until the given time.
func (b *backlog) hold(l *lane, until time.Time) {
	l.until = until
	heap.Push(&b.held, l)
}

// release makes the lanes ready whose hold has passed.
func (b *backlog) release(now time.Time) {
	for len(b.held) > 0 && !b.held[0].until.After(now) {
		b.enqueue(heap.Pop(&b.held).(*lane))
	}
}

// nextRelease is when the first hold passes; false when nothing is held.
func (b *backlog) nextRelease() (time.Time, bool) {
	if len(b.held) == 0 {
		return time.Time{}, false
	}
	return b.held[0].until, true
}

// drain empties the backlog: every unsettled record, in the order of Put within a key. Nothing may be under way.
func (b *backlog) drain(each func(*waiting)) {
	for _, l := range b.lanes {
		for l.records.len() > 0 {
			each(l.records.pop())
		}
	}
	*b = newBacklog()
}

// holdHeap orders lanes by the end of their hold.
type holdHeap []*lane

func (h holdHeap) Len() int           { return len(h) }
func (h holdHeap) Less(i, j int) bool { return h[i].until.Before(h[j].until) }
func (h holdHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *holdHeap) Push(x any)        { *h = append(*h, x.(*lane)) }
func (h *holdHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
