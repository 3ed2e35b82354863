package main

import (
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/processor"
	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// rowCounter logs every commit, and counts what it has.
type rowCounter struct {
	log       logrus.FieldLogger
	rows      atomic.Int64
	bad       atomic.Int64
	committed atomic.Int64 // rows
}

var _ processor.Observer = (*rowCounter)(nil)

func newRowCounter(log logrus.FieldLogger) *rowCounter { return &rowCounter{log: log} }

// Processed implements processor.Observer.
func (c *rowCounter) Processed(_ string, row *table.Row) {
	c.rows.Add(1)
	if row.Error != nil {
		c.bad.Add(1)
	}
}

// Committed implements processor.Observer.
func (c *rowCounter) Committed(shard string, link chain.Batch, took time.Duration) {
	c.committed.Add(int64(link.Rows))
	c.log.WithFields(logrus.Fields{
		"shard": shard, "first": link.First, "last": link.Last, "records": link.Records, "rows": link.Rows, "bytes": len(link.Body),
		"took_ms": took.Milliseconds(), "total_rows": c.rows.Load(), "total_errors": c.bad.Load(),
	}).Info("batch committed")
}

// sum logs what the worker has done in its life. Rows that it processed and did not commit are processed again by others.
func (c *rowCounter) sum() {
	c.log.WithFields(logrus.Fields{"rows": c.rows.Load(), "committed": c.committed.Load(), "errors": c.bad.Load()}).Info("worker sums up")
}
