package event

// history is what readHistory has found in the browse_history of the object that is being scanned.
type history struct {
	entries []Entry
	looked  int    // how many entries were looked at
	fault   *Error // why there can be no event, although the syntax is right
	entry   members
	more    []more // entries with something that has no column, which fillEntries goes into
}

// more is the text of an entry.
type more struct {
	entry int
	text  string
}

// release lets go of the payload of the record.
func (h *history) release() {
	h.fault = nil
	h.entry.release()
	clear(h.more)
	h.more = h.more[:0]
}

// readHistory takes in the array at c. Behind a fault of the history it only checks the syntax.
func (d *Decoder) readHistory(c *cursor) bool {
	h := &d.history
	h.entries, h.looked, h.fault, h.more = h.entries[:0], 0, nil, h.more[:0]
	if !c.open() {
		return false
	}
	for first := true; c.element(first); first = false {
		if h.fault == nil {
			h.fault = d.admit(c)
		}
		if h.fault == nil && !d.readEntry(c) {
			return false
		}
		if h.fault != nil {
			if _, ok := c.value(); !ok {
				return false
			}
		}
	}
	return c.fault == nil
}

// admit says why the element at c cannot become an entry.
func (d *Decoder) admit(c *cursor) *Error {
	h := &d.history
	if c.peek() != '{' {
		return fault(BadHistory, "entry %d is not an object", len(h.entries))
	}
	if len(h.entries) == d.limits.MaxHistory {
		return fault(HistoryTooLong, "more than %d entries", d.limits.MaxHistory)
	}
	if h.looked++; d.entries+h.looked > d.limits.MaxEntries {
		return d.tooManyEntries()
	}
	return nil
}

// readEntry takes in the object at c, or leaves c there with a fault of the history.
func (d *Decoder) readEntry(c *cursor) bool {
	h, start := &d.history, *c
	h.entry.reset()
	if !h.entry.read(c, entryFields, d.limits.MaxFields, c.any) {
		if c.fault.Class != TooManyFields {
			return false
		}
		h.fault, *c = c.fault, start
		return true
	}
	h.entries = append(h.entries, Entry{})
	d.fillEntry(&h.entries[len(h.entries)-1], &h.entry)
	if len(h.entry.extra) > 0 {
		h.more = append(h.more, more{len(h.entries) - 1, c.text[start.pos:c.pos]})
	}
	return true
}

// fillHistory sets e.History from browse_history, or from the top level of a record of a single step.
func (d *Decoder) fillHistory(e *Event, line int) *Error {
	m := &d.session
	switch text := m.text(browseHistory); {
	case text == "" && m.text(productCode) != "":
		return d.fillStep(e)
	case text == "":
		spillEntryFields(m)
		return nil
	case text[0] != '[':
		return fault(BadHistory, "browse_history is not an array")
	default:
		spillEntryFields(m)
		return d.fillEntries(e, line)
	}
}

// spillEntryFields makes the fields of an entry unknown at the top level, where they mean nothing beside a history.
func spillEntryFields(m *members) {
	if m.present>>entryFields == 0 {
		return
	}
	for f := entryFields; f < fieldCount; f++ {
		m.spill(f)
	}
}

func (d *Decoder) fillStep(e *Event) *Error {
	if d.entries++; d.entries > d.limits.MaxEntries {
		return d.tooManyEntries()
	}
	e.spare = append(e.spare[:0], Entry{})
	e.History = e.spare
	d.fillEntry(&e.History[0], &d.session)
	return nil
}

// fillEntries gives e what readHistory has read, and d the storage of e for the next ones.
func (d *Decoder) fillEntries(e *Event, line int) *Error {
	h := &d.history
	d.entries += h.looked
	if h.fault != nil {
		return h.fault
	}
	if h.entries == nil {
		h.entries = []Entry{}
	}
	e.History = h.entries
	h.entries, e.spare = e.spare[:0], h.entries
	for _, x := range h.more {
		d.fillExtra(&e.History[x.entry], x.text, position{e.Sub, line, x.entry})
	}
	return nil
}

// fillExtra reads an entry once more, for what has no column. Only here it is known of what format the record is.
func (d *Decoder) fillExtra(x *Entry, text string, at position) {
	c := cursor{text: text, depth: d.limits.MaxDepth}
	m := &d.history.entry
	m.reset()
	m.read(&c, entryFields, d.limits.MaxFields, c.any)
	d.fillEntry(x, m)
	x.Extra = d.extra(m, at)
}

func (d *Decoder) tooManyEntries() *Error {
	return fault(HistoryTooLong, "more than %d entries in the record", d.limits.MaxEntries)
}

// fillEntry sets all fields of x but Extra.
func (d *Decoder) fillEntry(x *Entry, m *members) {
	x.ProductCode = take(m, productCode, d.code)
	x.Quantity = take(m, quantity, parseInteger)
	x.InCart = take(m, inShoppingCart, parseBool)
	x.Category = take(m, category, d.code)
	x.Brand = take(m, brand, d.text)
	x.Price = take(m, price, parseAmount)
	x.Currency = take(m, currency, d.text)
	switch t := take(m, eventType, parseEventType); {
	case t.Valid:
		x.Type = t.Value
	case x.InCart.Valid && x.InCart.Value:
		x.Type = Cart
	default:
		x.Type = View
	}
}
