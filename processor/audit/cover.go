package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// streamReading is what the stream has of one shard.
type streamReading struct {
	records       int64
	oldest        number // zero when there was no record
	newest        number
	verified      int64 // links whose hash was recomputed from the stream
	lost          int64
	beforeLog     int64     // records that arrived before the chain began
	pending       int64     // records after the end of an open chain
	pendingOldest time.Time // arrival of the first of them
	inGaps        []int64   // records in each of the shard's accepted gaps
}

// cover lays the records of a shard, in order, over the links of its chain.
type cover struct {
	auditor *auditor
	shard   *shard
	// inherits says that a parent has records in this log, so that all records of the shard belong to it.
	inherits bool
	reading  streamReading
	acks     *ackRange
	found    []Anomaly
	doubts   []doubt

	i     int // the chain's first link that does not end before the last record
	link  linkCheck
	lost  lostRun
	bases []string // possible hashes of the chain before link i
}

// doubt is an anomaly that trimming explains when the stream does not have the record first any more.
type doubt struct {
	first   number
	anomaly Anomaly
}

// linkCheck rebuilds the hash of one link.
type linkCheck struct {
	index   int  // of the link, -1 for none
	whole   bool // its first record was seen
	records int64
	last    number
	hashes  []*chain.Hash
}

// lostRun counts records, one after the other, that are in no link.
type lostRun struct {
	records int64
	first   string
	key     string
	where   string
}

func newCover(a *auditor, s *shard) *cover {
	c := &cover{auditor: a, shard: s, acks: a.acks.all(s.id), link: linkCheck{index: -1}, reading: streamReading{inGaps: make([]int64, len(s.passed))}}
	if len(s.chain) > 0 && s.chain[0].follows {
		c.bases = []string{""}
	}
	if s.start != nil {
		c.inherits = slices.ContainsFunc(s.start.Parents, func(id string) bool {
			p := a.shards[id]
			return p != nil && len(p.chain) > 0
		})
	}
	return c
}

// add takes the next records.
func (c *cover) add(records []event.Record) error {
	for i := range records {
		r := &records[i]
		n, err := parseNumber(r.SequenceNumber)
		if err != nil {
			return err
		}
		if n.compare(c.reading.newest) <= 0 {
			return fmt.Errorf("the stream is out of order: %s comes after %s", r.SequenceNumber, c.reading.newest)
		}
		c.addRecord(n, r)
	}
	return nil
}

// beyond reports whether these last records are past all links and younger than the audit: what follows them need not be read.
func (c *cover) beyond(records []event.Record) bool {
	if len(records) == 0 || c.i < len(c.shard.chain) {
		return false
	}
	return records[len(records)-1].Arrival.After(c.auditor.began)
}

func (c *cover) addRecord(n number, r *event.Record) {
	if c.reading.records++; c.reading.records == 1 {
		c.reading.oldest = n
	}
	c.reading.newest = n
	links := c.shard.chain
	for c.i < len(links) && links[c.i].last.compare(n) < 0 {
		c.closeLink()
	}
	switch {
	case c.i < len(links) && links[c.i].first.compare(n) <= 0:
		c.endRun()
		c.inside(n, r)
	case c.givenUp(n):
		c.endRun()
	case c.i == 0 && c.early(n):
		c.before(r)
	case c.i < len(links):
		c.lose(r, c.key(c.i), "between this link and the one before it")
	default:
		c.behind(r)
	}
}

func (c *cover) key(i int) string {
	l := &c.shard.chain[i]
	return linkKey(c.auditor.o.Layout, c.shard.id, l.hour, l.first)
}

// givenUp counts a record that lies in an accepted gap.
func (c *cover) givenUp(n number) bool {
	for i := range c.shard.passed {
		if c.shard.passed[i].has(n) && !(c.i == 0 && c.early(n)) {
			c.reading.inGaps[i]++
			return true
		}
	}
	return false
}

// early reports whether a record is before the first one of the chain, known from the start mark or the first link.
func (c *cover) early(n number) bool {
	if start := c.shard.start; start != nil {
		first, _ := parseNumber(start.First) // validated when it was read
		return start.First == "" || n.compare(first) < 0
	}
	return len(c.shard.chain) > 0
}

