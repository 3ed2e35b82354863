package chain

import (
	"context"
	"errors"
	"path"
	"strings"
)

// A state is what the records of a chain up to the end of one of its links have made, besides what they have written: it saves a takeover from
// reading all links before it. It is derived, so losing it costs time. Its key is
//
//	<prefix>/_state/gen=G/dt=YYYY-MM-DD/hour=HH/<shardId>-<last sequence number of the link, zero-padded to 56>.state
//
// where the hour is that of the link.

const stateSuffix = ".state"

// StatesPrefix is what the keys of all states of the generation begin with.
func (l Layout) StatesPrefix() string { return path.Join(l.Prefix, "_state", l.generation()) + "/" }

// StateKey is the key of the state of a shard at the end of a link.
func (l Layout) StateKey(shard string, at Bookmark) (string, error) {
	padded, err := Pad(at.Last)
	if err != nil {
		return "", err
	}
	return l.statePrefix(shard, at.Hour) + padded + stateSuffix, nil
}

func (l Layout) statePrefix(shard string, hour Hour) string {
	return l.At(hour).StatesPrefix() + hour.Partition() + "/" + shard + "-"
}

// IsState reports whether a key is that of a state.
func (l Layout) IsState(key string) bool {
	return strings.HasPrefix(key, path.Join(l.Prefix, "_state")+"/") && strings.HasSuffix(key, stateSuffix)
}

// PutState keeps a state at the end of the chain as it is now. It tries once: the next one will do as well. That there is one already is no error,
// for it is the same.
func (w *Writer) PutState(ctx context.Context, state []byte) error {
	key, err := w.layout.StateKey(w.shard.ID, Bookmark{Last: w.end.Last, Hour: w.end.Hour})
	if err != nil {
		return err
	}
	if err := w.bucket.PutIfAbsent(ctx, key, state, nil); err != nil && !errors.Is(err, ErrExists) {
		return wrap("put "+key, err)
	}
	return nil
}

// Stored is a state that has been listed.
type Stored struct {
	Object
	At Bookmark
}

// States returns the states of a shard in an hour, in the order of the chain.
func States(ctx context.Context, env Env, b Bucket, l Layout, shard string, hour Hour) (found []Stored, err error) {
	prefix := l.statePrefix(shard, hour)
	err = Retry(ctx, env, func(ctx context.Context) error {
		found = found[:0]
		for o, err := range b.List(ctx, prefix) {
			if err != nil {
				return err
			}
			padded, ok := strings.CutSuffix(strings.TrimPrefix(o.Key, prefix), stateSuffix)
			if last := Unpad(padded); ok && len(padded) == SequenceWidth {
				found = append(found, Stored{o, Bookmark{Last: last, Hour: hour}})
			}
		}
		return nil
	})
	return found, wrap("list "+prefix, err)
}
