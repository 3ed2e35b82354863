package main

import (
	"context"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// throttles counts the requests that AWS has refused because there were too many, each attempt, by service.
type throttles struct{ kinesis, dynamodb, s3 atomic.Int64 }

// watch returns the same clients, whose requests are counted from now on.
func (t *throttles) watch(c clients) clients {
	return clients{
		kinesis:  kinesis.New(c.kinesis.Options(), func(o *kinesis.Options) { o.APIOptions = append(o.APIOptions, counting(&t.kinesis)) }),
		dynamodb: dynamodb.New(c.dynamodb.Options(), func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, counting(&t.dynamodb)) }),
		s3:       s3.New(c.s3.Options(), func(o *s3.Options) { o.APIOptions = append(o.APIOptions, counting(&t.s3)) }),
	}
}

// counts are the numbers so far.
func (t *throttles) counts() map[string]int64 {
	return map[string]int64{"kinesis": t.kinesis.Load(), "dynamodb": t.dynamodb.Load(), "s3": t.s3.Load()}
}

var throttled = retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}

// counting looks at each answer, below the retries.
func counting(n *atomic.Int64) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		look := middleware.DeserializeMiddlewareFunc("CountThrottles", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
			out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
		) {
			out, metadata, err = next.HandleDeserialize(ctx, in)
			if err != nil && throttled.IsErrorThrottle(err) == aws.TrueTernary {
				n.Add(1)
			}
			return out, metadata, err
		})
		return stack.Deserialize.Add(look, middleware.Before)
	}
}
