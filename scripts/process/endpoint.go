package process

import (
	"context"
	"fmt"
	"time"
)

// Endpoint waits until the process, which is streamrec local -o json, has said where it listens, and returns that. An error says that it has ended, or is the cause of
// ctx's end.
func (p *Process) Endpoint(ctx context.Context) (string, error) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		for _, e := range p.Out.All() {
			if endpoint := e.Text("endpoint"); endpoint != "" {
				return endpoint, nil
			}
		}
		select {
		case <-p.exited:
			return "", fmt.Errorf("%s has ended\n%s", p, p.Tail(10))
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-look.C:
		}
	}
}
