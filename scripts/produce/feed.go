package produce

import (
	"context"
	"errors"

	"github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/scripts/eventfile"
)

// feed gives the records of the source to the producer. An interrupt is no error.
func (r *run) feed(ctx context.Context) error {
	p := pace{rate: r.opts.Rate, speed: r.opts.Speed, now: r.deps.Now, sleep: r.deps.Sleep}
	number := int64(0)
	err := p.next(ctx)
	if err != nil {
		return unlessInterrupted(ctx, err)
	}
	for rec, err := range r.source.records() {
		if err != nil {
			if err = r.malformed(err); err != nil {
				return unlessInterrupted(ctx, err)
			}
			continue
		}
		number++
		if err := r.put(ctx, &p, rec, number); err != nil {
			return unlessInterrupted(ctx, err)
		}
		if number == r.opts.Limit {
			return nil
		}
		if err := p.next(ctx); err != nil {
			return unlessInterrupted(ctx, err)
		}
	}
	return nil
}

func unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// put gives one record to the producer when its time has come.
func (r *run) put(ctx context.Context, p *pace, rec record, number int64) error {
	if r.opts.Speed > 0 {
		if rec.time.IsZero() {
			return timeless(rec)
		}
		if err := p.replay(ctx, rec.time); err != nil {
			return err
		}
	}
	if number%1024 == 0 { // a log that cannot be written makes the run worthless
		if err := r.log.flush(); err != nil {
			return err
		}
	}
	if s, ok := r.source.(settler); ok {
		s.accepted(number, rec)
	}
	err := r.producer.Put(ctx, kinesis.Record{Key: rec.key, Data: rec.data, Number: number})
	if refused, ok := errors.AsType[*kinesis.RecordError](err); ok {
		r.tally.refused()
		r.settled(number)
		r.complain("%v", refused)
		return nil
	}
	return err
}

// malformed passes a malformed line over, or gives back what ends the run.
func (r *run) malformed(err error) error {
	line, ok := errors.AsType[*eventfile.LineError](err)
	if !ok || r.opts.Malformed == "stop" {
		return err
	}
	r.tally.malformed()
	r.complain("%v", line)
	return nil
}
