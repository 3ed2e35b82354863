package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}

// options are the flags.
type options struct {
	out, cast, from string
	columns, rows   int
	demo, length    time.Duration
	binary          string
	dashboard       string
}

func run(ctx context.Context, args []string, log io.Writer) int {
	var o options
	f := flag.NewFlagSet("recording", flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&o.out, "out", "demo.svg", "file for the moving picture")
	f.StringVar(&o.cast, "cast", "", "file to keep the recording in, as asciicast v2")
	f.StringVar(&o.from, "from", "", "recording to draw, instead of a new one")
	f.IntVar(&o.columns, "columns", 110, "columns of the terminal")
	f.IntVar(&o.rows, "rows", 33, "rows of the terminal")
	f.DurationVar(&o.demo, "demo", time.Minute, "how long the shop of the demo is open")
	f.DurationVar(&o.length, "length", 35*time.Second, "length of the film")
	f.StringVar(&o.binary, "binary", "", "streamrec binary to record; built from ./scripts/streamrec by default")
	f.StringVar(&o.dashboard, "dashboard", "", "take pictures of the dashboard, too, into files that begin so: -light.webp and -dark.webp; needs scripts/browser/install.sh")
	if err := f.Parse(args); err != nil || f.NArg() > 0 {
		return 2
	}
	if err := produce(ctx, o); err != nil {
		_, _ = fmt.Fprintf(log, "recording: %s\n", err)
		return 1
	}
	return 0
}

// produce records or reads, and draws.
func produce(ctx context.Context, o options) error {
	c, err := take(ctx, o)
	if err != nil {
		return err
	}
	if o.cast != "" {
		var b bytes.Buffer
		if err := errors.Join(c.write(&b), os.WriteFile(o.cast, b.Bytes(), 0o644)); err != nil { // to be published
			return err
		}
	}
	pictures, err := c.film(o.length)
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, draw(pictures, c.Width, c.Height, o.length), 0o644) // to be published
}

// take records the demo, or reads an earlier recording.
func take(ctx context.Context, o options) (cast, error) {
	if o.from == "" {
		return record(ctx, o)
	}
	f, err := os.Open(o.from)
	if err != nil {
		return cast{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return readCast(f)
}
