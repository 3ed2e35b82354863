package eventfile

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/streamrec/streamrec/processor/event"
)

// place is where the value of a column goes in the record.
type place uint8

const (
	elsewhere place = iota // written by name, not by going through the columns
	ofRecord
	ofStep
)

// column is what the name of a CSV column means.
type column struct {
	place    place
	member   string // with the comma before it and the colon after it
	numeric  bool   // a JSON number if the value is one
	quantity bool
}

func newColumn(name string) column {
	c := column{place: ofRecord, member: "," + string(appendQuoted(nil, []byte(name))) + ":"}
	switch name {
	case "ts_ms", "session", "event", "item", "event_id":
		c.place = elsewhere
	case "category", "brand", "currency":
		c.place = ofStep
	case "price":
		c.place, c.numeric = ofStep, true
	case "quantity":
		c.place, c.numeric, c.quantity = ofStep, true, true
	case "customer_number", "credit_limit":
		c.numeric = true
	}
	return c
}

// record writes the row in fields as a record of one step.
func (p *csvParser) record(ts time.Time, kind event.Type, number int64) []byte {
	b := make([]byte, 0, 384)
	b = append(b, `{"session_id":`...)
	b = appendQuoted(b, p.fields[p.session])
	b = p.appendEventID(b, number)
	b = append(b, `,"event_time":"`...)
	b = ts.AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, '"')
	b, _ = p.appendMembers(b, ofRecord)
	b = append(b, `,"browse_history":[`...)
	b = p.appendStep(b, kind)
	return append(b, "]}"...)
}

// appendEventID takes the id of the row, or makes one of the file and the line.
func (p *csvParser) appendEventID(b []byte, number int64) []byte {
	b = append(b, `,"event_id":`...)
	if p.eventID >= 0 && len(p.fields[p.eventID]) > 0 {
		return appendQuoted(b, p.fields[p.eventID])
	}
	id := append([]byte(p.source), ':')
	return appendQuoted(b, strconv.AppendInt(id, number, 10))
}

// appendStep writes the one entry of the history.
func (p *csvParser) appendStep(b []byte, kind event.Type) []byte {
	b = append(b, `{"product_code":`...)
	b = appendQuoted(b, p.fields[p.item])
	b = append(b, `,"in_shopping_cart":`...)
	b = strconv.AppendBool(b, kind != event.View)
	b = append(b, `,"event":"`...)
	b = append(b, kind.String()...)
	b = append(b, '"')
	b, counted := p.appendMembers(b, ofStep)
	if !counted {
		b = append(b, `,"quantity":1`...)
	}
	return append(b, '}')
}

// appendMembers writes the columns of one place that are not empty, and tells whether one of them is the quantity.
func (p *csvParser) appendMembers(b []byte, of place) (_ []byte, quantity bool) {
	for i := range p.columns {
		c, value := &p.columns[i], p.fields[i]
		if c.place != of || len(value) == 0 {
			continue
		}
		quantity = quantity || c.quantity
		b = append(b, c.member...)
		if c.numeric && isNumber(value) {
			b = append(b, value...)
		} else {
			b = appendQuoted(b, value)
		}
	}
	return b, quantity
}

// isNumber reports whether the text is a JSON number.
func isNumber(text []byte) bool {
	return (text[0] == '-' || '0' <= text[0] && text[0] <= '9') && json.Valid(text)
}

// appendQuoted writes valid UTF-8 as a JSON string.
func appendQuoted(b, text []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
