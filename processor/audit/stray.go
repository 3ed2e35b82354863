package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// readStrays reads the objects that readers take for links and that are on no chain: whether the chains have their records, and which of
// them were acknowledged.
func (a *auditor) readStrays(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(a.strays)) {
		covered, err := a.readStray(ctx, key)
		if err != nil {
			return fmt.Errorf("read stray object: %w", err)
		}
		if covered {
			a.found.cover(key)
		}
		a.progress.step(1)
	}
	return nil
}

// readStray reports whether every record of an object is in a link of a chain, too.
func (a *auditor) readStray(ctx context.Context, key string) (covered bool, err error) {
	body, err := a.get(ctx, key)
	if errors.Is(err, chain.ErrNotFound) {
		return false, nil // named as vanished
	}
	if err != nil {
		return false, err
	}
	n := 0
	covered = true
	err = table.Read(ctx, bytes.NewReader(body), int64(len(body)), func(rows []row) error {
		n += len(rows)
		for i := range rows {
			a.acks.all(rows[i].ShardID).mark(rows[i].SequenceNumber, elsewhere)
			covered = covered && a.hasRecord(&rows[i])
		}
		return nil
	}) // what can be read of it is all that readers see
	return covered && n > 0 && err == nil, context.Cause(ctx)
}

// hasRecord reports whether a link has the record of a row in its range.
func (a *auditor) hasRecord(r *row) bool {
	s := a.shards[r.ShardID]
	n, err := parseNumber(r.SequenceNumber)
	if s == nil || err != nil {
		return false
	}
	i := s.covering(n)
	return i < len(s.chain) && s.chain[i].first.compare(n) <= 0
}

// Sweepable returns the keys of the stray objects that can be removed without losing a record: all their records are in links, too, and
// nothing else is wrong with the shard. Others, and objects that streamrec did not write, are left to people.
func (r *Report) Sweepable() (keys []string) {
	if !r.Checked.Rows {
		return nil
	}
	doubtful := map[string]bool{}
	for _, a := range r.Anomalies {
		if !a.Stray && a.Kind != AckTwice { // which a stray object causes
			doubtful[a.Shard] = true
		}
	}
	for _, a := range r.Anomalies {
		if a.Stray && a.Covered && !doubtful[a.Shard] && !doubtful[""] {
			keys = append(keys, a.Key)
		}
	}
	return slices.Compact(keys)
}
