package attr

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MarshalJSON is the item's wire form. Names are sorted, so that equal items have equal forms.
func (m Map) MarshalJSON() ([]byte, error) {
	return m.AppendJSON(nil), nil
}

// AppendJSON appends the wire form of the item.
func (m Map) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, name)
		b = append(b, ':')
		b = AppendValue(b, m[name])
	}
	return append(b, '}')
}

// AppendValue appends the wire form of a value, such as {"S":"text"}.
func AppendValue(b []byte, v Value) []byte {
	b = append(b, '{', '"')
	b = append(b, v.Kind()...)
	b = append(b, '"', ':')
	switch v := v.(type) {
	case Bool:
		b = strconv.AppendBool(b, bool(v))
	case Null:
		b = append(b, "true"...)
	case List:
		b = appendArray(b, v, AppendValue)
	case Set:
		b = appendArray(b, v.members, appendScalar)
	case Map:
		b = v.AppendJSON(b)
	default:
		b = appendScalar(b, v)
	}
	return append(b, '}')
}

func appendArray(b []byte, vs []Value, element func([]byte, Value) []byte) []byte {
	b = append(b, '[')
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = element(b, v)
	}
	return append(b, ']')
}

// appendScalar appends the one JSON string that a string, number or binary is on the wire.
func appendScalar(b []byte, v Value) []byte {
	switch v := v.(type) {
	case String:
		return appendString(b, string(v))
	case Number:
		return append(append(append(b, '"'), v.String()...), '"')
	case Binary:
		b = base64.StdEncoding.AppendEncode(append(b, '"'), []byte(v))
		return append(b, '"')
	default:
		return append(b, `""`...)
	}
}

// appendString appends a JSON string. Bytes that are not UTF-8 become U+FFFD, as they do when JSON is read.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		case r == utf8.RuneError:
			b = append(b, "\ufffd"...)
		default:
			b = append(b, s[i:i+utf8.RuneLen(r)]...)
		}
	}
	return append(b, '"')
}
