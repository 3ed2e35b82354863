package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

const (
	kinesisPatience = 20 * time.Second       // with one call
	kinesisCalls    = 6                      // how many such calls may make up a check
	kinesisPause    = 210 * time.Millisecond // between reads of a shard, and before a throttled call is repeated
)

// kinesisProbe is what one check works with.
type kinesisProbe struct {
	*kinesis.Client                 // one attempt per call, bounded in time
	streaming       *kinesis.Client // the same without the bound, for calls that return while events flow
	ctx             context.Context
	cleanup         func(func())
	patience        time.Duration
}

func newKinesisProbe(t *testing.T, client *kinesis.Client, patience time.Duration) *kinesisProbe {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), kinesisCalls*patience)
	t.Cleanup(cancel)
	once := func(o *kinesis.Options) { o.RetryMaxAttempts = 1 }
	return &kinesisProbe{
		Client:    kinesis.New(client.Options(), once, func(o *kinesis.Options) { boundKinesisCalls(o, patience) }),
		streaming: kinesis.New(client.Options(), once),
		ctx:       ctx, cleanup: t.Cleanup, patience: patience,
	}
}

// boundKinesisCalls ends every call, including the reading of its response, after a time.
func boundKinesisCalls(o *kinesis.Options, patience time.Duration) {
	bound := middleware.InitializeMiddlewareFunc("Bound", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		middleware.InitializeOutput, middleware.Metadata, error,
	) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		return next.HandleInitialize(ctx, in)
	})
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(bound, middleware.Before) })
}

// wait pauses for a time that the server's own clock has to pass.
func (p *kinesisProbe) wait(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}

// create makes a stream and waits until it is active. It is deleted when the check ends.
func (p *kinesisProbe) create(shards int32) (string, error) {
	return p.createWith(&kinesis.CreateStreamInput{ShardCount: &shards})
}

func (p *kinesisProbe) createWith(in *kinesis.CreateStreamInput) (string, error) {
	name := "conformance-" + strings.ToLower(rand.Text())
	in.StreamName = &name
	err := p.patiently(func() error {
		_, err := p.CreateStream(p.ctx, in)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("create stream: %w", err)
	}
	p.cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), p.patience)
		defer cancel()
		_, _ = p.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name}) // the check may have done it
	})
	return name, p.active(name)
}

// active waits until a stream is active.
func (p *kinesisProbe) active(stream string) error {
	for {
		out, err := p.DescribeStreamSummary(p.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
		if err == nil && out.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive {
			return nil
		}
		if err != nil && !throttledKinesis(err) {
			return fmt.Errorf("wait for the stream to be active: %w", err)
		}
		if err := p.wait(20 * time.Millisecond); err != nil {
			return fmt.Errorf("wait for the stream to be active: %w", err)
		}
	}
}

// patiently repeats a call while it is throttled.
func (p *kinesisProbe) patiently(call func() error) error {
	for {
		err := call()
		if !throttledKinesis(err) {
			return err
		}
		if err := p.wait(kinesisPause); err != nil {
			return err
		}
	}
}

// throttledKinesis reports whether an error is one of rate.
func throttledKinesis(err error) bool {
	return kinesisCode(err) == "ProvisionedThroughputExceededException" || kinesisCode(err) == "LimitExceededException"
}

func kinesisCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// kinesisRefused passes if an error has one of the codes.
func kinesisRefused(err error, codes ...string) error {
	got := kinesisCode(err)
	for _, code := range codes {
		if got == code {
			return nil
		}
	}
	return fmt.Errorf("got error %w, want one of %q", orNoKinesisError(err), codes)
}

var errNoKinesisError = errors.New("none")

func orNoKinesisError(err error) error {
	if err == nil {
		return errNoKinesisError
	}
	return err
}

// kinesisInvalid passes if an error says that a request is not valid. Which of the two names it has depends on whether the model of
// the API or the service found out, and varies even in the documentation.
func kinesisInvalid(err error) error {
	return kinesisRefused(err, "InvalidArgumentException", "ValidationException")
}

// kinesisEqual passes if two values are the same.
func kinesisEqual[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

// arn returns the ARN of a stream.
func (p *kinesisProbe) arn(stream string) (*string, error) {
	out, err := p.DescribeStreamSummary(p.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	if err != nil {
		return nil, fmt.Errorf("describe stream: %w", err)
	}
	return out.StreamDescriptionSummary.StreamARN, nil
}

// sharded makes a stream of so many shards, and lists them.
func (p *kinesisProbe) sharded(count int32) (stream string, shards kinesisShards, err error) {
	if stream, err = p.create(count); err != nil {
		return "", nil, err
	}
	shards, err = p.shards(stream)
	return stream, shards, err
}

// shards lists all shards of a stream, following tokens.
func (p *kinesisProbe) shards(stream string) (kinesisShards, error) {
	return p.filtered(stream, nil)
}

func (p *kinesisProbe) filtered(stream string, filter *types.ShardFilter) (kinesisShards, error) {
	var shards kinesisShards
	in := &kinesis.ListShardsInput{StreamName: &stream, ShardFilter: filter}
	for {
		var out *kinesis.ListShardsOutput
		err := p.patiently(func() (err error) {
			out, err = p.ListShards(p.ctx, in)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list shards: %w", err)
		}
		shards = append(shards, out.Shards...)
		if out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}
