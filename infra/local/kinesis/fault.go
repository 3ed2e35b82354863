package kinesis

import (
	"fmt"
	"net/http"
)

// fault is an answer that is an error of the service: an HTTP status, the name of the exception and a message.
type fault struct {
	status  int
	code    string
	message string
}

func (f *fault) Error() string { return f.code + ": " + f.message }

// Codes that are compared or that are part of a response, too.
const (
	codeNotFound  = "ResourceNotFoundException"
	codeThrottled = "ProvisionedThroughputExceededException"
	codeInternal  = "InternalFailure"
)

func clientFault(code, format string, args ...any) *fault {
	return &fault{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

func invalidArgument(format string, args ...any) *fault {
	return clientFault("InvalidArgumentException", format, args...)
}

func validation(format string, args ...any) *fault {
	return clientFault("ValidationException", format, args...)
}

func notFound(format string, args ...any) *fault {
	return clientFault(codeNotFound, format, args...)
}

func inUse(format string, args ...any) *fault {
	return clientFault("ResourceInUseException", format, args...)
}

func limitExceeded(format string, args ...any) *fault {
	return clientFault("LimitExceededException", format, args...)
}

func throttled(format string, args ...any) *fault {
	return clientFault(codeThrottled, format, args...)
}

func badJSON(err error) *fault {
	return clientFault("SerializationException", "%s", err)
}

// dryRun is what a request with DryRun is told when it would have been carried out.
func dryRun() *fault {
	return clientFault("DryRunOperationException", "Request would have succeeded, but the DryRun parameter is set.")
}

// internalFailure hides its cause from clients; the service logs it.
func internalFailure() *fault {
	return &fault{status: http.StatusInternalServerError, code: codeInternal, message: internalMessage}
}

const internalMessage = "Internal Service Failure"
