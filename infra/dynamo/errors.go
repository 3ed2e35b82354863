package dynamo

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/streamrec/streamrec/worker/lease"
)

// refusals are the error codes that asking again does not change.
var refusals = map[string]bool{
	"ResourceNotFoundException": true, "AccessDeniedException": true, "UnrecognizedClientException": true, "ValidationException": true,
	"InvalidSignatureException": true, "IncompleteSignatureException": true, "MissingAuthenticationTokenException": true,
	"MissingAuthenticationToken": true, "UnknownOperationException": true, "InvalidClientTokenId": true,
}

// classify turns an error of the SDK into one of the sentinels of package lease. onCondition is what a failed condition means.
func classify(err, onCondition error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return onCondition
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && refusals[api.ErrorCode()] {
		return fmt.Errorf("%w: %w", lease.ErrRefused, err)
	}
	return err
}
