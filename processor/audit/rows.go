package audit

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// row has the columns of table.Row that the audit reads.
type row struct {
	ShardID        string    `parquet:"shard_id,id(1),dict"`
	SequenceNumber string    `parquet:"sequence_number,id(2)"`
	SubSequence    int32     `parquet:"sub_sequence,id(3)"`
	Line           int32     `parquet:"line,id(4)"`
	ArrivalTime    time.Time `parquet:"arrival_time,id(7),timestamp(microsecond)"`
	Duplicate      bool      `parquet:"duplicate,id(21)"`
	Error          *string   `parquet:"error,id(23),optional,dict"`
}

// inspection checks the rows of one link while they are read.
type inspection struct {
	link        *link
	shard       string
	first, last string // as they stand in rows
	floor       chain.Hour
	floorKnown  bool // floor is the hour of the predecessor
	acks        *ackRange

	content                content
	previous               row // the highest one so far
	firstArrival           time.Time
	lastArrival            int64
	outside, unordered     int64
	repeated, subsequences int64
}

// newInspection prepares for the rows of the chain's link i.
func newInspection(s *shard, i int, acks *ackRange) *inspection {
	l := &s.chain[i]
	in := &inspection{link: l, shard: s.id, first: l.first.padded(), last: l.last.padded(), acks: acks}
	in.content.objects = 1
	switch {
	case !l.follows:
	case i > 0:
		in.floor, in.floorKnown = s.chain[i-1].hour, true
	default:
		in.floor, in.floorKnown = s.parentsHour, s.parentsKnown
	}
	return in
}

// read reads the object and returns what it contradicts. The error is the end of ctx.
func (in *inspection) read(ctx context.Context, body []byte) ([]problem, error) {
	src, size := bytes.NewReader(body), int64(len(body))
	err := table.Read(ctx, src, size, in.add)
	if stop := context.Cause(ctx); stop != nil {
		return nil, stop
	}
	found := in.judge(err == nil)
	if err != nil {
		return append(found, problem{Unreadable, fmt.Sprintf("Its rows cannot be read: %v.", err)}), nil
	}
	info, err := table.ReadInfo(src, size)
	if err != nil {
		return append(found, problem{Unreadable, fmt.Sprintf("Its footer cannot be read: %v.", err)}), nil
	}
	return append(found, in.judgeFooter(info.Keys)...), nil
}

// judgeFooter compares what the processor wrote into the footer with the metadata. What it did not write proves nothing.
func (in *inspection) judgeFooter(keys map[string]string) (found []problem) {
	for _, k := range []struct{ name, want string }{
		{"shard", in.shard},
		{"first", in.link.first.String()},
		{"last", in.link.last.String()},
		{"records", strconv.FormatInt(in.link.records, 10)},
		{"hash", in.link.hashText()},
	} {
		if have, ok := keys[k.name]; ok && have != k.want {
			found = append(found, problem{Footer, fmt.Sprintf("Its footer was written with another %s than its metadata.", k.name)})
		}
	}
	return found
}

func (in *inspection) add(rows []row) error {
	for i := range rows {
		in.addRow(&rows[i])
	}
	return nil
}

func (in *inspection) addRow(r *row) {
	in.count(r)
	if r.ShardID != in.shard || len(r.SequenceNumber) != len(in.first) || r.SequenceNumber < in.first || r.SequenceNumber > in.last {
		in.outside++
		return
	}
	in.lastArrival = max(in.lastArrival, r.ArrivalTime.UnixMilli())
	bySequence := strings.Compare(r.SequenceNumber, in.previous.SequenceNumber)
	switch order := cmp.Or(bySequence, cmp.Compare(r.SubSequence, in.previous.SubSequence), cmp.Compare(r.Line, in.previous.Line)); {
	case order < 0:
		in.unordered++
		in.acks.mark(r.SequenceNumber, onChain)
		return
	case order == 0:
		in.repeated++
		return
	case bySequence > 0:
		in.addRecord(r)
	case r.SubSequence > in.previous.SubSequence+1:
		in.subsequences++
	}
	in.previous = *r
}

// addRecord takes note of the first row of a record.
func (in *inspection) addRecord(r *row) {
	in.content.records++
	in.acks.mark(r.SequenceNumber, onChain)
	if r.SubSequence != 0 {
		in.subsequences++
	}
	if r.SequenceNumber == in.first {
		in.firstArrival = r.ArrivalTime
	}
}

func (in *inspection) count(r *row) {
	in.content.rows++
	if r.Duplicate {
		in.content.duplicates++
	}
	if r.Error != nil {
		in.content.addError(classOf(*r.Error), 1)
	}
}

// classOf returns the class of an error column, which is class: reason. Whatever does not look like a class is none: reasons may
// have been written by something else than the decoder, and are nobody's business here.
func classOf(text string) string {
	class, _, _ := strings.Cut(text, ":")
	if class == "" || len(class) > 32 || strings.Trim(class, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return otherClass
	}
	return class
}

// judge returns what the rows contradict. complete says that all rows could be read.
func (in *inspection) judge(complete bool) (found []problem) {
	add := func(wrong bool, kind Kind, format string, args ...any) {
		if wrong {
			found = append(found, problem{kind, fmt.Sprintf(format, args...)})
		}
	}
	c, l := &in.content, in.link
	add(in.outside > 0, RowOutside, "%d of its rows belong to records outside of its range or to another shard.", in.outside)
	add(in.unordered > 0, RowOrder, "%d of its rows come after a row that they should precede.", in.unordered)
	add(in.repeated > 0, RowRepeated, "%d of its rows repeat the row before them: readers see those twice.", in.repeated)
	add(in.subsequences > 0 && in.unordered+in.outside == 0, RowMissing, "%d sub-records of aggregated records have no row before their successor.", in.subsequences)
	if !complete {
		return found
	}
	add(c.rows != l.rows, RowCount, "It has %d rows and its metadata say %d.", c.rows, l.rows)
	if in.unordered > 0 || in.outside > 0 {
		return found // neither the records nor the ends can be told
	}
	add(c.records != l.records, RecordCount, "It has rows of %d records and its metadata say %d.", c.records, l.records)
	noFirst, noLast := in.firstArrival.IsZero(), in.previous.SequenceNumber != in.last
	add(noFirst || noLast, RowMissing, "It has no row of %s.", ends(noFirst, noLast))
	if noFirst || noLast || c.records != l.records {
		return found // nor can the arrivals
	}
	add(in.lastArrival != l.lastArrival, ArrivalTimes, "The latest arrival in its rows is %s and its metadata say %s.",
		milliseconds(in.lastArrival).Format(arrivalFormat), milliseconds(l.lastArrival).Format(arrivalFormat))
	arrived := chain.HourOf(in.firstArrival)
	add(in.floorKnown && l.hour != max(in.floor, arrived), Hour, "It lies in the hour %s, its first record arrived in %s and its predecessor lies in %s: the hour rule puts it into %s.",
		l.hour, arrived, in.floor, max(in.floor, arrived))
	return found
}

const arrivalFormat = "2006-01-02T15:04:05.000Z07:00"

func ends(noFirst, noLast bool) string {
	switch {
	case noFirst && noLast:
		return "its first and its last record"
	case noFirst:
		return "its first record"
	}
	return "its last record"
}

func milliseconds(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
