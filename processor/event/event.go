package event

import "time"

// Record is one Kinesis record as GetRecords returns it. Decode only reads Data.
type Record struct {
	SequenceNumber string
	PartitionKey   string
	Arrival        time.Time // ApproximateArrivalTimestamp
	Data           []byte
}

// Opt is a value that may be absent: missing, null, or kept in Extra because it has another type.
type Opt[T any] struct {
	Value T
	Valid bool
}

// Some is a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Valid: true} }

// Ptr is nil when the value is absent, else points into o.
func (o *Opt[T]) Ptr() *T {
	if !o.Valid {
		return nil
	}
	return &o.Value
}

// Event is one user record: a plain record, a sub-record of an aggregate, or a line of either. If Err is set, only the
// identity (Sub to HashKey), KeyID, Err and Raw are.
type Event struct {
	Sub  int // position in the KPL aggregate
	Line int // line of the newline-delimited payload

	PartitionKey    string  // of the sub-record, else of the record
	ExplicitHashKey string  // decimal, of a sub-record that carries one, else empty
	HashKey         HashKey // the explicit one, else the MD5 of PartitionKey

	SessionID   string         // never empty
	EventID     Opt[string]    //
	EventTime   Opt[time.Time] // UTC, microseconds, within [arrival-24h, arrival]
	CustomerID  Opt[string]    // a pseudonym of 32 hex digits, or in clear without Privacy
	KeyID       string         // of the key behind CustomerID, Extra and Raw; empty without Privacy
	City        Opt[string]
	Country     Opt[string]
	CreditLimit Opt[Decimal]
	History     []Entry // nil when the record has none; empty when it has an empty one
	Extra       string  // a JSON object of what has no column, else empty; see Privacy.OpenExtra

	Err *Error // why there is nothing but Raw
	Raw []byte // the undecoded bytes, sealed if there is a Privacy; not nil if Err is set

	spare []Entry // storage for History, kept when the Event is reused
}

// Entry is one step of a browse history.
type Entry struct {
	ProductCode Opt[string]
	Quantity    Opt[int64]
	InCart      Opt[bool]
	Type        Type
	Category    Opt[string]
	Brand       Opt[string]
	Price       Opt[Decimal]
	Currency    Opt[string]
	Extra       string // like Event.Extra
}

// Type is what a shopper did with a product. Later constants are stronger.
type Type uint8

// The types.
const (
	View     Type = iota // looked at
	Cart                 // put into the cart
	Purchase             // bought
)

// String is the name as it stands in the input and in the table: view, cart or purchase.
func (t Type) String() string {
	switch t {
	case Cart:
		return "cart"
	case Purchase:
		return "purchase"
	default:
		return "view"
	}
}

// ParseType is the inverse of Type.String; ok is false for any other name.
func ParseType(name string) (t Type, ok bool) {
	switch name {
	case "view":
		return View, true
	case "cart":
		return Cart, true
	case "purchase":
		return Purchase, true
	default:
		return View, false
	}
}
