package erasure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/streamrec/streamrec/processor/chain"
)

// Tombstone says that a customer has been erased.
type Tombstone struct {
	CustomerID string    `json:"customer_id"` // the pseudonym
	KeyID      string    `json:"key_id"`      // of the key behind it
	ErasedAt   time.Time `json:"erased_at"`   // covers records that arrived until then, to the millisecond
}

// Prefix is what the keys of all tombstones beside a log begin with.
func Prefix(log string) string { return path.Join(log, "erasures") + "/" }

// key is the key of a tombstone.
func (t Tombstone) key(log string) string {
	return fmt.Sprintf("%s%s-%d.json", Prefix(log), t.CustomerID, t.ErasedAt.UnixMilli())
}

// valid reports whether the pseudonym is one: an id in clear would be in the key of the object for everybody to read.
func (t Tombstone) valid() bool {
	return len(t.CustomerID) == 32 && strings.Trim(t.CustomerID, "0123456789abcdef") == "" && t.KeyID != "" && !t.ErasedAt.IsZero()
}

// Put adds a tombstone to the list beside the log with this prefix. Putting it again changes nothing.
func Put(ctx context.Context, env chain.Env, b chain.Bucket, log string, t Tombstone) error {
	t.ErasedAt = t.ErasedAt.UTC().Truncate(time.Millisecond)
	if !t.valid() {
		return errors.New("put tombstone: it names no pseudonym with its key, or no time")
	}
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("put tombstone: %w", err)
	}
	err = chain.Retry(ctx, env, func(ctx context.Context) error { return b.PutIfAbsent(ctx, t.key(log), append(body, '\n'), nil) })
	if err != nil && !errors.Is(err, chain.ErrExists) {
		return fmt.Errorf("put tombstone: %w", err)
	}
	return nil
}
