package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// frozen is everything that keys depend on. Two workers that differ here could commit one record under two keys.
type frozen struct {
	Format     int    `json:"format"`
	Prefix     string `json:"prefix"`
	Generation int    `json:"generation"`
	Partition  string `json:"partition"`
	Width      int    `json:"sequenceWidth"`
	HourRule   string `json:"hourRule"`
	Stream     string `json:"stream"`
}

// Reserve freezes a generation that nobody has used, the first after l.Generation that is free, and returns its number. It is used for one reading
// only: one whose reservation has no answer is passed over.
func Reserve(ctx context.Context, env Env, b Bucket, l Layout, stream string) (generation int, err error) {
	for generation = l.Generation + 1; ; generation++ {
		g := l.In(generation)
		config, err := g.freeze(stream)
		if err != nil {
			return 0, err
		}
		err = b.PutIfAbsent(ctx, g.ConfigKey(), config, nil)
		switch {
		case err == nil:
			return generation, nil
		case errors.Is(err, ErrExists):
		case Definite(err) || ctx.Err() != nil:
			return 0, wrap("reserve generation", errors.Join(err, context.Cause(ctx)))
		default:
			env.Trouble(fmt.Errorf("reserve generation: %w", err))
			if err := env.Sleep(ctx, time.Duration(env.Rand()*float64(200*time.Millisecond))); err != nil {
				return 0, err
			}
		}
	}
}

func (l Layout) freeze(stream string) ([]byte, error) {
	config, err := json.MarshalIndent(frozen{
		Format: 1, Prefix: l.Prefix, Generation: l.Generation, Partition: "dt=YYYY-MM-DD/hour=HH", Width: SequenceWidth,
		HourRule: "max(hour of the predecessor, arrival hour of the first record)", Stream: stream,
	}, "", "  ")
	return config, wrap("freeze layout", err)
}

// Freeze writes the configuration of a generation, or compares with the one that is there. stream identifies the source, since
// the sequence numbers of two streams must not meet in one log. An error that wraps ErrRefused says what differs.
func Freeze(ctx context.Context, env Env, b Bucket, l Layout, stream string) error {
	want, err := l.freeze(stream)
	if err != nil {
		return err
	}
	err = Retry(ctx, env, func(ctx context.Context) error { return b.PutIfAbsent(ctx, l.ConfigKey(), want, nil) })
	if err == nil || !errors.Is(err, ErrExists) {
		return wrap("freeze layout", err)
	}
	var have []byte
	err = Retry(ctx, env, func(ctx context.Context) (err error) {
		have, _, err = b.Get(ctx, l.ConfigKey())
		return err
	})
	if err != nil {
		return fmt.Errorf("freeze layout: read %s: %w", l.ConfigKey(), err)
	}
	if !bytes.Equal(have, want) {
		return fmt.Errorf("%w: %s belongs to another layout or stream: it says %s, this worker wants %s", ErrRefused,
			l.ConfigKey(), compact(have), compact(want))
	}
	return nil
}

func compact(body []byte) string {
	var out bytes.Buffer
	if json.Compact(&out, body) != nil {
		return "something that is not JSON"
	}
	return out.String()
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Probe checks that the bucket honours If-None-Match: the second of two PUTs to one key has to fail with ErrExists.
// It leaves one small object, <prefix>/_log/probe. An error that wraps ErrRefused says that it does not.
func Probe(ctx context.Context, b Bucket, l Layout) error {
	key := Layout{Prefix: l.Prefix}.probeKey()
	body := []byte("streamrec writes this object twice to see whether the second write is refused\n")
	if err := b.PutIfAbsent(ctx, key, body, nil); err != nil && !errors.Is(err, ErrExists) {
		return fmt.Errorf("probe bucket: %w", err)
	}
	err := b.PutIfAbsent(ctx, key, body, nil)
	if err == nil {
		return fmt.Errorf("%w: it ignores If-None-Match, so exactly-once output is impossible; use a store with conditional writes", ErrRefused)
	}
	if !errors.Is(err, ErrExists) {
		return fmt.Errorf("probe bucket: %w", err)
	}
	return nil
}
