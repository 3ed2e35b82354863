package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == workerCommand {
		os.Exit(work(os.Args[2]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// work is the life of a worker process. It leaves on SIGTERM; an interrupt from the terminal is for the harness alone. It ends at
// once when the harness does, since nobody else holds the other end of its stdin.
func work(assignment string) int {
	signal.Ignore(os.Interrupt)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // returns when the harness has ended, whatever the error
		os.Exit(exitFailed)
	}()
	if err := carryOut(ctx, assignment); err != nil {
		fmt.Fprintf(os.Stderr, "bench worker: %v\n", err)
		return exitFailed
	}
	return exitDone
}
