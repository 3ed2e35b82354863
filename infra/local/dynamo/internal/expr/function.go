package expr

import (
	"slices"
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// call is a call of a function of the condition grammar. size has a value; the others are conditions.
type call struct {
	name string
	args []operand
}

// arity is the number of arguments of a function; ok is false when conditions have no such function.
func arity(function string) (n int, ok bool) {
	switch function {
	case "attribute_exists", "attribute_not_exists", "size":
		return 1, true
	case "attribute_type", "begins_with", "contains":
		return 2, true
	default:
		return 0, false
	}
}

func (p *parser) call() (operand, error) {
	name := p.next().text
	p.next() // the parenthesis that made it a call
	args, err := list(p, (*parser).operand)
	if err != nil {
		return nil, err
	}
	c := call{name, args}
	p.checkCall(c)
	return c, p.expect(")")
}

func (p *parser) checkCall(c call) {
	want, ok := arity(c.name)
	switch {
	case updateFunction(c.name):
		p.reject(failf("The function is not allowed in a condition expression; function: %s", c.name))
	case !ok:
		p.reject(failf("Invalid function name; function: %s", c.name))
	case len(c.args) != want:
		p.rejectArity(c.name, len(c.args))
	default:
		p.checkArguments(c)
	}
}

func (p *parser) rejectArity(function string, n int) {
	p.reject(failf("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", function, n))
}

func (p *parser) checkArguments(c call) {
	p.requireValues(c.args...)
	p.rejectSame(c.name, c.args...)
	switch c.name {
	case "attribute_exists", "attribute_not_exists":
		p.requirePath(c.name, c.args[0])
	case "attribute_type":
		p.checkTypeName(c.args[1])
	case "begins_with":
		p.requireKind(c.name, func(k attr.Kind) bool { return k == attr.KindString || k == attr.KindBinary }, c.args...)
	case "size":
		p.requireKind(c.name, sized, c.args...)
	}
}

func (p *parser) requirePath(function string, arg operand) {
	if _, ok := arg.(reference); !ok {
		p.reject(failf("Operator or function requires a document path; operator or function: %s", function))
	}
}

// checkTypeName demands that attribute_type's second argument is a value of the request and names a kind.
func (p *parser) checkTypeName(arg operand) {
	l, _ := arg.(literal)
	name, ok := l.v.(attr.String)
	switch {
	case arg.kind() == "":
		p.rejectKind("attribute_type", kindNames(attr.Kinds()))
	case !ok:
		p.rejectKind("attribute_type", string(arg.kind()))
	case !slices.Contains(attr.Kinds(), attr.Kind(name)):
		p.reject(failf("Invalid attribute type name found; type: %s, valid types: %s", name, kindNames(attr.Kinds())))
	}
}

// sized reports whether size is defined on a kind.
func sized(k attr.Kind) bool {
	return k != attr.KindNumber && k != attr.KindBool && k != attr.KindNull
}

// kind implements operand.
func (c call) kind() attr.Kind {
	if c.name == "size" {
		return attr.KindNumber
	}
	return attr.KindBool
}

// value implements operand: the size of the argument, which a number, boolean or null does not have.
func (c call) value(item attr.Map) (attr.Value, bool) {
	v, ok := c.args[0].value(item)
	if !ok || !sized(v.Kind()) {
		return nil, false
	}
	return attr.NewNumber(int64(length(v))), true
}

// length counts the elements of a collection, or the bytes of a string or binary.
func length(v attr.Value) int {
	switch v := v.(type) {
	case attr.List:
		return len(v)
	case attr.Map:
		return len(v)
	case attr.Set:
		return v.Len()
	default:
		return v.Size()
	}
}

// holds implements condition.
func (c call) holds(item attr.Map) bool {
	first, ok := c.args[0].value(item)
	switch {
	case c.name == "attribute_not_exists":
		return !ok
	case c.name == "attribute_exists" || !ok || len(c.args) < 2:
		return ok
	}
	second, ok := c.args[1].value(item)
	if !ok {
		return false
	}
	switch c.name {
	case "attribute_type":
		return second == attr.String(first.Kind())
	case "begins_with":
		return beginsWith(first, second)
	default:
		return contains(first, second)
	}
}

func beginsWith(v, prefix attr.Value) bool {
	text, ok := bytesOf(v)
	start, ok2 := bytesOf(prefix)
	return ok && ok2 && v.Kind() == prefix.Kind() && strings.HasPrefix(text, start)
}

// contains looks for a part of a string or binary, a member of a set or an element of a list.
func contains(v, part attr.Value) bool {
	switch v := v.(type) {
	case attr.Set:
		return v.Contains(part)
	case attr.List:
		return slices.ContainsFunc(v, func(e attr.Value) bool { return attr.Equal(e, part) })
	}
	text, ok := bytesOf(v)
	piece, ok2 := bytesOf(part)
	return ok && ok2 && v.Kind() == part.Kind() && strings.Contains(text, piece)
}

func bytesOf(v attr.Value) (string, bool) {
	switch v := v.(type) {
	case attr.String:
		return string(v), true
	case attr.Binary:
		return string(v), true
	default:
		return "", false
	}
}
