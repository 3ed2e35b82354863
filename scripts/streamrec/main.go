package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	_ "golang.org/x/crypto/x509roots/fallback" // for machines without roots of their own, such as the container image
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are what a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// say writes a line for people. Who cannot read it could not be told of that either.
func (s streams) say(format string, args ...any) { _, _ = fmt.Fprintf(s.err, format+"\n", args...) }

// Exit codes.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// usageError is a mistake in the command line or its environment.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// refusedError says that something is not as the command needs it, and what to do about it. Nothing has been done.
type refusedError struct{ error }

func (e refusedError) Unwrap() error { return e.error }

// toldError is one that the log has told already.
type toldError struct{ error }

func (e toldError) Unwrap() error { return e.error }

func refuse(format string, args ...any) error { return refusedError{fmt.Errorf(format, args...)} }

// run executes a command line and returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	root := newRootCommand(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if _, told := errors.AsType[toldError](err); told {
		return exitCode(err)
	}
	if text := strings.TrimRight(err.Error(), "\n"); text != "" {
		std.say("streamrec: %s", text)
	}
	return exitCode(err)
}

func exitCode(err error) int {
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[refusedError](err); ok {
		return exitRefused
	}
	return exitFailed
}

func newRootCommand(std streams) *cobra.Command {
	root := &cobra.Command{
		Use: "streamrec", Short: "Real-time recommendations from a Kinesis stream, exactly once", SilenceUsage: true, SilenceErrors: true,
		Long: `streamrec consumes a Kinesis stream of shoppers' activity with horizontally scaled workers, recommends products
in real time, and writes inputs and recommendations as Parquet to S3, exactly once.

AWS settings come from the usual places: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and so on.`,
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, cmd := range []*cobra.Command{
		newDemoCommand(std), newLocalCommand(std), newProduceCommand(std), newWorkerCommand(std), newStatusCommand(std), newAuditCommand(std),
		newEvaluateCommand(std), newDeadlettersCommand(std), newEraseCommand(std), newReshardCommand(std), newResetCommand(std), newReplayCommand(std), newRecommendCommand(std),
	} {
		cmd.Args = noArguments
		bindEnvironment(cmd)
		root.AddCommand(cmd)
	}
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("unknown command %q; see streamrec --help", args[0])}
		}
		return nil
	}
	return root
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q; see %s --help", args[0], cmd.CommandPath())}
	}
	return nil
}
