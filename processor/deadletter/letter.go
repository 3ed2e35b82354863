package deadletter

import (
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/event"
)

// Letter is one row with an error.
type Letter struct {
	Object   string // key of the object that holds the row
	Shard    string
	Sequence string // of the Kinesis record, not padded
	Sub      int32  // position in a KPL aggregate, else 0
	Line     int32  // line of a newline-delimited payload, else 0
	Arrival  time.Time
	Error    string // class: reason
	KeyID    string // of the key that sealed Raw, empty when it is in clear
	Raw      []byte // as it stands in the row
}

// Class returns the class of the error.
func (l *Letter) Class() string {
	class, _, _ := strings.Cut(l.Error, ":")
	return class
}

// Size is the number of bytes that could not be decoded.
func (l *Letter) Size() int {
	if l.KeyID == "" {
		return len(l.Raw)
	}
	return max(0, len(l.Raw)-event.SealOverhead)
}

// row has the columns of table.Row that a Letter is made of.
type row struct {
	ShardID        string    `parquet:"shard_id,id(1),dict"`
	SequenceNumber string    `parquet:"sequence_number,id(2)"`
	SubSequence    int32     `parquet:"sub_sequence,id(3)"`
	Line           int32     `parquet:"line,id(4)"`
	ArrivalTime    time.Time `parquet:"arrival_time,id(7),timestamp(microsecond)"`
	KeyID          *string   `parquet:"key_id,id(12),optional,dict"`
	Error          *string   `parquet:"error,id(23),optional,dict"`
	Raw            *[]byte   `parquet:"raw,id(24),optional"`
}

func (r *row) letter(object string) *Letter {
	l := &Letter{
		Object: object, Shard: r.ShardID, Sequence: chain.Unpad(r.SequenceNumber), Sub: r.SubSequence, Line: r.Line, Arrival: r.ArrivalTime, Error: *r.Error,
	}
	if r.KeyID != nil {
		l.KeyID = *r.KeyID
	}
	if r.Raw != nil {
		l.Raw = *r.Raw
	}
	return l
}
