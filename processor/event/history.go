package event

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
		return d.fillEntries(e, text, line)
	}
}

// spillEntryFields makes the fields of an entry unknown at the top level, where they mean nothing beside a history.
func spillEntryFields(m *members) {
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

// fillEntries reads the array text, whose syntax is known to be right.
func (d *Decoder) fillEntries(e *Event, text string, line int) *Error {
	e.spare = e.spare[:0]
	if e.spare == nil {
		e.spare = []Entry{}
	}
	c := cursor{text: text, depth: d.limits.MaxDepth}
	c.open()
	for first := true; c.element(first); first = false {
		if c.peek() != '{' {
			return fault(BadHistory, "entry %d is not an object", len(e.spare))
		}
		if len(e.spare) == d.limits.MaxHistory {
			return fault(HistoryTooLong, "more than %d entries", d.limits.MaxHistory)
		}
		if d.entries++; d.entries > d.limits.MaxEntries {
			return d.tooManyEntries()
		}
		d.entry.reset()
		if !d.entry.read(&c, entryFields, d.limits.MaxFields) {
			return c.fault
		}
		e.spare = append(e.spare, Entry{})
		entry := &e.spare[len(e.spare)-1]
		d.fillEntry(entry, &d.entry)
		entry.Extra = d.extra(&d.entry, position{e.Sub, line, len(e.spare) - 1})
	}
	e.History = e.spare
	return nil
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
