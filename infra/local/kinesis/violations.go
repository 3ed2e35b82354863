package kinesis

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// violations collects what is wrong with the members of a request, in the words of the real service.
type violations []string

// maxViolations is how many the real service names.
const maxViolations = 10

func (v *violations) add(member, value, constraint string) {
	if len(*v) >= maxViolations {
		return
	}
	if value != null {
		value = "'" + value + "'"
	}
	*v = append(*v, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, member, constraint))
}

// null stands for the value of a member that is missing.
const null = "null"

func (v *violations) missing(member string) { v.add(member, null, "Member must not be null") }

// name checks a stream name or shard id.
func (v *violations) name(member, value string) {
	if value == "" {
		v.missing(member)
		return
	}
	if strings.ContainsFunc(value, notNameRune) {
		v.add(member, value, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	v.length(member, value, 1, 128)
}

func notNameRune(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '.', r == '-':
		return false
	}
	return true
}

// length bounds the characters of a string.
func (v *violations) length(member, value string, low, high int) {
	switch count := utf8.RuneCountInString(value); {
	case count < low:
		v.add(member, value, fmt.Sprintf("Member must have length greater than or equal to %d", low))
	case count > high:
		v.add(member, value, fmt.Sprintf("Member must have length less than or equal to %d", high))
	}
}

// between bounds a number that may be absent.
func (v *violations) between(member string, value *int64, low, high int64) {
	switch {
	case value == nil:
	case *value < low:
		v.add(member, fmt.Sprint(*value), fmt.Sprintf("Member must have value greater than or equal to %d", low))
	case *value > high:
		v.add(member, fmt.Sprint(*value), fmt.Sprintf("Member must have value less than or equal to %d", high))
	}
}

// required is between for a number that must be present.
func (v *violations) required(member string, value *int64, low, high int64) {
	if value == nil {
		v.missing(member)
	}
	v.between(member, value, low, high)
}

// oneOf checks an enumeration.
func (v *violations) oneOf(member, value string, allowed []string) {
	switch {
	case value == "":
		v.missing(member)
	case !slices.Contains(allowed, value):
		v.add(member, value, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
	}
}

// decimal checks a number that travels as a string: no leading zeros, at most maxDigits digits.
func (v *violations) decimal(member, value string, maxDigits int) {
	digits := value != "" && !strings.ContainsFunc(value, func(r rune) bool { return r < '0' || r > '9' })
	if digits && len(value) <= maxDigits && (value[0] != '0' || value == "0") {
		return
	}
	v.add(member, value, fmt.Sprintf("Member must satisfy regular expression pattern: 0|([1-9]\\d{0,%d})", maxDigits-1))
}

// err is nil when nothing was found.
func (v violations) err() error {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: %s", v[0])
	default:
		return validation("%d validation errors detected: %s", len(v), strings.Join(v, "; "))
	}
}
