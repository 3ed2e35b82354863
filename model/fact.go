package model

// EventType is what a shopper did with an item. Types are ordered by strength.
type EventType uint8

// The types, weakest first.
const (
	View EventType = iota
	Cart
	Purchase
)

// String returns the name used in event files: view, cart or purchase.
func (t EventType) String() string {
	return [...]string{"view", "cart", "purchase"}[min(t, Purchase)]
}

// A Fact says that a session touched an item. The state of a model is a set of facts, at most one per (Session, Visit,
// Item); two facts of the same key join to the earlier Touch and the stronger Type. See the package documentation for
// the algebra.
type Fact struct {
	Session string    // raw id, or the digest that replaces an over-long one
	Visit   uint32    // arrival time of the visit's first record in seconds since 1970; see Record
	Item    string    // raw id
	Touch   Touch     // first touch of the item in the visit
	Type    EventType // strongest type so far
	Label   Label     // what the record said about the item; zero if nothing
}

// named reports whether the ids are valid. That of a session may be a digest.
func (f *Fact) named() bool { return validItem(f.Item) && validItem(f.Session) }

// An ItemLabel is what is known about an item apart from the sessions that touched it. Labels travel on facts when
// these are made, and by themselves in [Model.Labels], because they outlive the facts that brought them.
type ItemLabel struct {
	Item  string
	Touch Touch // of the newest fact with this label, rounded down to the second where only that is known
	Label Label
}

// A Label is the fingerprint of a category and a brand; the texts are not needed. The zero Label means unknown.
type Label struct {
	Category uint32
	Brand    uint16
}

// LabelOf returns the fingerprint of a category and a brand, either of which may be empty. Without a category, the
// brand stands in for it.
func LabelOf(category, brand string) Label {
	switch {
	case category == "" && brand == "":
		return Label{}
	case category == "":
		return Label{Category: fingerprint(fingerprint(fnvBasis, "\x00"), brand), Brand: fold(fingerprint(fnvBasis, brand))}
	case brand == "":
		return Label{Category: fingerprint(fnvBasis, category)}
	}
	return Label{Category: fingerprint(fnvBasis, category), Brand: fold(fingerprint(fnvBasis, brand))}
}

// before orders labels, so that the join of two labels of the same second is defined.
func (l Label) before(o Label) bool {
	if l.Category != o.Category {
		return l.Category < o.Category
	}
	return l.Brand < o.Brand
}

const (
	fnvBasis = 2166136261
	fnvPrime = 16777619
)

// fingerprint is FNV-1a, continued from h; it is never zero.
func fingerprint(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * fnvPrime
	}
	return max(h, 1)
}

// fold cuts a fingerprint to 16 bits; it is never zero.
func fold(h uint32) uint16 { return max(uint16(h>>16)^uint16(h), 1) }
