package event

import "strings"

// field is a name that the decoder knows. The fields from entryFields on belong to an entry of the history.
type field uint8

const (
	unknown field = iota
	sessionID
	eventID
	eventTime
	customerNumber
	city
	country
	creditLimit
	browseHistory
	productCode
	quantity
	inShoppingCart
	eventType
	category
	brand
	price
	currency
	fieldCount

	entryFields = productCode
)

// names is indexed by field.
var names = [fieldCount]string{
	sessionID:      "session_id",
	eventID:        "event_id",
	eventTime:      "event_time",
	customerNumber: "customer_number",
	city:           "city",
	country:        "country",
	creditLimit:    "credit_limit",
	browseHistory:  "browse_history",
	productCode:    "product_code",
	quantity:       "quantity",
	inShoppingCart: "in_shopping_cart",
	eventType:      "event",
	category:       "category",
	brand:          "brand",
	price:          "price",
	currency:       "currency",
}

// fieldOf is the inverse of names, as a switch because it runs for every member of every object.
func fieldOf(name string) field {
	switch name {
	case "session_id":
		return sessionID
	case "event_id":
		return eventID
	case "event_time":
		return eventTime
	case "customer_number":
		return customerNumber
	case "city":
		return city
	case "country":
		return country
	case "credit_limit":
		return creditLimit
	case "browse_history":
		return browseHistory
	case "product_code":
		return productCode
	case "quantity":
		return quantity
	case "in_shopping_cart":
		return inShoppingCart
	case "event":
		return eventType
	case "category":
		return category
	case "brand":
		return brand
	case "price":
		return price
	case "currency":
		return currency
	default:
		return unknown
	}
}

// fieldNamed is the field of a name in quotes, which may have escapes.
func fieldNamed(quoted string) field {
	if f := fieldOf(quoted[1 : len(quoted)-1]); f != unknown {
		return f
	}
	return fieldOf(unquote(quoted))
}

// member is a member of an object that has no column. quoted is its name as the input spells it.
type member struct {
	name, quoted, value string
}

// members holds the members of one object: the texts of known fields by field, and what is extra in order of appearance.
// Of equal names the last counts.
type members struct {
	present uint32             // a bit per field
	values  [fieldCount]string // of fields that are not present, left from earlier objects
	extra   []member
	index   map[string]int // positions in extra, built once a scan would be slow
}

// indexFrom is how many extra members are found by a scan; keptExtra is how many a decoder keeps room for.
const (
	indexFrom = 16
	keptExtra = 1024
)

// reset begins another object.
func (m *members) reset() {
	m.present = 0
	if len(m.extra) > 0 {
		m.extra, m.index = m.extra[:0], nil
	}
}

// release lets go of the payload that the members refer to.
func (m *members) release() {
	m.reset()
	m.values = [fieldCount]string{}
	m.extra = m.extra[:cap(m.extra)]
	clear(m.extra)
	m.extra = m.extra[:0]
	if cap(m.extra) > keptExtra {
		m.extra = nil
	}
}

// put adds a member: a field by its quoted name. Fields below from are unknown in this object.
func (m *members) put(from, f field, quoted, value string) {
	switch {
	case f == unknown:
		m.putExtra(member{name: unquote(quoted), quoted: quoted, value: value})
	case f < from:
		m.putExtra(member{name: names[f], quoted: quoted, value: value})
	default:
		m.present |= 1 << f
		m.values[f] = value
	}
}

func (m *members) putExtra(x member) {
	if i := m.find(x.name); i >= 0 {
		m.extra[i] = x
		return
	}
	if len(m.extra) >= indexFrom {
		m.index[x.name] = len(m.extra)
	}
	m.extra = append(m.extra, x)
}

// find is the position of a name in extra, or -1.
func (m *members) find(name string) int {
	if len(m.extra) < indexFrom {
		for i := range m.extra {
			if m.extra[i].name == name {
				return i
			}
		}
		return -1
	}
	if m.index == nil {
		m.buildIndex()
	}
	if i, ok := m.index[name]; ok {
		return i
	}
	return -1
}

func (m *members) buildIndex() {
	m.index = make(map[string]int, 2*indexFrom)
	for i := range m.extra {
		m.index[m.extra[i].name] = i
	}
}

func (m *members) has(f field) bool { return m.present>>f&1 != 0 }

// text is the value of a known field as the input spells it, empty when it is missing or null.
func (m *members) text(f field) string {
	if m.has(f) && m.values[f] != "null" {
		return m.values[f]
	}
	return ""
}

// spill makes a known field extra: its value has no place in its column.
func (m *members) spill(f field) {
	if m.has(f) {
		m.putExtra(member{name: names[f], quoted: `"` + names[f] + `"`, value: m.values[f]})
	}
}

// take converts the value of a known field. A value that parse refuses is spilled.
func take[T any](m *members, f field, parse func(text string) (T, bool)) Opt[T] {
	text := m.text(f)
	if text == "" {
		return Opt[T]{}
	}
	v, ok := parse(text)
	if !ok {
		m.spill(f)
		return Opt[T]{}
	}
	return Some(v)
}

// object writes the extra members for which keep is true as a JSON object, empty when there is none.
func (m *members) object(keep func(name string) bool) string {
	var b strings.Builder
	for _, x := range m.extra {
		if !keep(x.name) {
			continue
		}
		if b.Len() == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(x.quoted)
		b.WriteByte(':')
		b.WriteString(x.value)
	}
	if b.Len() > 0 {
		b.WriteByte('}')
	}
	return b.String()
}
