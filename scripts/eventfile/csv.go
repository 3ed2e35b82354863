package eventfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/streamrec/streamrec/processor/event"
)

var (
	errQuote = errors.New("a quotation mark is not closed where the line ends, or text follows a closed one; a record is one line, without line breaks between quotation marks")
	// required are the columns that a CSV file must have.
	required = [...]string{"ts_ms", "session", "event", "item"}
	// taken are names that a column cannot have, because the record gives them another meaning.
	taken = [...]string{"session_id", "event_time", "browse_history", "product_code", "in_shopping_cart"}
)

// csvParser turns rows into records of one step.
type csvParser struct {
	source  string
	columns []column

	ts, session, event, item, category, brand, eventID, part int // positions, -1 when there is no such column

	fields [][]byte // of the row, valid until the next
	quoted []byte   // what the fields with quotation marks stand for
}

// looksLikeHeader reports whether a first line names the columns that every CSV file has.
func looksLikeHeader(line []byte) bool {
	p := &csvParser{}
	if p.split(line) != nil {
		return false
	}
	names := p.names()
	return !slices.ContainsFunc(required[:], func(name string) bool { return !slices.Contains(names, name) })
}

func newCSVParser(line []byte, source string) (*csvParser, error) {
	p := &csvParser{source: source}
	if err := p.split(line); err != nil {
		return nil, &LineError{Line: 1, Err: err}
	}
	header := p.names()
	if err := checkHeader(header); err != nil {
		return nil, &LineError{Line: 1, Err: err}
	}
	for _, name := range header {
		p.columns = append(p.columns, newColumn(name))
	}
	at := func(name string) int { return slices.Index(header, name) }
	p.ts, p.session, p.event, p.item = at("ts_ms"), at("session"), at("event"), at("item")
	p.category, p.brand, p.eventID, p.part = at("category"), at("brand"), at("event_id"), at("part")
	return p, nil
}

// names copies the fields of the header.
func (p *csvParser) names() []string {
	names := make([]string, len(p.fields))
	for i, f := range p.fields {
		names[i] = string(f)
	}
	return names
}

// checkHeader returns every problem of a header.
func checkHeader(header []string) error {
	var problems []error
	for _, name := range required {
		if !slices.Contains(header, name) {
			problems = append(problems, fmt.Errorf("the CSV header has no column %s", name))
		}
	}
	for i, name := range header {
		switch {
		case name == "" || !utf8.ValidString(name):
			problems = append(problems, fmt.Errorf("column %d of the CSV header has no name", i+1))
		case slices.Contains(header[:i], name):
			problems = append(problems, fmt.Errorf("the CSV header names column %s twice", name))
		case slices.Contains(taken[:], name):
			problems = append(problems, fmt.Errorf("the CSV header names a column %s, which the record uses itself", name))
		}
	}
	return errors.Join(problems...)
}

func (p *csvParser) parse(line []byte, number int64) (Event, error) {
	if !utf8.Valid(line) {
		return Event{}, errNotUnicode
	}
	if err := p.split(line); err != nil {
		return Event{}, err
	}
	if len(p.fields) != len(p.columns) {
		return Event{}, fmt.Errorf("%d fields where the header has %d", len(p.fields), len(p.columns))
	}
	return p.convert(number)
}

// convert makes an event of the row in fields.
func (p *csvParser) convert(number int64) (Event, error) {
	ts, err := parseMillis(p.text(p.ts))
	if err != nil {
		return Event{}, err
	}
	kind, ok := event.ParseType(p.text(p.event))
	if !ok {
		return Event{}, errBadType
	}
	item, session := p.text(p.item), p.text(p.session)
	if item == "" {
		return Event{}, errNoItem
	}
	if err := checkSession(session); err != nil {
		return Event{}, err
	}
	return Event{
		Time: ts, Session: session, ID: p.text(p.eventID), Part: p.text(p.part), Payload: p.record(ts, kind, number),
		Steps: []Step{{Item: item, Type: kind, Category: p.text(p.category), Brand: p.text(p.brand)}},
	}, nil
}

// text is a field of the row; empty when there is no such column.
func (p *csvParser) text(column int) string {
	if column < 0 {
		return ""
	}
	return string(p.fields[column])
}

// lastMilli is the last millisecond of the year 9999, beyond which RFC 3339 has no times.
const lastMilli = 253402300799999

func parseMillis(text string) (time.Time, error) {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 0 || ms > lastMilli {
		return time.Time{}, errBadTime
	}
	return time.UnixMilli(ms).UTC(), nil
}

// split cuts a line into fields.
func (p *csvParser) split(line []byte) error {
	p.fields, p.quoted = p.fields[:0], p.quoted[:0]
	for {
		field, rest, more, err := p.cut(line)
		if err != nil {
			return err
		}
		p.fields = append(p.fields, field)
		if !more {
			return nil
		}
		line = rest
	}
}

// cut takes the first field off a line; more tells whether a comma followed it.
func (p *csvParser) cut(line []byte) (field, rest []byte, more bool, err error) {
	if len(line) == 0 || line[0] != '"' {
		for i, c := range line {
			switch c {
			case ',':
				return line[:i], line[i+1:], true, nil
			case '"':
				return nil, nil, false, errQuote
			}
		}
		return line, nil, false, nil
	}
	start := len(p.quoted)
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] != '"':
			p.quoted = append(p.quoted, line[i])
		case i+1 < len(line) && line[i+1] == '"':
			p.quoted = append(p.quoted, '"')
			i++
		case i+1 == len(line):
			return p.quoted[start:], nil, false, nil
		case line[i+1] == ',':
			return p.quoted[start:], line[i+2:], true, nil
		default:
			return nil, nil, false, errQuote
		}
	}
	return nil, nil, false, errQuote
}
