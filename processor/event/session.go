package event

import "strings"

// scan reads one text into d.session and d.history and checks its syntax. Only the syntax: which values the fields have, and what is
// wrong with the history, is for interpret.
func (d *Decoder) scan(text string) *Error {
	if at := offsetOfInvalidUTF8(text); at >= 0 {
		return fault(InvalidUTF8, "bad byte sequence at byte %d", at)
	}
	d.session.reset()
	c := cursor{text: text, depth: d.limits.MaxDepth}
	if strings.HasPrefix(text, byteOrderMark) {
		c.pos = len(byteOrderMark)
	}
	if c.peek() != '{' {
		return c.scanOther()
	}
	if !d.readSession(&c) {
		return c.fault
	}
	if !c.end() {
		c.fail(InvalidJSON, "more than one value")
		return c.fault
	}
	return nil
}

// readSession takes in the object at c, and the entries of its history on the way.
func (d *Decoder) readSession(c *cursor) bool {
	return d.session.read(c, unknown, d.limits.MaxFields, func(f field) (value string, ok bool) {
		if f != browseHistory || c.peek() != '[' {
			return c.value()
		}
		start := c.pos
		ok = d.readHistory(c)
		return c.text[start:c.pos], ok
	})
}

// scanOther finds out whether a text that does not begin as an object is JSON at all.
func (c *cursor) scanOther() *Error {
	if _, ok := c.value(); !ok {
		return c.fault
	}
	if !c.end() {
		c.fail(InvalidJSON, "more than one value")
		return c.fault
	}
	return fault(NotObject, "the JSON text is no object")
}

// read takes in the members of the object at c, of which limit may be unknown. Fields below from are unknown in it. value reads the
// value of a field.
func (m *members) read(c *cursor, from field, limit int, value func(f field) (string, bool)) bool {
	if !c.open() {
		return false
	}
	for first := true; ; first = false {
		quoted, ok := c.name(first)
		if !ok {
			return c.fault == nil
		}
		f := fieldNamed(quoted)
		text, ok := value(f)
		if !ok {
			return false
		}
		if m.put(from, f, quoted, text); len(m.extra) > limit {
			return c.fail(TooManyFields, "too many unknown fields")
		}
	}
}

// interpret appends the event that the last scan has read, or a poison event if the scan or the fields have a fault.
func (d *Decoder) interpret(dst []Event, p payload, line int, text string, err *Error) []Event {
	if err != nil {
		return d.poison(dst, p, line, []byte(text), err)
	}
	dst = grow(dst)
	e := &dst[len(dst)-1]
	d.identify(e, p, line)
	if err := d.fill(e, line); err != nil {
		return d.poison(dst[:len(dst)-1], p, line, []byte(text), err)
	}
	if d.erased != nil && e.CustomerID.Valid && d.erased(e.CustomerID.Value, d.record.Arrival) {
		return d.erase(dst[:len(dst)-1], p, line)
	}
	return dst
}

// Heed makes of an event that was decoded before what Decode would make of it by now: its customer may have been erased since. r is its record, without data.
func (d *Decoder) Heed(e *Event, r Record) {
	if d.erased == nil || !e.CustomerID.Valid || !d.erased(e.CustomerID.Value, r.Arrival) {
		return
	}
	d.record = r
	defer d.release()
	*e = d.erase(nil, payload{sub: e.Sub, hashKey: e.HashKey}, e.Line)[0]
}

// erase appends an event that says only that there was one: neither what it held, nor the keys that would tell its session.
func (d *Decoder) erase(dst []Event, p payload, line int) []Event {
	p.partitionKey, p.explicitHashKey = "", ""
	return d.poison(dst, p, line, []byte{}, fault(Erased, "the customer has been erased"))
}

// fill sets the fields of e from d.session.
func (d *Decoder) fill(e *Event, line int) *Error {
	m := &d.session
	id, ok := d.sessionID()
	if !ok {
		return fault(NoSession, "no usable session_id")
	}
	e.SessionID = id
	if err := d.fillHistory(e, line); err != nil {
		return err
	}
	e.EventID = take(m, eventID, d.code)
	e.EventTime = take(m, eventTime, parseTime)
	if e.EventTime.Valid {
		e.EventTime.Value = clamp(e.EventTime.Value, d.record.Arrival)
	}
	e.CustomerID = take(m, customerNumber, d.customer)
	e.City = take(m, city, d.text)
	e.Country = take(m, country, d.text)
	e.CreditLimit = take(m, creditLimit, parseAmount)
	e.Extra = d.extra(m, position{e.Sub, line, extraField})
	return nil
}

func (d *Decoder) sessionID() (string, bool) {
	text := d.session.text(sessionID)
	if text == "" {
		return "", false
	}
	id, ok := d.code(text)
	return id, ok && id != ""
}

func (d *Decoder) text(text string) (string, bool) { return parseText(text, d.limits.MaxText) }
func (d *Decoder) code(text string) (string, bool) { return parseCode(text, d.limits.MaxText) }

func (d *Decoder) customer(text string) (string, bool) {
	number, ok := parseCustomer(text, d.limits.MaxText)
	if !ok {
		return "", false
	}
	return d.privacy.pseudonym(number), true
}
