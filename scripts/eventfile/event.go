package eventfile

import (
	"fmt"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

// Event is one line of a file.
type Event struct {
	// Line is its number in the file, from 1; a CSV header counts.
	Line int64
	// Time is when it happened, as the file says and in UTC; zero when it does not say.
	Time time.Time
	// Session is the session, 1 to 256 Unicode characters: the partition key of the record.
	Session string
	// ID is the event_id that the line has; empty when it has none. The payload of a CSV row has one in any case.
	ID string
	// Item and Type are those of the newest step. Item is empty when the history is.
	Item string
	Type event.Type
	// Steps are all that the line tells, oldest first; one for a CSV row. A step without product code is left out.
	Steps []Step
	// Part is what the file says that the line is for: train, valid or test. Empty when it does not say.
	Part string
	// Payload is the record in JSON. It belongs to the receiver.
	Payload []byte
}

// Step is one product that the shopper looked at, put into the cart or bought.
type Step struct {
	Item            string
	Type            event.Type
	Category, Brand string // empty when the file does not say
}

// newest sets Item and Type.
func (e *Event) newest() {
	if n := len(e.Steps); n > 0 {
		e.Item, e.Type = e.Steps[n-1].Item, e.Steps[n-1].Type
	}
}

// LineError is a malformed line.
type LineError struct {
	// Line is its number in the file, from 1.
	Line int64
	// Err says what is wrong, without any part of the line.
	Err error
}

// Error is the line and what is wrong with it.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives what is wrong.
func (e *LineError) Unwrap() error { return e.Err }
