package event

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The conversions of the oracle, by regular expression and big.Rat.

func oracleText(raw json.RawMessage) (string, bool) {
	var v any
	_ = json.Unmarshal(raw, &v)
	s, ok := v.(string)
	return s, ok && len(s) <= 1024
}

var (
	numberForm  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	integerForm = regexp.MustCompile(`^-?[0-9]+$`)
)

// oracleRat is nil for what is no number, or one that no test of a range could hold.
func oracleRat(text string) *big.Rat {
	if !numberForm.MatchString(text) {
		return nil
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	m, _ := new(big.Rat).SetString(mantissa)
	if m.Sign() == 0 {
		return m
	}
	if n, err := strconv.Atoi(exponent); exponent != "" && (err != nil || n > 5000 || n < -5000) {
		return nil
	}
	r, _ := new(big.Rat).SetString(text)
	return r
}

// oracleScaled is text × 10^scale if that is an integer below 10^18.
func oracleScaled(text string, scale int64) (int64, bool) {
	r := oracleRat(text)
	if r == nil {
		return 0, false
	}
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(scale), nil)
	r.Mul(r, new(big.Rat).SetInt(factor))
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil)
	if !r.IsInt() || r.Num().CmpAbs(limit) >= 0 {
		return 0, false
	}
	return r.Num().Int64(), true
}

func oracleUnquote(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func oracleCode(raw json.RawMessage) (string, bool) {
	if raw == nil || string(raw) == "null" {
		return "", false
	}
	if numberForm.MatchString(string(raw)) {
		code := oracleCanonical(string(raw))
		return code, len(code) <= 1024
	}
	return oracleText(raw)
}

func oracleCanonical(number string) string {
	if integerForm.MatchString(number) && number != "-0" {
		return number
	}
	if v, ok := oracleScaled(number, 0); ok {
		return strconv.FormatInt(v, 10)
	}
	return number
}

func oracleCustomer(raw json.RawMessage) (string, bool) {
	code, ok := oracleCode(raw)
	if ok && numberForm.MatchString(code) {
		code = oracleCanonical(code)
	}
	return code, ok
}

func oracleInteger(raw json.RawMessage) (int64, bool) { return oracleScaled(oracleUnquote(raw), 0) }

func oracleAmount(raw json.RawMessage) (Decimal, bool) {
	v, ok := oracleScaled(oracleUnquote(raw), 4)
	return Decimal(v), ok
}

func oracleBool(raw json.RawMessage) (bool, bool) {
	yes := []string{"true", "True", "TRUE", "1"}
	no := []string{"false", "False", "FALSE", "0"}
	text := oracleUnquote(raw)
	return slices.Contains(yes, text), slices.Contains(yes, text) || slices.Contains(no, text)
}

func oracleTime(raw json.RawMessage) (time.Time, bool) {
	text := oracleUnquote(raw)
	if !numberForm.MatchString(text) {
		t, err := time.Parse(time.RFC3339, text)
		nano := t.Nanosecond()
		return t.Add(-time.Duration(nano % 1000)).UTC(), err == nil
	}
	if whole, fraction, ok := strings.Cut(text, "."); ok && !strings.ContainsAny(text, "eE") {
		text = whole + "." + fraction[:min(6, len(fraction))]
	}
	if micros, ok := oracleScaled(text, 6); ok && big.NewInt(micros).CmpAbs(big.NewInt(1e17)) < 0 {
		return time.UnixMicro(micros).UTC(), true
	}
	micros, ok := oracleScaled(text, 3)
	return time.UnixMicro(micros).UTC(), ok
}
