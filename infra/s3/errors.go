package s3

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/streamrec/streamrec/processor/chain"
)

// classify turns an error of the SDK into one of the sentinels of package chain, or leaves it: its outcome is unknown.
func classify(err error) error {
	if err == nil {
		return nil
	}
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok {
		return err
	}
	switch status := response.HTTPStatusCode(); {
	case status == http.StatusPreconditionFailed:
		return fmt.Errorf("%w: %w", chain.ErrExists, err)
	case status == http.StatusNotFound && code(err) == "NoSuchBucket":
		return fmt.Errorf("%w: %w", chain.ErrRefused, err)
	case status == http.StatusNotFound:
		return fmt.Errorf("%w: %w", chain.ErrNotFound, err)
	case refused(status, code(err)):
		return fmt.Errorf("%w: %w", chain.ErrRefused, err)
	}
	return err
}

// refused reports whether asking again would not help. 400 is a transport fault when the body did not arrive whole.
func refused(status int, code string) bool {
	switch status {
	case http.StatusBadRequest:
		return code != "RequestTimeout" && code != "IncompleteBody" && code != "BadDigest" && code != "RequestTimeTooSkewed"
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusMovedPermanently:
		return true
	}
	return false
}

func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
