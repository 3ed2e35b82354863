package attr

import (
	"maps"
	"slices"
	"strings"
)

// Kind names the type of a Value as it is written on the wire.
type Kind string

// The ten kinds of attribute values.
const (
	KindString    Kind = "S"
	KindNumber    Kind = "N"
	KindBinary    Kind = "B"
	KindBool      Kind = "BOOL"
	KindNull      Kind = "NULL"
	KindList      Kind = "L"
	KindMap       Kind = "M"
	KindStringSet Kind = "SS"
	KindNumberSet Kind = "NS"
	KindBinarySet Kind = "BS"
)

// Kinds lists every kind, in no particular order.
func Kinds() []Kind {
	return []Kind{
		KindString, KindNumber, KindBinary, KindBool, KindNull,
		KindList, KindMap, KindStringSet, KindNumberSet, KindBinarySet,
	}
}

// Ordered reports whether values of this kind have an order: strings, numbers and binaries do.
func (k Kind) Ordered() bool {
	return k == KindString || k == KindNumber || k == KindBinary
}

// Value is an attribute value. The implementations are the types of this file, Number and Set.
type Value interface {
	// Kind names the value's type.
	Kind() Kind
	// Size is the number of bytes that DynamoDB counts for the value, without the attribute's name.
	Size() int
}

type (
	// String is UTF-8 text.
	String string
	// Binary is a string of arbitrary bytes.
	Binary string
	// Bool is true or false.
	Bool bool
	// Null is the one value of kind NULL.
	Null struct{}
	// List is a sequence of values of any kinds.
	List []Value
	// Map is a set of named values: a document, or an item.
	Map map[string]Value
)

// Kind implements Value.
func (String) Kind() Kind { return KindString }

// Kind implements Value.
func (Binary) Kind() Kind { return KindBinary }

// Kind implements Value.
func (Bool) Kind() Kind { return KindBool }

// Kind implements Value.
func (Null) Kind() Kind { return KindNull }

// Kind implements Value.
func (List) Kind() Kind { return KindList }

// Kind implements Value.
func (Map) Kind() Kind { return KindMap }

// Equal reports whether two values have the same kind and the same content. Numbers are compared by value, sets without
// regard to order.
func Equal(a, b Value) bool {
	switch a := a.(type) {
	case List:
		b, ok := b.(List)
		return ok && slices.EqualFunc(a, b, Equal)
	case Map:
		b, ok := b.(Map)
		return ok && maps.EqualFunc(a, b, Equal)
	case Set:
		b, ok := b.(Set)
		return ok && a.kind == b.kind && slices.Equal(a.members, b.members)
	case nil:
		return b == nil
	default:
		return scalar(b) && a == b
	}
}

func scalar(v Value) bool {
	switch v.(type) {
	case String, Number, Binary, Bool, Null:
		return true
	default:
		return false
	}
}

// Compare orders two values: -1, 0 or +1. ok is false when they are of different kinds or of a kind without order.
// Strings and binaries are ordered by their bytes.
func Compare(a, b Value) (order int, ok bool) {
	switch a := a.(type) {
	case String:
		if b, ok := b.(String); ok {
			return strings.Compare(string(a), string(b)), true
		}
	case Number:
		if b, ok := b.(Number); ok {
			return a.Compare(b), true
		}
	case Binary:
		if b, ok := b.(Binary); ok {
			return strings.Compare(string(a), string(b)), true
		}
	}
	return 0, false
}
