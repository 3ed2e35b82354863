package shop

import (
	"strconv"
	"time"
	"unicode/utf16"

	"github.com/streamrec/streamrec/processor/event"
)

// productText is what every record says of a product, in JSON.
type productText struct {
	code   string // with its name
	detail string // the optional fields, with the comma before them
}

func newProductText(p Product) productText {
	return productText{
		code:   `{"product_code":"` + p.Code + `"`,
		detail: `,"category":"` + p.Category + `","brand":"` + p.Brand + `","price":` + p.Price() + `,"currency":"` + p.Currency + `"`,
	}
}

// oddity is something unusual in a record that is none the less valid.
type oddity int

const (
	none    oddity = iota
	unknown        // fields that nobody knows
	twice          // the newest product is in the history twice
	escaped        // non-ASCII letters are written as \u escapes
	oddities
)

// record writes the newest step of a session as a record in JSON.
func (c *Shoppers) record(s *session, now time.Time) []byte {
	odd := none
	if c.chance(c.habits.Odd) {
		odd = 1 + oddity(c.rnd.IntN(int(oddities-1)))
	}
	b := make([]byte, 0, 384)
	b = append(b, `{"session_id":"`...)
	b = append(b, s.id[:]...)
	b = c.appendOptional(b, s, now)
	b = append(b, `","customer_number":`...)
	b = strconv.AppendInt(b, int64(s.customer)+1, 10)
	b = appendText(append(b, `,"city":`...), s.place.city, odd == escaped)
	b = appendText(append(b, `,"country":`...), s.place.country, odd == escaped)
	b = append(b, `,"credit_limit":`...)
	b = strconv.AppendInt(b, int64(s.credit), 10)
	if odd == unknown {
		b = append(b, `,"referrer":null,"viewport":{"width":1280,"scale":1.25,"touch":[true,"coarse"]}`...)
	}
	b = c.appendHistory(b, s, odd == twice)
	b = append(b, '}')
	if c.chance(c.habits.Malformed) {
		b = b[:len(b)/2]
	}
	return b
}

// appendOptional writes the optional fields of the record after the session id, up to where the quotation mark of a
// string is still open.
func (c *Shoppers) appendOptional(b []byte, s *session, now time.Time) []byte {
	if s.bare {
		return b
	}
	b = append(b, `","event_id":"`...)
	b = append(b, s.id[:8]...)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(len(s.steps)), 10)
	if c.habits.EventTime {
		b = append(b, `","event_time":"`...)
		b = now.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	}
	return b
}

// appendHistory writes the newest step, or all of them.
func (c *Shoppers) appendHistory(b []byte, s *session, repeatNewest bool) []byte {
	b = append(b, `,"browse_history":[`...)
	steps := s.steps
	if !s.whole {
		steps = steps[len(steps)-1:]
	}
	for i := range steps {
		b = c.appendStep(b, s, steps[i])
		b = append(b, ',')
	}
	if repeatNewest {
		b = c.appendStep(b, s, s.newest())
		b = append(b, ',')
	}
	b[len(b)-1] = ']'
	return b
}

func (c *Shoppers) appendStep(b []byte, s *session, st step) []byte {
	text := &c.shop.texts[st.item]
	b = append(b, text.code...)
	b = append(b, `,"quantity":`...)
	if st.quoted {
		b = append(b, '"')
	}
	b = strconv.AppendInt(b, int64(st.quantity), 10)
	if st.quoted {
		b = append(b, '"')
	}
	b = append(b, `,"in_shopping_cart":`...)
	b = strconv.AppendBool(b, st.kind != event.View)
	if !s.bare {
		b = append(b, `,"event":"`...)
		b = append(b, st.kind.String()...)
		b = append(b, '"')
		b = append(b, text.detail...)
	}
	return append(b, '}')
}

// appendText writes the name of a place, which has nothing that JSON must escape, as a JSON string.
func appendText(b []byte, text string, escape bool) []byte {
	b = append(b, '"')
	if !escape {
		b = append(b, text...)
		return append(b, '"')
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		if unit < 0x80 {
			b = append(b, byte(unit))
			continue
		}
		const hex = "0123456789abcdef"
		b = append(b, '\\', 'u', hex[unit>>12], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
	}
	return append(b, '"')
}