// before counts a record that precedes the chain: it is lost if it belongs to the log.
func (c *cover) before(r *event.Record) {
	began := c.auditor.o.Began
	if c.inherits || !began.IsZero() && !r.Arrival.Before(began) {
		c.lose(r, c.auditor.o.Layout.StartKey(c.shard.id), "before the record with which the chain begins")
		return
	}
	c.reading.beforeLog++
}

// behind counts a record after the last link.
func (c *cover) behind(r *event.Record) {
	s := c.shard
	if s.endFound && !s.endedLate {
		c.lose(r, c.auditor.o.Layout.EndKey(s.id), "after the end of the chain, which has an end mark")
		return
	}
	if c.reading.pending++; c.reading.pending == 1 {
		c.reading.pendingOldest = r.Arrival
	}
	c.acks.mark(r.SequenceNumber, waiting)
}

// lose adds a record to those that are in no link.
func (c *cover) lose(r *event.Record, key, where string) {
	if c.lost.key != key {
		c.endRun()
		c.lost = lostRun{first: r.SequenceNumber, key: key, where: where}
	}
	c.lost.records++
	c.reading.lost++
}

// endRun names the records that were lost one after the other.
func (c *cover) endRun() {
	if c.lost.records > 0 {
		c.found = append(c.found, Anomaly{
			Kind: Lost, Shard: c.shard.id, Key: c.lost.key,
			Meaning: fmt.Sprintf("%d records of the stream, the first of them %s, lie %s and are in no link.", c.lost.records, c.lost.first, c.lost.where),
		})
	}
	c.lost = lostRun{}
}

// inside adds a record to the check of the link that it lies in.
func (c *cover) inside(n number, r *event.Record) {
	k := &c.link
	if k.index != c.i {
		*k = linkCheck{index: c.i, whole: n == c.shard.chain[c.i].first}
		for _, base := range c.bases {
			k.hashes = append(k.hashes, chain.NewHash(base))
		}
	}
	k.records++
	k.last = n
	for _, h := range k.hashes {
		h.Add(r.SequenceNumber, r.Data)
	}
}

// closeLink judges the link that the stream has passed.
func (c *cover) closeLink() {
	l := &c.shard.chain[c.i]
	k := &c.link
	if k.index != c.i {
		*k = linkCheck{index: c.i}
	}
	sums := []string{l.hashText()}
	if c.reading.oldest.compare(l.first) <= 0 {
		sums = c.judgeLink(l, sums)
	}
	c.bases = sums
	c.i++
	c.link = linkCheck{index: -1}
	if c.i < len(c.shard.chain) && !c.shard.chain[c.i].follows {
		c.bases = nil
	}
}

// judgeLink compares a link with the records that the stream has in its range, and returns the hashes that its successor's
// may begin with: its own, and, lest a wrong one spoil the successor's, the one that it should have.
func (c *cover) judgeLink(l *link, sums []string) []string {
	k := &c.link
	if !k.whole || k.last != l.last || k.records != l.records {
		c.doubt(l, Phantom, "It says that it has %d records from %s to %s, the stream has %d there.", l.records, l.first, l.last, k.records)
		return sums
	}
	if len(k.hashes) == 0 {
		return sums
	}
	for _, h := range k.hashes {
		if h.Sum() == l.hashText() {
			c.reading.verified++
			return sums
		}
	}
	c.doubt(l, HashDiffer, "Its hash is not that of the records that the stream has in its range: it was made from other bytes, or after another predecessor.")
	return append(sums, k.hashes[0].Sum())
}

func (c *cover) doubt(l *link, kind Kind, format string, args ...any) {
	c.doubts = append(c.doubts, doubt{l.first, Anomaly{Kind: kind, Shard: c.shard.id, Key: c.key(c.i), Meaning: fmt.Sprintf(format, args...)}})
}

// finish judges what the last record did not pass. Without any record, the stream says nothing.
func (c *cover) finish() {
	c.endRun()
	if c.reading.records == 0 {
		return
	}
	for c.i < len(c.shard.chain) {
		c.closeLink()
	}
}
