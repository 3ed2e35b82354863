package expr

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// This file is a second implementation of what expressions mean, as plain as it can be: values are Go values that are copied
// whole, numbers are small integers, and nothing is shared with the first one. The generator in generate_test.go builds
// trees of these nodes and writes them as text; the differential tests compare what both make of them.

type (
	dumbBytes string
	dumbNull  struct{}
	// dumbSet holds strings or ints.
	dumbSet map[any]bool
	// sparse is a list whose elements keep their indexes while it is changed.
	sparse map[int]any
)

// missing is the value of what is not there.
type missing struct{}

type dumbPath []any // names and indexes

func (p dumbPath) in(v any) any {
	for _, step := range p {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok || m[step] == nil {
				return missing{}
			}
			v = m[step]
		case int:
			l, ok := v.([]any)
			if !ok || step >= len(l) {
				return missing{}
			}
			v = l[step]
		}
	}
	return v
}

// dumbOperand is a path, a literal, or the size of either.
type dumbOperand struct {
	path    dumbPath
	literal any
	size    bool
}

func (o dumbOperand) in(item any) any {
	v := o.literal
	if o.path != nil {
		v = o.path.in(item)
	}
	if !o.size {
		return v
	}
	switch v := v.(type) {
	case string, dumbBytes, []any, map[string]any, dumbSet:
		return reflect.ValueOf(v).Len()
	default:
		return missing{}
	}
}

// dumbCondition is an operator or function with what it is applied to.
type dumbCondition struct {
	op       string
	children []dumbCondition
	operands []dumbOperand
}

func (c dumbCondition) holds(item any) bool {
	var v []any
	for _, o := range c.operands {
		v = append(v, o.in(item))
	}
	switch c.op {
	case "AND":
		return c.children[0].holds(item) && c.children[1].holds(item)
	case "OR":
		return c.children[0].holds(item) || c.children[1].holds(item)
	case "NOT":
		return !c.children[0].holds(item)
	case "attribute_exists":
		return v[0] != missing{}
	case "attribute_not_exists":
		return v[0] == missing{}
	}
	if slices.Contains(v, any(missing{})) && c.op == "<>" {
		return true
	}
	switch c.op {
	case "BETWEEN":
		return dumbOrder(v[0], v[1], ">=") && dumbOrder(v[0], v[2], "<=")
	case "IN":
		return slices.ContainsFunc(v[1:], func(choice any) bool { return dumbEqual(v[0], choice) })
	case "=":
		return dumbEqual(v[0], v[1])
	case "<>":
		return !dumbEqual(v[0], v[1])
	case "attribute_type":
		return dumbKind(v[0]) == v[1]
	case "begins_with":
		return dumbText(v[0], v[1], strings.HasPrefix)
	case "contains":
		return dumbContains(v[0], v[1])
	default:
		return dumbOrder(v[0], v[1], c.op)
	}
}

func dumbEqual(a, b any) bool { return a != any(missing{}) && reflect.DeepEqual(a, b) }

func dumbOrder(a, b any, op string) bool {
	less, more := false, false
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		less, more = ok && a < b, ok && a > b
	case dumbBytes:
		b, ok := b.(dumbBytes)
		less, more = ok && a < b, ok && a > b
	case int:
		b, ok := b.(int)
		less, more = ok && a < b, ok && a > b
	default:
		return false
	}
	equal := dumbEqual(a, b)
	return op[0] == '<' && less || op[0] == '>' && more || len(op) == 2 && equal
}

func dumbText(a, b any, test func(s, part string) bool) bool {
	if s, ok := a.(string); ok {
		part, ok := b.(string)
		return ok && test(s, part)
	}
	s, ok := a.(dumbBytes)
	part, ok2 := b.(dumbBytes)
	return ok && ok2 && test(string(s), string(part))
}

func dumbContains(a, b any) bool {
	switch a := a.(type) {
	case dumbSet:
		_, isText := b.(string)
		_, isInt := b.(int)
		return (isText || isInt) && a[b]
	case []any:
		return slices.ContainsFunc(a, func(e any) bool { return dumbEqual(e, b) })
	default:
		return dumbText(a, b, strings.Contains)
	}
}

func dumbKind(v any) any {
	switch v := v.(type) {
	case string:
		return "S"
	case int:
		return "N"
	case dumbBytes:
		return "B"
	case bool:
		return "BOOL"
	case dumbNull:
		return "NULL"
	case []any:
		return "L"
	case map[string]any:
		return "M"
	case dumbSet:
		for member := range v {
			return dumbKind(member).(string) + "S"
		}
	}
	return nil
}

// toValue makes an attribute value of a plain one.
func toValue(t testing.TB, v any) attr.Value {
	t.Helper()
	switch v := v.(type) {
	case string:
		return attr.String(v)
	case int:
		return attr.NewNumber(int64(v))
	case dumbBytes:
		return attr.Binary(v)
	case bool:
		return attr.Bool(v)
	case dumbNull:
		return attr.Null{}
	case []any:
		l := attr.List{}
		for _, e := range v {
			l = append(l, toValue(t, e))
		}
		return l
	case map[string]any:
		return toItem(t, v)
	case dumbSet:
		var members []attr.Value
		for m := range maps.Keys(v) {
			members = append(members, toValue(t, m))
		}
		s, err := attr.NewSet(attr.Kind(dumbKind(v).(string)), members...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	default:
		t.Fatalf("no attribute value of %#v", v)
		return nil
	}
}

func toItem(t testing.TB, m map[string]any) attr.Map {
	t.Helper()
	item := attr.Map{}
	for name, v := range m {
		item[name] = toValue(t, v)
	}
	return item
}
