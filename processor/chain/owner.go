package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// owner says which application writes the log.
type owner struct {
	Application string `json:"application"`
}

// Own makes the log that of an application unless it is somebody's, and returns whose it is. Two applications would read one stream into one log: exactly once, but each
// shard by whoever comes first.
func Own(ctx context.Context, env Env, b Bucket, l Layout, application string) (string, error) {
	body, err := json.MarshalIndent(owner{application}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("own log: %w", err)
	}
	err = Retry(ctx, env, func(ctx context.Context) error { return b.PutIfAbsent(ctx, l.OwnerKey(), body, nil) })
	if err == nil {
		return application, nil
	}
	if !errors.Is(err, ErrExists) {
		return "", fmt.Errorf("own log: %w", err)
	}
	err = Retry(ctx, env, func(ctx context.Context) (err error) {
		body, _, err = b.Get(ctx, l.OwnerKey())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("own log: read %s: %w", l.OwnerKey(), err)
	}
	var have owner
	if err := json.Unmarshal(body, &have); err != nil || have.Application == "" {
		return "", fmt.Errorf("own log: %s is not what streamrec writes: %w", l.OwnerKey(), ErrBroken)
	}
	return have.Application, nil
}
