package compare

import (
	"context"
	"errors"
	"fmt"

	"github.com/streamrec/streamrec/processor/chain"
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
	var old []Row
	return chain.Fold(ctx, o.Env, o.Bucket, pairs, func(object chain.Object, body []byte) error {
		rows, err := Read(ctx, body)
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

// compare compares the rows of a link, one by one.
func (h *Hour) compare(then, now []Row, j *judge) error {
	if len(then) != len(now) {
		return fmt.Errorf("%d rows, before %d: %w", len(now), len(then), ErrDiffer)
	}
	for i := range now {
		if !now[i].is(&then[i]) {
			return fmt.Errorf("row %d is that of record %s, before %s: %w", i, now[i].SequenceNumber, then[i].SequenceNumber, ErrDiffer)
		}
		h.Tally.row(then[i].Lists, now[i].Lists)
		if code := then[i].Product(); code != "" {
			j.judge(&h.Tally, *then[i].SessionID, code, then[i].Lists, now[i].Lists)
		}
	}
	return nil
}
