package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// StartMark says where a shard's chain begins. It is written before the first link, by whoever read the first record.
type StartMark struct {
	Shard           string   `json:"shard"`
	First           string   `json:"first"` // sequence number of the first record, empty for a shard that ended without any
	Hour            Hour     `json:"hour"`  // of the first link
	Parents         []string `json:"parents"`
	StartingHashKey string   `json:"startingHashKey"`
	EndingHashKey   string   `json:"endingHashKey"`
}

// EndMark says where a shard's chain ended. It is written after the last link and before the lease row says SHARD_END.
type EndMark struct {
	Shard    string  `json:"shard"`
	Last     string  `json:"last"`     // sequence number of the last record, empty for an empty shard
	Hour     Hour    `json:"hour"`     // of the last link
	Records  int64   `json:"records"`  // Kinesis records of the whole chain
	Rows     int64   `json:"rows"`     // rows of the whole chain
	Hash     string  `json:"hash"`     // of the chain's input: that of the last link
	Children []Child `json:"children"` // shards that continue it
}

// Child names a shard that continues an ended one.
type Child struct {
	Shard           string   `json:"shard"`
	Parents         []string `json:"parents"`
	StartingHashKey string   `json:"startingHashKey"`
	EndingHashKey   string   `json:"endingHashKey"`
}

// ReadStart returns a shard's start mark, or nil when there is none. A mark counts in the generation to which its hour belongs, as Layout.Marks has it.
func ReadStart(ctx context.Context, env Env, b Bucket, l Layout, shard string) (*StartMark, error) {
	mark, _, err := readStart(ctx, env, b, l, shard)
	return mark, err
}

// FirstRead returns the first record of a shard that anybody has begun a chain with, in whatever generation of the layout; empty when nobody has, or the shard
// was empty.
func FirstRead(ctx context.Context, env Env, b Bucket, l Layout, shard string) (string, error) {
	_, first, err := readStart(ctx, env, b, l, shard)
	return first, err
}

// readStart returns the mark that counts, and the first record that any mark names.
func readStart(ctx context.Context, env Env, b Bucket, l Layout, shard string) (mark *StartMark, first string, err error) {
	l = l.Marks()
	for _, g := range l.Generations() {
		m, err := readMark[StartMark](ctx, env, b, l.In(g).StartKey(shard))
		if err != nil {
			return nil, "", err
		}
		if m == nil {
			continue
		}
		if first == "" {
			first = m.First
		}
		if l.GenerationAt(m.Hour) == g {
			return m, first, nil
		}
	}
	return nil, first, nil
}

// ReadEnd returns a shard's end mark, or nil when its chain is open. A mark counts in the generation to which its hour belongs, as Layout.Marks has it.
func ReadEnd(ctx context.Context, env Env, b Bucket, l Layout, shard string) (*EndMark, error) {
	l = l.Marks()
	for _, g := range l.Generations() {
		m, err := readMark[EndMark](ctx, env, b, l.In(g).EndKey(shard))
		if err != nil || m != nil && l.GenerationAt(m.Hour) == g {
			return m, err
		}
	}
	return nil, nil
}

// writeStart makes the mark that of the shard's start, or returns the one that is. It is put into one generation after the other, from that of
// the first hours on, until one is met that lies where its hour belongs. So two writers whose maps differ from some hour on, one of them a
// zombie, meet in the generation that both have before that. A mark that one meets on the way does not count there, but says where the chain begins, here
// as well: with a record that somebody has read, so that it is found out if it is past retention now.
func writeStart(ctx context.Context, env Env, b Bucket, l Layout, mark *StartMark) (*StartMark, error) {
	l = l.Marks()
	for _, g := range l.Generations() {
		m, err := writeMark(ctx, env, b, l.In(g).StartKey(mark.Shard), mark)
		if err != nil || l.GenerationAt(m.Hour) == g {
			return m, err
		}
		mark = m
	}
	return nil, fmt.Errorf("start mark of %s: no generation has one where its hour %s belongs: %w", mark.Shard, mark.Hour, ErrBroken)
}

func readMark[M any](ctx context.Context, env Env, b Bucket, key string) (*M, error) {
	var body []byte
	err := Retry(ctx, env, func(ctx context.Context) (err error) {
		body, _, err = b.Get(ctx, key)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read mark %s: %w", key, err)
	}
	m := new(M)
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("read mark %s: %w: %w", key, err, ErrBroken)
	}
	return m, nil
}

// writeMark creates a mark, or returns the one that exists already.
func writeMark[M any](ctx context.Context, env Env, b Bucket, key string, mark *M) (*M, error) {
	body, err := json.Marshal(mark)
	if err != nil {
		return nil, fmt.Errorf("write mark %s: %w", key, err)
	}
	err = Retry(ctx, env, func(ctx context.Context) error { return b.PutIfAbsent(ctx, key, body, nil) })
	if err == nil {
		return mark, nil
	}
	if !errors.Is(err, ErrExists) {
		return nil, fmt.Errorf("write mark %s: %w", key, err)
	}
	found, err := readMark[M](ctx, env, b, key)
	if err == nil && found == nil {
		err = fmt.Errorf("write mark %s: it exists and cannot be found: %w", key, ErrBroken)
	}
	return found, err
}
