package eventfile

import (
	"strings"

	"github.com/streamrec/streamrec/processor/event"
)

// Activity is what a line says as a worker will read it.
type Activity struct {
	Session string // 1 to 256 Unicode characters
	ID      string // empty when the line has none
	// Shopping tells that the record is in a format of shops' events, or has a history.
	Shopping bool
}

// LineReader reads single JSON lines as workers will. It is not safe for concurrent use.
type LineReader struct{ parser *jsonParser }

// NewLineReader returns a reader of lines in the native format and, if foreign is not nil, in those that it reads.
func NewLineReader(foreign event.Foreign) *LineReader { return &LineReader{newJSONParser(foreign)} }

// Read reads a line, which is not kept. The error is an *event.Error where the decoder refuses the line.
func (r *LineReader) Read(line []byte) (Activity, error) {
	decoded, err := r.parser.decode(line)
	if err != nil {
		return Activity{}, err
	}
	return Activity{
		Session: strings.Clone(decoded.SessionID), ID: strings.Clone(decoded.EventID.Value),
		Shopping: decoded.History != nil,
	}, nil
}
