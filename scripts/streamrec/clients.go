package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	infrakinesis "github.com/streamrec/streamrec/infra/kinesis"
	"github.com/streamrec/streamrec/infra/transport"
)

// clients are the AWS clients of a command.
type clients struct {
	kinesis  *kinesis.Client
	dynamodb *dynamodb.Client
	s3       *s3.Client
}

// loadClients makes the clients from the standard chain. Requests are tried three times here; what may be tried longer
// is decided by the callers, who know what it means.
func loadClients(ctx context.Context) (clients, error) {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 256
		t.ResponseHeaderTimeout = 30 * time.Second
	})
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(client), config.WithRetryMaxAttempts(3), config.WithLogger(logging.Nop{})) // what matters comes back as an error
	if err != nil {
		return clients{}, usageError{fmt.Errorf("AWS settings: %w", err)}
	}
	if cfg.Region == "" {
		return clients{}, usageError{errors.New("no AWS region: set AWS_REGION, or choose a profile with AWS_PROFILE")}
	}
	if err := checkCredentials(ctx, cfg.Credentials); err != nil {
		return clients{}, err
	}
	return newClients(cfg), nil
}

// checkCredentials says that there are none, which the SDK does with the first request and at length.
func checkCredentials(ctx context.Context, chain aws.CredentialsProvider) error {
	ctx, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	_, err := chain.Retrieve(ctx)
	if err == nil {
		return nil
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return usageError{fmt.Errorf("no AWS credentials were found (the last place said: %w): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile with AWS_PROFILE", err)}
}

func newClients(cfg aws.Config) clients {
	return clients{
		kinesis:  kinesis.NewFromConfig(cfg, func(o *kinesis.Options) { o.HTTPClient = transport.WholeBody{Next: o.HTTPClient} }),
		dynamodb: dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.HTTPClient = transport.WholeBody{Next: o.HTTPClient} }),
		s3: s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.HTTPClient = transport.WholeBody{Next: o.HTTPClient}
			o.UsePathStyle = o.BaseEndpoint != nil // stores other than Amazon's are seldom reachable under bucket.host
		}),
	}
}

// explain turns the errors that a person can do something about into one sentence, as a refusal. Others stay as they are.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[refusedError](err); ok {
		return err
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && slices.Contains(credentialErrors, api.ErrorCode()) {
		return refuse("%s: AWS does not accept the credentials (%s): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and what they may do", what, api.ErrorCode())
	}
	if send, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return refuse("%s: the endpoint cannot be reached (%w): is it running, and is AWS_ENDPOINT_URL or AWS_REGION right?", what, send.Err)
	}
	if answer, ok := transport.AnswerOf(err); ok {
		if sentence := explainAnswer(answer); sentence != nil {
			return refuse("%s: %w", what, sentence)
		}
	}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok && !errors.As(err, new(*smithyhttp.ResponseError)) {
		return refuse("%s: no request can be made: %w", what, op.Err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// explainAnswer explains what a service or something else has answered; nil: what it says has to do.
func explainAnswer(a transport.Answer) error {
	switch {
	case a.Foreign:
		return fmt.Errorf("%w: %w; %s", transport.ErrForeign, a, transport.ForeignRemedy)
	case a.Status == http.StatusForbidden:
		return fmt.Errorf("AWS denies access (%w): check the credentials and what they may do", a)
	case a.Failed():
		return fmt.Errorf("%w: %w; try again later", infrakinesis.ErrFailing, a)
	}
	return nil
}

var credentialErrors = []string{
	"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException",
	"AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "MissingAuthenticationToken",
	"MissingAuthenticationTokenException", "IncompleteSignature", "IncompleteSignatureException",
}
