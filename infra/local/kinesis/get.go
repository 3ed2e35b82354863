package kinesis

import (
	"errors"
	"os"
)

const (
	maxReadRecords = 10_000
	maxReadBytes   = 10 << 20 // of keys and data in one response
)

type getRecordsRequest struct {
	ShardIterator string `json:"ShardIterator"`
	Limit         *int64 `json:"Limit"`
	StreamARN     string `json:"StreamARN"`
	DryRun        bool   `json:"DryRun"`
}

// reading is one GetRecords while it is carried out.
type reading struct {
	now      int64
	position token
	ref      streamRef
	limit    int
	dryRun   bool

	stream *stream
	shard  *partition
	view   view
	closed bool // the shard was closed when the view was taken

	records  int
	bytes    int
	next     uint64 // first counter not returned
	lastSeen int64  // arrival of the last record returned
	more     bool   // the log had records behind those returned
	capped   bool   // the read ended because of its bytes
}

func (s *Service) getRecords(c *call) error {
	rd, err := openReading(c)
	if err != nil {
		return err
	}
	start := len(c.out)
	err = whole(func() error {
		return s.with(rd.ref, c.now, rd.take)
	}, func() error {
		c.out = append(c.out[:start], `{"Records":[`...)
		return rd.encode(c)
	})
	if err != nil {
		return err
	}
	return s.with(rd.ref, c.now, func(st *stream) error { return rd.finish(st, c) })
}

// maxViews is how often a read looks again because the segments of its view were trimmed before it came to read them.
const maxViews = 10

// whole takes a view and reads it, until none of its segments is trimmed in between.
func whole(take, read func() error) error {
	var err error
	for range maxViews {
		if err = take(); err != nil {
			return err
		}
		if err = read(); !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return err
}

// openReading checks a request as far as that is possible without its stream.
func openReading(c *call) (*reading, error) {
	var r getRecordsRequest
	if err := decode(c.body, &r); err != nil {
		return nil, err
	}
	if r.Limit != nil && *r.Limit > maxReadRecords {
		return nil, invalidArgument("Limit %d is larger than the maximum of %d records.", *r.Limit, maxReadRecords)
	}
	var v violations
	v.between("limit", r.Limit, 1, maxReadRecords)
	if err := v.err(); err != nil {
		return nil, err
	}
	position, err := openIterator(c.now, r.ShardIterator)
	if err != nil {
		return nil, err
	}
	rd := &reading{now: c.now, position: position, limit: maxReadRecords, dryRun: r.DryRun}
	rd.ref = streamRef{StreamName: position.stream, StreamARN: r.StreamARN}
	if r.Limit != nil {
		rd.limit = int(*r.Limit)
	}
	return rd, nil
}

// take takes a view of the shard under the lock of the stream.
func (rd *reading) take(st *stream) error {
	p, err := rd.find(st)
	if err != nil {
		return err
	}
	if rd.dryRun {
		return dryRun()
	}
	if first := rd.stream == nil; first && st.options.EnforceLimits && !p.reads.admit(nanos(rd.now)) {
		return throttled("Rate exceeded for shard %s in stream %s under account %s.", p.id, st.name, st.account.id)
	}
	if err := p.log.trim(st.state.cutoff(rd.now)); err != nil {
		return err
	}
	rd.stream, rd.shard = st, p
	rd.view, rd.closed = p.log.view(rd.position.counter), !st.state.Topology.find(p.index).open()
	return nil
}

func (rd *reading) find(st *stream) (*partition, error) {
	p, err := st.readable(rd.now, shardID(rd.position.shard))
	if err == nil && st.epoch != rd.position.epoch {
		err = notFound("Shard %s in stream %s under account %s does not exist", p.id, st.name, st.account.id)
	}
	return p, err
}

// encode appends the records of the view.
func (rd *reading) encode(c *call) error {
	rd.records, rd.bytes, rd.next, rd.capped = 0, 0, rd.position.counter, false
	err := rd.view.scan(func(r record) bool {
		if !rd.fits(r) {
			return false
		}
		if rd.records > 0 {
			c.out = append(c.out, ',')
		}
		c.out = appendRecord(c.out, rd.sequence(r), r)
		rd.records++
		rd.bytes += r.bytes()
		rd.next, rd.lastSeen = r.counter+1, r.arrival
		return true
	})
	rd.more = !rd.view.empty() && rd.next <= rd.view.last
	return err
}

// fits reports whether one more record may be returned. The first one always may, since limits are at least 1 and no record is
// larger than a response.
func (rd *reading) fits(r record) bool {
	rd.capped = rd.bytes+r.bytes() > maxReadBytes
	return rd.records < rd.limit && !rd.capped
}

func (rd *reading) sequence(r record) sequence {
	return rd.stream.sequence(rd.shard.index, stamp{Counter: r.counter, Millis: r.arrival})
}

// finish pays for the read and appends the rest of the response.
func (rd *reading) finish(st *stream, c *call) error {
	rd.shard.reads.charge(nanos(rd.now), int64(rd.bytes), rd.capped || rd.bytes == maxReadBytes)
	c.out = append(c.out, `],"MillisBehindLatest":`...)
	c.out = appendInt(c.out, rd.behind())
	if rd.more || !rd.closed {
		c.out = append(c.out, `,"NextShardIterator":"`...)
		c.out = append(c.out, st.iterator(rd.now, rd.shard, rd.next).String()...)
		c.out = append(c.out, '"', '}')
		return nil
	}
	c.out = append(c.out, `,"ChildShards":[`...)
	for i, child := range st.state.Topology.children(rd.shard.index) {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = appendChild(c.out, child)
	}
	c.out = append(c.out, ']', '}')
	return nil
}

// behind is the age of the last record returned if more are stored behind it, and 0 if not. It is never 0 while there are.
func (rd *reading) behind() int64 {
	if !rd.more {
		return 0
	}
	return max(rd.now-rd.lastSeen, 1)
}
