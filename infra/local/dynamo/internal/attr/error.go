package attr

import (
	"fmt"
	"strings"
)

// Error is a value that DynamoDB refuses. Its text is the message of DynamoDB's ValidationException.
type Error struct {
	message string
}

func invalid(format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...)}
}

// Error is the message.
func (e *Error) Error() string { return e.message }

// SyntaxError is JSON that is not an attribute value at all. DynamoDB answers it with a SerializationException.
type SyntaxError struct {
	message string
}

func malformed(format string, args ...any) error {
	return &SyntaxError{fmt.Sprintf(format, args...)}
}

// Error is the message.
func (e *SyntaxError) Error() string { return e.message }

// brief is the notation of a collection in DynamoDB's messages.
func brief(members []Value) string {
	parts := make([]string, len(members))
	for i, m := range members {
		switch m := m.(type) {
		case String:
			parts[i] = string(m)
		case Number:
			parts[i] = m.String()
		default:
			parts[i] = "…"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
