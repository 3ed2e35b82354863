package event

import (
	"strings"
	"time"
)

// The functions here convert the checked text of one JSON value. They report false for a value of another type or range.

// parseText reads a string of at most max bytes.
func parseText(text string, max int) (string, bool) {
	if text[0] != '"' {
		return "", false
	}
	s := unquote(text)
	return s, len(s) <= max
}

// parseCode reads what identifies something: a string or a number.
func parseCode(text string, max int) (string, bool) {
	if isNumber(text) {
		code := canonicalNumber(text)
		return code, len(code) <= max
	}
	return parseText(text, max)
}

// parseCustomer reads a customer number, for which a number in quotes equals the number.
func parseCustomer(text string, max int) (string, bool) {
	code, ok := parseCode(text, max)
	if ok && isNumber(code) {
		code = canonicalNumber(code)
	}
	return code, ok
}

// unwrapNumber gives the number that text is, in quotes or not.
func unwrapNumber(text string) (string, bool) {
	if text[0] == '"' {
		text = unquote(text)
	}
	return text, isNumber(text)
}

func parseInteger(text string) (int64, bool) {
	number, ok := unwrapNumber(text)
	if !ok {
		return 0, false
	}
	return scaled(number, 0)
}

func parseAmount(text string) (Decimal, bool) {
	number, ok := unwrapNumber(text)
	if !ok {
		return 0, false
	}
	v, ok := scaled(number, DecimalScale)
	return Decimal(v), ok
}

func parseBool(text string) (v, ok bool) {
	if text[0] == '"' {
		text = unquote(text)
	}
	switch text {
	case "true", "True", "TRUE", "1":
		return true, true
	case "false", "False", "FALSE", "0":
		return false, true
	default:
		return false, false
	}
}

func parseEventType(text string) (Type, bool) {
	if text[0] != '"' {
		return View, false
	}
	return ParseType(unquote(text))
}

// millisecondsFrom is the Unix time from which a number counts milliseconds: as seconds it is the year 5138, as
// milliseconds 1973.
const millisecondsFrom = 1e11

// parseTime reads an RFC 3339 time, or a Unix time in seconds or milliseconds, as microseconds.
func parseTime(text string) (time.Time, bool) {
	if number, ok := unwrapNumber(text); ok {
		return parseUnixTime(number)
	}
	if text[0] != '"' {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, unquote(text))
	if err != nil {
		return time.Time{}, false
	}
	return t.UTC().Truncate(time.Microsecond), true
}

func parseUnixTime(number string) (time.Time, bool) {
	number = trimFraction(number)
	micros, ok := scaled(number, 6)
	if ok && abs(micros) < millisecondsFrom*1e6 {
		return time.UnixMicro(micros).UTC(), true
	}
	micros, ok = scaled(number, 3)
	return time.UnixMicro(micros).UTC(), ok
}

// trimFraction drops the decimals that no microsecond needs, which a printed float64 has.
func trimFraction(number string) string {
	point := strings.IndexByte(number, '.')
	if point < 0 || len(number) <= point+7 || strings.ContainsAny(number, "eE") {
		return number
	}
	return number[:point+7]
}

func abs(v int64) int64 { return max(v, -v) }

// maxAge is how far an event_time may lie before the arrival of its record.
const maxAge = 24 * time.Hour

// clamp moves t into the day that ends with the arrival.
func clamp(t, arrival time.Time) time.Time {
	arrival = arrival.UTC().Truncate(time.Microsecond)
	if t.After(arrival) {
		return arrival
	}
	if oldest := arrival.Add(-maxAge); t.Before(oldest) {
		return oldest
	}
	return t
}
