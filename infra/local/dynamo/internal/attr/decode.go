package attr

import (
	"encoding/base64"
	"encoding/json"
)

const (
	maxDepth      = 32
	maxNameLength = 65535
)

// UnmarshalJSON reads an item: an object of attribute names to attribute values such as {"S":"text"}. The error is a
// *SyntaxError or an *Error.
func (m *Map) UnmarshalJSON(text []byte) error {
	decoded, err := decodeMap(text, 0)
	if err != nil {
		return err
	}
	*m = decoded
	return nil
}

// DecodeValue reads one attribute value such as {"N":"1"}. The error is a *SyntaxError or an *Error.
func DecodeValue(text []byte) (Value, error) {
	return decodeValue(text, 0)
}

func decodeValue(text []byte, depth int) (Value, error) {
	var members map[Kind]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, malformed("Unexpected value type in payload")
	}
	var kind Kind
	for k, raw := range members {
		switch {
		case string(raw) == "null":
			continue
		case kind != "":
			return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
		}
		kind = k
	}
	return decodeKind(kind, members[kind], depth)
}

func decodeKind(kind Kind, raw json.RawMessage, depth int) (Value, error) {
	switch kind {
	case KindString, KindNumber, KindBinary:
		return decodeScalar(kind, raw)
	case KindBool:
		b, err := decodeAs[bool](raw)
		return Bool(b), err
	case KindNull:
		return decodeNull(raw)
	case KindStringSet, KindNumberSet, KindBinarySet:
		return decodeSet(kind, raw)
	case KindList:
		return decodeList(raw, depth+1)
	case KindMap:
		return decodeMap(raw, depth+1)
	default:
		return nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	}
}

func decodeAs[T any](raw json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, malformed("Unexpected token received from parser")
	}
	return v, nil
}

func decodeScalar(kind Kind, raw json.RawMessage) (Value, error) {
	text, err := decodeAs[string](raw)
	if err != nil {
		return nil, err
	}
	return scalarOf(kind, text)
}

// scalarOf is the value of one JSON string: the value itself, or a member of a set.
func scalarOf(kind Kind, text string) (Value, error) {
	switch kind {
	case KindNumber:
		return ParseNumber(text)
	case KindBinary:
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, malformed("only base-64-encoded strings are convertible to bytes")
		}
		return Binary(raw), nil
	default:
		return String(text), nil
	}
}

func decodeNull(raw json.RawMessage) (Value, error) {
	is, err := decodeAs[bool](raw)
	if err != nil {
		return nil, err
	}
	if !is {
		return nil, invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
	}
	return Null{}, nil
}

func decodeSet(kind Kind, raw json.RawMessage) (Value, error) {
	texts, err := decodeAs[[]string](raw)
	if err != nil {
		return nil, err
	}
	member, _ := setOf(kind)
	members := make([]Value, len(texts))
	for i, text := range texts {
		if members[i], err = scalarOf(member, text); err != nil {
			return nil, err
		}
	}
	return NewSet(kind, members...)
}

func decodeList(raw json.RawMessage, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, errDepth()
	}
	elements, err := decodeAs[[]json.RawMessage](raw)
	if err != nil {
		return nil, err
	}
	list := make(List, len(elements))
	for i, element := range elements {
		if list[i], err = decodeValue(element, depth); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func decodeMap(raw json.RawMessage, depth int) (Map, error) {
	if depth > maxDepth {
		return nil, errDepth()
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, malformed("Start of structure or map found where not expected")
	}
	m := make(Map, len(members))
	for name, member := range members {
		if err := checkName(name); err != nil {
			return nil, err
		}
		v, err := decodeValue(member, depth)
		if err != nil {
			return nil, err
		}
		m[name] = v
	}
	return m, nil
}

func errDepth() error {
	return invalid("One or more parameter values were invalid: Nesting Levels have exceeded supported limits")
}

func checkName(name string) error {
	switch {
	case name == "":
		return invalid("One or more parameter values were invalid: Empty attribute name")
	case len(name) > maxNameLength:
		return invalid("One or more parameter values were invalid: Attribute name is too large, must be less than 65536 bytes")
	default:
		return nil
	}
}
