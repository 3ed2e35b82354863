package produce

import (
	"errors"
	"fmt"
	"strings"

	"github.com/streamrec/streamrec/infra/kinesis"
)

// What Run's errors are under errors.Is, besides failures while it works.
var (
	// ErrUsage is a mistake in the options. Nothing was done.
	ErrUsage = errors.New("usage")
	// ErrRefused means that the stream cannot be produced to as things are. Nothing was done.
	ErrRefused = errors.New("refused")
)

// classed gives an error its class without changing what it says.
type classed struct {
	error
	class error
}

func (e classed) Unwrap() []error { return []error{e.error, e.class} }

func usage(err error) error { return classed{err, ErrUsage} }

// refusal says in one sentence why the stream cannot be used, and what to do about it.
func refusal(err error) error {
	stream, ok := errors.AsType[*kinesis.StreamError](err)
	if !ok {
		return err
	}
	return classed{fmt.Errorf("%w; %s", err, stream.Remedy()), ErrRefused}
}

// oneLine is a joined error as one sentence.
func oneLine(err error) error {
	if err == nil || !strings.Contains(err.Error(), "\n") {
		return err
	}
	return sentence{err}
}

type sentence struct{ error }

func (s sentence) Error() string { return strings.ReplaceAll(s.error.Error(), "\n", "; ") }

func (s sentence) Unwrap() error { return s.error }
