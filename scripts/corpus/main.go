package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

const (
	largest = 16 << 10 // bytes of an input
	most    = 64 << 10 // bytes of a target's inputs
	patient = 30 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdin, os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "corpus: %s\n", err)
		os.Exit(1)
	}
}

// run keeps what there is of each target that it reads. One that fails does not keep the next from being tried.
func run(ctx context.Context, in io.Reader, out io.Writer) error {
	g, err := newGauge(ctx)
	if err != nil {
		return err
	}
	defer g.close()
	var failed error
	lines := bufio.NewScanner(in)
	for lines.Scan() && ctx.Err() == nil {
		folder, name, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			return fmt.Errorf("want PACKAGE TARGET, not %q", lines.Text())
		}
		result, err := keep(ctx, g, folder, name)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s %s: %w", folder, name, err))
			continue
		}
		if _, err := fmt.Fprintf(out, "%-40s %-22s %s\n", folder, name, result); err != nil {
			return err
		}
	}
	return errors.Join(failed, lines.Err(), context.Cause(ctx))
}
