package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// tellCount keeps the number in a file up to date until ctx ends.
func tellCount(ctx context.Context, path string, done *atomic.Int64) error {
	for ctx.Err() == nil {
		if err := os.WriteFile(path+".tmp", fmt.Append(nil, done.Load()), 0o600); err != nil {
			return fmt.Errorf("write count: %w", err)
		}
		if err := os.Rename(path+".tmp", path); err != nil {
			return fmt.Errorf("write count: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// countIn reads what tellCount has written, 0 if nothing.
func countIn(path string) (n int64) {
	if text, err := os.ReadFile(path); err == nil {
		_, _ = fmt.Sscan(string(text), &n)
	}
	return n
}
