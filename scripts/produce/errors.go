package produce

import (
	"errors"
	"fmt"
	"io/fs"

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

// openError makes a file that is not there a mistake in the options.
func openError(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return usage(err)
	}
	return err
}

// refusal says in one sentence why the stream cannot be used, and what to do about it.
func refusal(stream string, err error) error {
	if _, ok := errors.AsType[*kinesis.StreamError](err); !ok {
		return err
	}
	return classed{remedy(stream, err), ErrRefused}
}

func remedy(stream string, err error) error {
	switch {
	case errors.Is(err, kinesis.ErrStreamMissing):
		return fmt.Errorf("stream %q does not exist in this account and region: create it (aws kinesis create-stream --stream-name %s --shard-count 2) or name another one with --stream", stream, stream)
	case errors.Is(err, kinesis.ErrAccessDenied):
		return fmt.Errorf("%w; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and what they may do", err)
	case errors.Is(err, kinesis.ErrUnreachable):
		return fmt.Errorf("%w; is it running, and is AWS_ENDPOINT_URL or AWS_REGION right?", err)
	case errors.Is(err, kinesis.ErrMisconfigured):
		return fmt.Errorf("%w; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE", err)
	case errors.Is(err, kinesis.ErrStreamBusy):
		return fmt.Errorf("%w; try again when it is ACTIVE", err)
	default:
		return fmt.Errorf("%w; try again later", err)
	}
}
