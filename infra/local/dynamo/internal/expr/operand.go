package expr

import (
	"slices"
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// operand is a node that has a value on an item, or none.
type operand interface {
	value(item attr.Map) (v attr.Value, ok bool)
	// kind is the kind of the value if the expression alone tells it, else "".
	kind() attr.Kind
}

// reference is a document path.
type reference struct{ path Path }

func (r reference) value(item attr.Map) (attr.Value, bool) { return r.path.lookup(item) }
func (reference) kind() attr.Kind                          { return "" }

// literal is a value of the request. v is nil when its placeholder is undefined, which has been rejected.
type literal struct{ v attr.Value }

func (l literal) value(attr.Map) (attr.Value, bool) { return l.v, l.v != nil }

func (l literal) kind() attr.Kind {
	if l.v == nil {
		return ""
	}
	return l.v.Kind()
}

// String is the notation of values in DynamoDB's messages: "{N:1}".
func (l literal) String() string {
	text := "…"
	switch v := l.v.(type) {
	case attr.String:
		text = string(v)
	case attr.Number:
		text = v.String()
	}
	return "{" + string(l.kind()) + ":" + text + "}"
}

// operand reads a path, a placeholder of a value, a function call, or one of these in parentheses.
func (p *parser) operand() (operand, error) {
	switch t := p.peek(); {
	case t.kind == tokenValue:
		p.next()
		v, err := p.scope.value(t.text)
		if err != nil {
			p.reject(err)
		}
		return literal{v}, nil
	case p.callAhead():
		return p.call()
	case t.kind == tokenSymbol && t.text == "(":
		return p.grouped()
	default:
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		p.paths = append(p.paths, path)
		return reference{path}, nil
	}
}

// callAhead reports whether a function call is next: a name and a parenthesis.
func (p *parser) callAhead() bool {
	return p.peek().kind == tokenWord && p.tokens[p.at+1].text == "(" && !slices.ContainsFunc(p.keywords, p.ahead)
}

func (p *parser) grouped() (operand, error) {
	p.next()
	if p.peek().text == "(" {
		p.reject(failf("The expression has redundant parentheses;"))
	}
	o, err := p.operand()
	if err != nil {
		return nil, err
	}
	return o, p.expect(")")
}

// requireValues rejects operands that are calls of functions which are true or false.
func (p *parser) requireValues(operands ...operand) {
	for _, o := range operands {
		if c, ok := o.(call); ok && c.name != "size" {
			p.rejectUse(c.name)
		}
	}
}

func (p *parser) rejectUse(function string) {
	p.reject(failf("The function is not allowed to be used this way in an expression; function: %s", function))
}

// rejectSame rejects an operator or function whose two operands are one path.
func (p *parser) rejectSame(operator string, operands ...operand) {
	if len(operands) != 2 {
		return
	}
	a, ok1 := operands[0].(reference)
	b, ok2 := operands[1].(reference)
	if ok1 && ok2 && samePath(a.path, b.path) {
		p.reject(failf("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s",
			operator, a.path))
	}
}

// requireKind rejects operands that are written in the request and are of a kind that the operator cannot take.
func (p *parser) requireKind(operator string, fits func(attr.Kind) bool, operands ...operand) {
	for _, o := range operands {
		if kind := o.kind(); kind != "" && !fits(kind) {
			p.rejectKind(operator, string(kind))
		}
	}
}

func (p *parser) rejectKind(operator, kind string) {
	p.reject(failf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", operator, kind))
}

func kindNames(kinds []attr.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return "{" + strings.Join(names, ",") + "}"
}
