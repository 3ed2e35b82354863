package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/event"
)

// contents is a shard's processor.Contents: the model is a digest for each session, an object the rows with the digests. It
// finds out at once when a record is left out, repeated or out of order within its session.
type contents struct {
	node  *node
	shard string
	open  []row
	ended bool // the open object has been sealed
	count [sessions]int
	state [sessions]uint64
}

var _ processor.Contents = (*contents)(nil)

func (n *node) newContents(_ processor.Config, s processor.Shard, _ processor.Observer) (processor.Contents, error) {
	return &contents{node: n, shard: s.ID}, nil
}

// fold adds a record to the state.
func (c *contents) fold(session, n int) row {
	if n <= c.count[session] || !c.node.stream.givenUp(session, c.count[session], n) {
		c.node.fail("%s folds record %d of session %d after record %d in %s", c.node.name, n, session, c.count[session], c.shard)
	}
	c.count[session] = n
	c.state[session] = fold(c.state[session], session, n)
	return row{session: session, n: n, digest: c.state[session]}
}

// Add implements processor.Contents.
func (c *contents) Add(r *event.Record) (int, error) {
	c.node.alive()
	c.unsealed()
	session, _ := strconv.Atoi(r.PartitionKey)
	var n int
	if _, err := fmt.Sscanf(string(r.Data), "%d %d", &session, &n); err != nil {
		return 0, err
	}
	return c.add(r, session, n), nil
}

func (c *contents) add(r *event.Record, session, n int) int {
	if !c.node.beside {
		c.node.processed(r.SequenceNumber)
	}
	row := c.fold(session, n)
	row.sequence, row.arrival = r.SequenceNumber, r.Arrival
	c.open = append(c.open, row)
	return 1
}

// Again implements processor.Contents.
func (c *contents) Again(ctx context.Context, body []byte, each func(*event.Record, int) error) error {
	for _, old := range decodeRows(body) {
		c.node.alive()
		c.unsealed()
		if err := c.node.Sleep(ctx, rereadTime); err != nil {
			return err
		}
		r := event.Record{SequenceNumber: old.sequence, PartitionKey: strconv.Itoa(old.session), Arrival: old.arrival}
		if err := each(&r, c.add(&r, old.session, old.n)); err != nil {
			return err
		}
	}
	return nil
}

// rereadTime is how long it takes to process a record of the past: long enough for something to happen in the middle of a link.
const rereadTime = 15 * time.Millisecond

// Rest implements processor.Contents.
func (c *contents) Rest() {}

// Bytes implements processor.Contents.
func (c *contents) Bytes() int64 { return int64(len(c.open)) * rowBytes }

// Rows implements processor.Contents.
func (c *contents) Rows() int { return len(c.open) }

// Heap implements processor.Contents.
func (c *contents) Heap() int64 { return int64(len(c.open)) * rowHeap }

// rowHeap is the size of a row that is open.
const rowHeap = 40

// Reset implements processor.Contents.
func (c *contents) Reset() { c.open, c.ended = c.open[:0], false }

// State implements processor.Contents.
func (c *contents) State() ([]byte, error) {
	return binary.Append(nil, binary.BigEndian, struct {
		Count [sessions]int64
		State [sessions]uint64
	}{c.counts(), c.state})
}

func (c *contents) counts() (n [sessions]int64) {
	for i := range n {
		n[i] = int64(c.count[i])
	}
	return n
}

// Covers implements processor.Contents.
func (c *contents) Covers(string, string) bool { return true }

// Load implements processor.Contents. Of a session that both parents of a merge know, one knows more.
func (c *contents) Load(state []byte) error {
	var s struct {
		Count [sessions]int64
		State [sessions]uint64
	}
	if _, err := binary.Decode(state, binary.BigEndian, &s); err != nil {
		return err
	}
	for i := range s.Count {
		if int(s.Count[i]) > c.count[i] {
			c.count[i], c.state[i] = int(s.Count[i]), s.State[i]
		}
	}
	return nil
}

// unsealed checks that nothing is done with an object that has been sealed.
func (c *contents) unsealed() {
	if c.ended {
		c.node.fail("%s goes on with an object of %s that it has sealed", c.node.name, c.shard)
	}
}

// rowBytes is the size of an encoded row.
const rowBytes = 32

// Seal implements processor.Contents.
func (c *contents) Seal(map[string]string) ([]byte, error) {
	c.unsealed()
	c.ended = true
	body := make([]byte, 0, len(c.open)*rowBytes)
	for _, r := range c.open {
		body = binary.BigEndian.AppendUint32(body, uint32(r.session))
		body = binary.BigEndian.AppendUint32(body, uint32(r.n))
		body = binary.BigEndian.AppendUint64(body, r.digest)
		sequence, _ := strconv.ParseUint(r.sequence, 10, 64)
		body = binary.BigEndian.AppendUint64(body, sequence)
		body = binary.BigEndian.AppendUint64(body, uint64(r.arrival.UnixMilli()))
	}
	return body, nil
}

// decodeRows is the inverse of Seal.
func decodeRows(body []byte) (rows []row) {
	for ; len(body) >= rowBytes; body = body[rowBytes:] {
		rows = append(rows, row{
			session: int(binary.BigEndian.Uint32(body)), n: int(binary.BigEndian.Uint32(body[4:])), digest: binary.BigEndian.Uint64(body[8:]),
			sequence: strconv.FormatUint(binary.BigEndian.Uint64(body[16:]), 10), arrival: time.UnixMilli(int64(binary.BigEndian.Uint64(body[24:]))).UTC(),
		})
	}
	return rows
}

// Restore implements processor.Contents.
func (c *contents) Restore(_ context.Context, body []byte) error {
	for _, r := range decodeRows(body) {
		if got := c.fold(r.session, r.n); got.digest != r.digest {
			c.node.fail("the state that %s restores in %s is not the one that the log was made with", c.node.name, c.shard)
		}
	}
	return nil
}
