package event

// Foreign rewrites records of other formats as native ones: see package mapping. It belongs to one Decoder.
type Foreign interface {
	// Wants reports whether a record has to be shown to Rewrite: one that has a session_id, or one that has none.
	Wants(session bool) bool
	// Rewrite writes a record, which is a valid JSON object, as the text of a native one. ok is false for a record of no format that it knows. conceal
	// gives the pseudonym of a customer, for sessions that are named after one. The result is valid until the next call.
	Rewrite(text string, conceal func(customer string) string) (r Rewritten, ok bool)
}

// Rewritten is a foreign record as a native one.
type Rewritten struct {
	Format  string   // its name, which has been chosen with the mapping, not by the producer
	Text    []byte   // a JSON object
	Unknown []string // the paths of fields that do not map
	// TooLarge tells that the record has more parts than are looked at: Text has not all of it.
	TooLarge bool
}

// The members of Extra that a rewritten record has: what the producer's record was, the name of its event if the mapping knows it, and what is left
// of the record, or of an item, beyond the columns. The first two are never sealed: their values come from the mapping.
const (
	FormatMember = "_format"
	EventMember  = "_event"
	RecordMember = "record"
	ItemMember   = "item"
)

func isReserved(name string) bool {
	switch name {
	case FormatMember, EventMember, RecordMember, ItemMember:
		return true
	}
	return false
}

// understand is interpret for a text in any format. err is what the last scan said of it.
func (d *Decoder) understand(dst []Event, p payload, line int, text string, err *Error) []Event {
	d.format = Native
	if d.foreign != nil && err == nil && d.foreign.Wants(d.session.text(sessionID) != "") {
		if r, ok := d.foreign.Rewrite(text, d.conceal); ok {
			d.format = r.Format
			d.unknown = append(d.unknown, r.Unknown...)
			if err = d.scan(string(r.Text)); r.TooLarge {
				err = fault(TooManyFields, "more parts than a mapping looks at")
			}
		}
	}
	n := len(dst)
	dst = d.interpret(dst, p, line, text, err)
	d.scouted(&dst[n])
	return dst
}

// conceal is the pseudonym of a customer, or without Privacy the customer.
func (d *Decoder) conceal(customer string) string {
	if d.privacy == nil {
		return customer
	}
	return d.privacy.Pseudonym(customer)
}
