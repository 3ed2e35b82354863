package expr

import (
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

const maxChoices = 100

// term is what has been read so far: a condition, or an operand that may still become part of one. grouped says that it
// stood in parentheses.
type term struct {
	condition condition
	operand   operand
	grouped   bool
}

// condition is the grammar's start: a whole condition.
func (p *parser) condition() (*Condition, error) {
	p.keywords = []string{"AND", "OR", "NOT", "BETWEEN", "IN"}
	root, err := p.boolean(p.or())
	if err != nil {
		return nil, err
	}
	return &Condition{root, p.paths}, nil
}

// boolean demands that a term is a condition: it is one already, or it is a call of a function that is true or false.
func (p *parser) boolean(t term, err error) (condition, error) {
	switch call, isCall := t.operand.(call); {
	case err != nil:
		return nil, err
	case t.condition != nil:
		return t.condition, nil
	case !isCall:
		return nil, p.unexpected()
	case call.name == "size":
		p.rejectUse(call.name)
		return call, nil
	default:
		return call, nil
	}
}

// or reads conditions joined by OR, which binds weakest.
func (p *parser) or() (term, error) {
	return p.joined("OR", (*parser).and, func(l, r condition) condition { return or{l, r} })
}

func (p *parser) and() (term, error) {
	return p.joined("AND", (*parser).not, func(l, r condition) condition { return and{l, r} })
}

func (p *parser) joined(word string, part func(*parser) (term, error), join func(l, r condition) condition) (term, error) {
	left, err := part(p)
	for err == nil && p.ahead(word) {
		var l, r condition
		if l, err = p.boolean(left, nil); err != nil {
			break
		}
		p.next()
		p.operators++
		if r, err = p.boolean(part(p)); err != nil {
			break
		}
		left = term{condition: join(l, r)}
	}
	return left, err
}

func (p *parser) not() (term, error) {
	if !p.keyword("NOT") {
		return p.comparison()
	}
	p.operators++
	inner, err := p.boolean(p.not())
	return term{condition: not{inner}}, err
}

// comparison reads one operand and, when an operator follows, the rest of the comparison.
func (p *parser) comparison() (term, error) {
	left, err := p.primary()
	if err != nil || left.condition != nil {
		return left, err
	}
	var c condition
	switch t := p.peek(); {
	case t.kind == tokenSymbol && strings.Contains(" = <> < <= > >= ", " "+t.text+" "):
		c, err = p.compared(left.operand, p.next().text)
	case p.keyword("BETWEEN"):
		c, err = p.between(left.operand)
	case p.keyword("IN"):
		c, err = p.in(left.operand)
	default:
		return left, nil
	}
	p.operators++
	return term{condition: c}, err
}

// primary reads an operand, or a condition or an operand in parentheses.
func (p *parser) primary() (term, error) {
	if !p.symbol("(") {
		o, err := p.operand()
		return term{operand: o}, err
	}
	inner, err := p.or()
	if err != nil {
		return inner, err
	}
	if inner.grouped {
		p.reject(failf("The expression has redundant parentheses;"))
	}
	inner.grouped = true
	return inner, p.expect(")")
}

func (p *parser) compared(left operand, op string) (condition, error) {
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.requireValues(left, right)
	p.rejectSame(op, left, right)
	if op != "=" && op != "<>" {
		p.requireKind(op, attr.Kind.Ordered, left, right)
	}
	return comparison{op, left, right}, nil
}

func (p *parser) between(subject operand) (condition, error) {
	lower, err := p.operand()
	if err != nil {
		return nil, err
	}
	if !p.keyword("AND") {
		return nil, p.unexpected()
	}
	upper, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.requireValues(subject, lower, upper)
	p.requireKind("BETWEEN", attr.Kind.Ordered, subject, lower, upper)
	p.checkBounds(lower, upper)
	return between{subject, lower, upper}, nil
}

func (p *parser) checkBounds(lower, upper operand) {
	l, ok1 := lower.(literal)
	u, ok2 := upper.(literal)
	if !ok1 || !ok2 || l.v == nil || u.v == nil {
		return
	}
	complaint := "same data type for lower and upper bounds"
	order, ok := attr.Compare(l.v, u.v)
	switch {
	case ok && order <= 0:
		return
	case ok:
		complaint = "upper bound to be greater than or equal to lower bound"
	}
	p.reject(failf("The BETWEEN operator requires %s; lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s",
		complaint, l, u))
}

func (p *parser) in(subject operand) (condition, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	choices, err := list(p, (*parser).operand)
	if err != nil {
		return nil, err
	}
	p.requireValues(append(choices, subject)...)
	if len(choices) > maxChoices {
		p.reject(failf("The IN operator is provided with too many operands; number of operands: %d", len(choices)))
	}
	return in{subject, choices}, p.expect(")")
}
