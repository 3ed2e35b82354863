package dynamo

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

// The name spaces of error types on the wire.
const (
	dynamoSpace   = "com.amazonaws.dynamodb.v20120810#"
	validateSpace = "com.amazon.coral.validate#"
	serviceSpace  = "com.amazon.coral.service#"
)

// fault is an error that the client is told about.
type fault struct {
	status  int
	kind    string // with its name space
	message string
	item    attr.Map       // of a failed condition, if asked for
	reasons []cancellation // of a cancelled transaction
}

// Error is the message.
func (f *fault) Error() string { return f.message }

// MarshalJSON is the body of the response.
func (f *fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type                string         `json:"__type"`
		Message             string         `json:"message"`
		Item                attr.Map       `json:",omitempty"`
		CancellationReasons []cancellation `json:",omitempty"`
	}{f.kind, f.message, f.item, f.reasons})
}

func refuse(kind, format string, args ...any) *fault {
	return &fault{status: http.StatusBadRequest, kind: kind, message: fmt.Sprintf(format, args...)}
}

// invalid is a ValidationException.
func invalid(format string, args ...any) *fault {
	return refuse(validateSpace+"ValidationException", format, args...)
}

func notFound(format string, args ...any) *fault {
	return refuse(dynamoSpace+"ResourceNotFoundException", format, args...)
}

func inUse(format string, args ...any) *fault {
	return refuse(dynamoSpace+"ResourceInUseException", format, args...)
}

func malformed(message string) *fault {
	return refuse(serviceSpace+"SerializationException", "%s", message)
}

const conditionFailedKind = dynamoSpace + "ConditionalCheckFailedException"

// failedCondition reports whether an error is a ConditionalCheckFailedException.
func failedCondition(err error) bool {
	f, ok := errors.AsType[*fault](err)
	return ok && f.kind == conditionFailedKind
}

// internal is a failure of this service, such as a full disk.
func internal(err error) *fault {
	return &fault{status: http.StatusInternalServerError, kind: dynamoSpace + "InternalServerError", message: err.Error()}
}

// faultOf classifies an error. What expressions and values complain about is the client's fault; anything unknown is ours.
func faultOf(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*attr.SyntaxError](err); ok {
		return malformed(e.Error())
	}
	if e, ok := errors.AsType[*attr.Error](err); ok {
		return invalid("%s", e)
	}
	if e, ok := errors.AsType[*expr.Error](err); ok {
		return invalid("%s", e)
	}
	return internal(err)
}
