package kinesis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// DescribeAPI is the one call of CheckWritable. *kinesis.Client has it.
type DescribeAPI interface {
	DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput, opts ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error)
}

// checkTimeout bounds CheckWritable, so that a mistake in the settings shows soon.
const checkTimeout = 15 * time.Second

// CheckWritable asks whether the stream exists and takes records, and returns the most bytes that it takes as one
// record, key included. Errors: *StreamError, or the context's cause.
func CheckWritable(ctx context.Context, api DescribeAPI, stream string) (maxRecordBytes int, err error) {
	bounded, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	out, err := api.DescribeStreamSummary(bounded, &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
	if err != nil {
		return 0, describeError(ctx, stream, err)
	}
	summary := out.StreamDescriptionSummary
	if summary == nil {
		return 0, &StreamError{Stream: stream, Reason: ErrStalled, Cause: fmt.Errorf("the description is empty")}
	}
	switch summary.StreamStatus {
	case types.StreamStatusActive, types.StreamStatusUpdating:
		return recordLimit(summary), nil
	default:
		return 0, &StreamError{Stream: stream, Reason: ErrStreamBusy, Cause: fmt.Errorf("its status is %s", summary.StreamStatus)}
	}
}

// describeError gives the error of DescribeStreamSummary its reason.
func describeError(ctx context.Context, stream string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	kind, reason := judge(err)
	if kind == rejected { // a name that no stream can have
		reason = ErrStreamMissing
	}
	if errors.Is(reason, ErrStalled) { // nobody has tried to put a record
		reason = ErrFailing
	}
	return &StreamError{Stream: stream, Reason: reason, Cause: brief(err)}
}

// recordLimit is the stream's own limit; 1 MiB where the service does not tell one.
func recordLimit(s *types.StreamDescriptionSummary) int {
	if kib := aws.ToInt32(s.MaxRecordSizeInKiB); kib > 0 {
		return min(int(kib)<<10, MaxRecordBytes)
	}
	return 1 << 20
}
