package transport

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ErrForeign says that something else than the service has answered.
var ErrForeign = errors.New("the answer is not of the AWS protocol (a proxy?)")

// ForeignRemedy says what a person can do about it.
const ForeignRemedy = "look what answers there: AWS_ENDPOINT_URL and HTTPS_PROXY say where requests go"

// Answer is an answer over HTTP that is not what was asked for.
type Answer struct {
	Service string // as the SDK calls it: Kinesis, DynamoDB, S3
	Status  int
	Code    string // of the error, with its message; empty: the answer has none
	Foreign bool   // it is not of the AWS protocol
}

// AnswerOf returns the answer that an error of the SDK is about, if there was one.
func AnswerOf(err error) (a Answer, answered bool) {
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if !answered || response.HTTPStatusCode() == 0 { // of what was never sent the SDK has an answer, too
		return a, false
	}
	a.Status = response.HTTPStatusCode()
	if op, ok := errors.AsType[*smithy.OperationError](err); ok {
		a.Service = op.Service()
	}
	code := ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
		if a.Code = code; api.ErrorMessage() != "" && code != nameOf(a.Status) {
			a.Code += ": " + strings.TrimSuffix(api.ErrorMessage(), ".")
		}
	}
	_, garbled := errors.AsType[*smithy.DeserializationError](err)
	a.Foreign = foreign(response.Response.Header, garbled || code == nameOf(a.Status)) &&
		a.Status != http.StatusNotFound // which stores say of what is not there, some without a word
	return a, true
}

// nameOf is the code that the SDK gives to an answer without one.
func nameOf(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

// foreign reports whether an answer is none of AWS, whose services number theirs, nor of anything that speaks their protocol.
func foreign(h http.Header, mute bool) bool {
	if cmp.Or(h.Get("X-Amzn-Requestid"), h.Get("X-Amz-Request-Id"), h.Get("X-Amz-Id-2")) != "" {
		return false
	}
	kind := h.Get("Content-Type")
	return strings.HasPrefix(kind, "text/html") || mute && !strings.Contains(kind, "amz-json") && !strings.Contains(kind, "xml")
}

// Failed reports whether the same request may be answered another time: the fault is not that of the request.
func (a Answer) Failed() bool { return a.Status >= http.StatusInternalServerError }

// Error is the answer for people.
func (a Answer) Error() string {
	if a.Foreign {
		return fmt.Sprintf("%s, status %d", cmp.Or(a.Service, "the service"), a.Status)
	}
	return strings.TrimSpace(fmt.Sprintf("%s, status %d %s", cmp.Or(a.Service, "the service"), a.Status, a.Code))
}
