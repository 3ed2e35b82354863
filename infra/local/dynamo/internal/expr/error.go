package expr

import "fmt"

// Error is an expression that DynamoDB refuses, or an update that does not fit the item. Its text is the message of
// DynamoDB's ValidationException.
type Error struct {
	message string
}

func failf(format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...)}
}

// Error is the message.
func (e *Error) Error() string { return e.message }
