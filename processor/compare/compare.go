package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// Options say what is compared.
type Options struct {
	Env       chain.Env
	Bucket    chain.Bucket
	Then, Now chain.Layout          // the generations, for the hours from From on and before Until
	From      chain.Hour            //
	Until     chain.Hour            //
	K         int                   // length of the lists that count
	Progress  func(done, total int) // hours; nil: nobody is told
}

// ErrDiffer says that the two generations do not have the same rows.
var ErrDiffer = errors.New("the generations have different rows")

// Compare reads both generations.
func Compare(ctx context.Context, o Options) (*Report, error) {
	r := &Report{K: o.K, Hours: []Hour{}}
	j := newJudge(o.K)
	for hour := o.From; hour < o.Until; hour++ {
		h := Hour{Hour: hour}
		if err := o.hour(ctx, &h, j); err != nil {
			return nil, fmt.Errorf("compare hour %s: %w", hour, err)
		}
		if h.Links > 0 || h.Missing > 0 {
			r.Hours = append(r.Hours, h)
		}
		r.Total.add(&h.Tally)
		r.Missing += h.Missing
		if o.Progress != nil {
			o.Progress(int(hour-o.From)+1, int(o.Until-o.From))
		}
	}
	return r, nil
}

// hour compares the links of an hour.
func (o *Options) hour(ctx context.Context, h *Hour, j *judge) error {
	now, err := chain.Links(ctx, o.Env, o.Bucket, o.Now, h.Hour, "")
	if err != nil {
		return err
	}
	then, err := chain.Links(ctx, o.Env, o.Bucket, o.Then, h.Hour, "")
	if err != nil {
		return err
	}
	before := map[[2]string]chain.Listed{}
	for _, l := range then {
		before[[2]string{l.Shard, l.First}] = l
	}
	pairs, err := o.pairs(now, before)
	if err != nil {
		return err
	}
	h.Links, h.Missing = len(now), len(then)-len(now)
	var old []row
	return chain.Fold(ctx, o.Env, o.Bucket, pairs, func(object chain.Object, body []byte) error {
		rows, err := read(ctx, body)
		if err != nil {
			return fmt.Errorf("read %s: %w", object.Key, err)
		}
		if old == nil {
			old = rows
			return nil
		}
		err = h.compare(old, rows, j)
		old = nil
		if err != nil {
			return fmt.Errorf("%s: %w", object.Key, err)
		}
		return nil
	})
}

// pairs returns each link of the new generation behind that of the old one.
func (o *Options) pairs(now []chain.Listed, before map[[2]string]chain.Listed) (pairs []chain.Object, err error) {
	for _, l := range now {
		b, ok := before[[2]string{l.Shard, l.First}]
		if !ok {
			return nil, fmt.Errorf("%s has no counterpart: %w", l.Key, ErrDiffer)
		}
		pairs = append(pairs, b.Object(), l.Object())
	}
	return pairs, nil
}

// row has the columns that a comparison needs.
type row struct {
	SequenceNumber string    `parquet:"sequence_number"`
	SubSequence    int32     `parquet:"sub_sequence"`
	Line           int32     `parquet:"line"`
	SessionID      *string   `parquet:"session_id,optional,dict"`
	BrowseHistory  []product `parquet:"browse_history,list,optional"`
	Lists          []listed  `parquet:"recommendations,list,optional"`
	Duplicate      bool      `parquet:"duplicate"`
}

type product struct {
	ProductCode *string `parquet:"product_code,optional,dict"`
}

type listed struct {
	ProductCode string `parquet:"product_code,dict"`
}

func (r *row) is(o *row) bool {
	return r.SequenceNumber == o.SequenceNumber && r.SubSequence == o.SubSequence && r.Line == o.Line
}

// last returns the product that the row is about; empty: none.
func (r *row) last() string {
	n := len(r.BrowseHistory)
	if r.SessionID == nil || r.Duplicate || n == 0 || r.BrowseHistory[n-1].ProductCode == nil {
		return ""
	}
	return *r.BrowseHistory[n-1].ProductCode
}

func read(ctx context.Context, body []byte) (rows []row, err error) {
	rows = []row{}
	err = table.Read(ctx, bytes.NewReader(body), int64(len(body)), func(chunk []row) error {
		rows = append(rows, chunk...)
		return nil
	})
	return rows, err
}

// compare compares the rows of a link, one by one.
func (h *Hour) compare(then, now []row, j *judge) error {
	if len(then) != len(now) {
		return fmt.Errorf("%d rows, before %d: %w", len(now), len(then), ErrDiffer)
	}
	for i := range now {
		if !now[i].is(&then[i]) {
			return fmt.Errorf("row %d is that of record %s, before %s: %w", i, now[i].SequenceNumber, then[i].SequenceNumber, ErrDiffer)
		}
		h.Tally.row(then[i].Lists, now[i].Lists)
		if code := then[i].last(); code != "" {
			j.judge(&h.Tally, *then[i].SessionID, code, then[i].Lists, now[i].Lists)
		}
	}
	return nil
}
