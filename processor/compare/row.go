package compare

import (
	"bytes"
	"context"
	"time"

	"github.com/streamrec/streamrec/processor/table"
)

// Row has the columns of table.Row that say what a session did, and what was recommended then.
type Row struct {
	SequenceNumber string    `parquet:"sequence_number"`
	SubSequence    int32     `parquet:"sub_sequence"`
	Line           int32     `parquet:"line"`
	ArrivalTime    time.Time `parquet:"arrival_time,timestamp(microsecond)"`
	SessionID      *string   `parquet:"session_id,optional,dict"`
	BrowseHistory  []Entry   `parquet:"browse_history,list,optional"`
	Lists          []Listed  `parquet:"recommendations,list,optional"`
	Duplicate      bool      `parquet:"duplicate"`
}

// Entry is one of a Row's browse history.
type Entry struct {
	ProductCode *string `parquet:"product_code,optional,dict"`
}

// Listed is a product that was recommended, the best one first.
type Listed struct {
	ProductCode string `parquet:"product_code,dict"`
}

// Read returns the rows of an object of the log. Its errors are those of table.Read.
func Read(ctx context.Context, body []byte) (rows []Row, err error) {
	rows = []Row{}
	err = table.Read(ctx, bytes.NewReader(body), int64(len(body)), func(chunk []Row) error {
		rows = append(rows, chunk...)
		return nil
	})
	return rows, err
}

// is reports whether two rows are of the same event.
func (r *Row) is(o *Row) bool {
	return r.SequenceNumber == o.SequenceNumber && r.SubSequence == o.SubSequence && r.Line == o.Line
}

// Product returns what the row is about: the newest product of its session. Empty: nothing that counts, or for the second time.
func (r *Row) Product() string {
	n := len(r.BrowseHistory)
	if r.SessionID == nil || r.Duplicate || n == 0 || r.BrowseHistory[n-1].ProductCode == nil {
		return ""
	}
	return *r.BrowseHistory[n-1].ProductCode
}
