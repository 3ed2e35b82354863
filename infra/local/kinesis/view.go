package kinesis

import "sort"

// view is what a log held at some moment from a position on. It is read without a lock.
type view struct {
	parts []part
	from  uint64 // the first counter of interest
	last  uint64 // counter of the newest record of the log, which may be behind the parts
}

// viewBytes is about what one GetRecords returns, with the frames' overhead.
const viewBytes = maxReadBytes + maxReadRecords*frameFixed

// view takes a view that begins at the counter, or at the oldest record behind it.
func (l *shardLog) view(from uint64) view {
	v := view{from: max(from, l.head)}
	v.last, _ = l.last()
	if len(l.segments) == 0 || v.last < v.from {
		return v
	}
	behind := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].first > v.from })
	at := max(behind-1, 0)
	start := l.segments[at].markAtCounter(v.from)
	for size := 0; at < len(l.segments) && size < viewBytes; at++ {
		v.parts = append(v.parts, l.segments[at].from(start))
		size += l.segments[at].committed.size - start.offset
		start = mark{}
	}
	return v
}

// empty reports whether nothing is stored from the position on.
func (v view) empty() bool { return len(v.parts) == 0 }

// scan calls visit with the records of the view until that returns false.
func (v view) scan(visit func(record) bool) error {
	more := true
	for _, p := range v.parts {
		err := p.scan(func(r record) bool {
			more = r.counter < v.from || visit(r)
			return more
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}
