package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// photographer takes pictures of the dashboard as soon as the demo has said where it is.
type photographer struct {
	prefix string        // of the files; empty: no pictures are wanted
	after  time.Duration // that the pages have been open
	done   chan error    // nil as long as nobody has begun
}

// replayed is the part of the demo's time at which its last act has begun.
const replayed = 0.82

func newPhotographer(o options) *photographer {
	return &photographer{prefix: o.dashboard, after: time.Duration(replayed * float64(o.demo))}
}

var address = regexp.MustCompile(`dashboard: (http://\S+/)`)

// hear looks for the address in what the demo says.
func (p *photographer) hear(ctx context.Context, text string) {
	found := address.FindStringSubmatch(text)
	if p.prefix == "" || p.done != nil || found == nil {
		return
	}
	p.done = make(chan error, 1)
	go func() { p.done <- p.take(ctx, found[1]) }()
}

func (p *photographer) take(ctx context.Context, url string) error {
	cmd := exec.CommandContext(ctx, "node", filepath.Join("scripts", "recording", "dashboard.mjs"), url, strconv.FormatFloat(p.after.Seconds(), 'f', 1, 64),
		p.prefix+"-light.webp", p.prefix+"-dark.webp")
	tools := os.Getenv("STREAMREC_TOOLS")
	if tools == "" {
		tools = ".tools"
	}
	tools, err := filepath.Abs(tools)
	if err != nil {
		return err
	}
	cmd.Env = append(os.Environ(), "STREAMREC_TOOLS="+tools)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("take pictures of the dashboard, from the root of the repository: %w\n%s", err, out)
	}
	return nil
}

// wait waits for the pictures, if any are taken.
func (p *photographer) wait() error {
	switch {
	case p.prefix == "":
		return nil
	case p.done == nil:
		return fmt.Errorf("the demo has not said where its dashboard is")
	}
	return <-p.done
}
