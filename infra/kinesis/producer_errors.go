package kinesis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/streamrec/streamrec/infra/transport"
)

// Why a stream cannot be used. Every *StreamError is exactly one of these under errors.Is.
var (
	// ErrStreamMissing: there is no such stream in this account and region.
	ErrStreamMissing = errors.New("there is no such stream in this account and region")
	// ErrStreamBusy: the stream is being created or deleted.
	ErrStreamBusy = errors.New("the stream is not active")
	// ErrAccessDenied: the credentials are wrong, expired or not entitled.
	ErrAccessDenied = errors.New("the credentials are not accepted")
	// ErrMisconfigured: no request could be made with these credentials, region and endpoint settings.
	ErrMisconfigured = errors.New("no request can be made with these AWS settings")
	// ErrUnreachable: nothing answers at the endpoint.
	ErrUnreachable = errors.New("the endpoint cannot be reached")
	// ErrStalled: the service answers, but took nothing for the producer's patience.
	ErrStalled = errors.New("the service takes no records")
	// ErrFailing: the service answers with errors of its own.
	ErrFailing = errors.New("the service fails")
	// ErrForeign: what answers is no service of AWS.
	ErrForeign = transport.ErrForeign
)

// StreamError ends a producer: no record can be put, and trying again soon will not help.
type StreamError struct {
	Stream string
	// Reason is one of ErrStreamMissing, ErrStreamBusy, ErrAccessDenied, ErrMisconfigured, ErrUnreachable, ErrStalled, ErrFailing, ErrForeign.
	Reason error
	// Cause is the last error of the service or the network; may be nil.
	Cause error
}

// Error is one sentence for the person at the terminal. That there is no stream needs no further proof.
func (e *StreamError) Error() string {
	if e.Cause == nil || errors.Is(e.Reason, ErrStreamMissing) {
		return fmt.Sprintf("stream %q: %v", e.Stream, e.Reason)
	}
	return fmt.Sprintf("stream %q: %v: %v", e.Stream, e.Reason, e.Cause)
}

// Remedy says what the person can do about it.
func (e *StreamError) Remedy() string {
	switch {
	case errors.Is(e.Reason, ErrStreamMissing):
		return fmt.Sprintf("create it (aws kinesis create-stream --stream-name %s --shard-count 2) or name another one with --stream", e.Stream)
	case errors.Is(e.Reason, ErrAccessDenied):
		return "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and what they may do"
	case errors.Is(e.Reason, ErrUnreachable):
		return "is it running, and is AWS_ENDPOINT_URL or AWS_REGION right?"
	case errors.Is(e.Reason, ErrMisconfigured):
		return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
	case errors.Is(e.Reason, ErrForeign):
		return transport.ForeignRemedy
	case errors.Is(e.Reason, ErrStreamBusy):
		return "try again when it is ACTIVE"
	default:
		return "try again later"
	}
}

// Unwrap gives both the reason and the cause to errors.Is and errors.As.
func (e *StreamError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.Cause}
}

// RecordError refuses one record; the others are not affected.
type RecordError struct {
	// Number is the record's own.
	Number int64
	// Problem is a clause without any part of the record.
	Problem string
}

// Error names the record by its number only.
func (e *RecordError) Error() string { return fmt.Sprintf("record %d: %s", e.Number, e.Problem) }

// outcome is what an error of a whole request means for the records that it carried.
type outcome int

const (
	again    outcome = iota // the same records may pass later
	rejected                // some record of the request is not acceptable
	final                   // nothing will pass
)

// judge sorts the error of a request. A final error has a reason of its own; any other's reason is the one to give
// when patience ends.
func judge(err error) (outcome, error) {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return judgeCode(api.ErrorCode())
	}
	answer, answered := transport.AnswerOf(err)
	_, unsent := errors.AsType[*smithyhttp.RequestSendError](err)
	_, prepared := errors.AsType[*smithy.OperationError](err)
	switch {
	case unsent, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return again, ErrUnreachable
	case !answered && prepared:
		// The SDK failed before sending: credentials, region, endpoint. The credentials may come from a service that
		// is down for a moment.
		return again, ErrMisconfigured
	case answer.Foreign:
		return again, ErrForeign
	default:
		return again, ErrStalled
	}
}

// judgeCode sorts the service's own error codes. What is not listed is worth another attempt.
func judgeCode(code string) (outcome, error) {
	switch code {
	case "ResourceNotFoundException":
		return final, ErrStreamMissing
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch",
		"ExpiredTokenException", "InvalidClientTokenId", "MissingAuthenticationTokenException",
		"IncompleteSignatureException", "MissingAuthenticationToken", "IncompleteSignature", "OptInRequired",
		"KMSAccessDeniedException", "KMSDisabledException", "KMSNotFoundException", "KMSOptInRequired":
		return final, ErrAccessDenied
	case "InvalidArgumentException", "ValidationException", "SerializationException":
		return rejected, ErrStalled
	case "ResourceInUseException":
		return again, ErrStreamBusy
	default:
		return again, ErrStalled
	}
}

// errNoAnswer is what a person is told of a deadline.
var errNoAnswer = errors.New("no answer in time")

// brief is err without what the SDK puts around it and, for a refusal of arguments, without the service's message: that
// one quotes the request.
func brief(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errNoAnswer
	}
	if answer, ok := transport.AnswerOf(err); ok && answer.Foreign {
		return answer
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if kind, _ := judgeCode(api.ErrorCode()); kind == rejected || api.ErrorMessage() == "" {
			return errors.New(api.ErrorCode())
		}
		return fmt.Errorf("%s: %s", api.ErrorCode(), strings.TrimSuffix(api.ErrorMessage(), "."))
	}
	if send, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return send.Err
	}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok {
		return op.Err
	}
	return err
}
