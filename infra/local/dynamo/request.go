package dynamo

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

func itoa(i int) string { return strconv.Itoa(i) }

// decode reads a request. A member that the operation does not know is refused by name: legacy parameters, indexes and
// streams are answered here.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault](err); ok {
		return err
	}
	if f := faultOf(err); f.status < 500 {
		return f
	}
	if member, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid("Parameter %s is not supported by the local DynamoDB", strings.Trim(member, `"`))
	}
	return malformed("Unexpected token received from parser")
}

// valueMap is ExpressionAttributeValues.
type valueMap map[string]attr.Value

// UnmarshalJSON says of a bad value which one it is.
func (m *valueMap) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return malformed("Start of structure or map found where not expected")
	}
	if raw == nil {
		return nil
	}
	*m = make(valueMap, len(raw))
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		v, err := attr.DecodeValue(raw[key])
		if e, ok := errors.AsType[*attr.Error](err); ok {
			return invalid("ExpressionAttributeValues contains invalid value: %s for key %s", e, key)
		}
		if err != nil {
			return err
		}
		(*m)[key] = v
	}
	return nil
}

// substitutions are the placeholders of a request's expressions.
type substitutions struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues valueMap
}

// expression is one expression parameter of a request; source is nil when it is absent.
type expression struct {
	parameter string
	source    *string
}

func (e expression) takesValues() bool { return e.parameter != "ProjectionExpression" }

// scope begins the parsing of the given expressions, at least one of which must be there if there are placeholders.
func (s substitutions) scope(expressions ...expression) (*expr.Scope, error) {
	some, someWithValues := false, false
	var parameters []string
	for _, e := range expressions {
		some = some || e.source != nil
		someWithValues = someWithValues || e.source != nil && e.takesValues()
		if e.takesValues() {
			parameters = append(parameters, e.parameter)
		}
	}
	if s.ExpressionAttributeNames != nil && !some {
		return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	if s.ExpressionAttributeValues != nil && !someWithValues {
		return nil, errValuesAlone(parameters)
	}
	return expr.NewScope(s.ExpressionAttributeNames, s.ExpressionAttributeValues)
}

func errValuesAlone(parameters []string) error {
	are := " is null"
	if len(parameters) > 1 {
		are = " are null"
	}
	return invalid("ExpressionAttributeValues can only be specified when using expressions: %s", strings.Join(parameters, " and ")+are)
}

// optional parses an expression that may be absent; the result is then the zero value.
func optional[T any](source *string, parse func(string) (T, error)) (T, error) {
	if source == nil {
		var none T
		return none, nil
	}
	return parse(*source)
}

// conditionOf parses an optional condition.
func conditionOf(scope *expr.Scope, e expression) (*expr.Condition, error) {
	return optional(e.source, func(source string) (*expr.Condition, error) { return scope.Condition(e.parameter, source) })
}
