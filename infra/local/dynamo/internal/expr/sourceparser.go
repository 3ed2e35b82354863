package expr

import "github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"

// updateFunction reports whether updates, and only they, have a function.
func updateFunction(name string) bool {
	return name == "if_not_exists" || name == "list_append"
}

// sum reads one operand, or two with + or - between.
func (p *parser) sum() (source, error) {
	left, err := p.source()
	if err != nil {
		return nil, err
	}
	operator := p.peek().text
	if !p.symbol("+") && !p.symbol("-") {
		return left, nil
	}
	p.operators++
	right, err := p.source()
	if err != nil {
		return nil, err
	}
	p.requireGiven(operator, attr.KindNumber, left, right)
	return sum{left, right, operator == "-"}, nil
}

// source reads a path, a placeholder of a value, a function call, or a sum in parentheses.
func (p *parser) source() (source, error) {
	switch t := p.peek(); {
	case t.kind == tokenValue:
		p.next()
		v, err := p.scope.value(t.text)
		if err != nil {
			p.reject(err)
		}
		return given{v}, nil
	case p.callAhead():
		return p.sourceCall()
	case t.kind == tokenSymbol && t.text == "(":
		return p.sourceGroup()
	default:
		path, err := p.path()
		return copied{path}, err
	}
}

func (p *parser) sourceGroup() (source, error) {
	p.next()
	if p.peek().text == "(" {
		p.reject(failf("The expression has redundant parentheses;"))
	}
	s, err := p.sum()
	if err != nil {
		return nil, err
	}
	return s, p.expect(")")
}

func (p *parser) sourceCall() (source, error) {
	name := p.next().text
	p.next() // the parenthesis that made it a call
	args, err := list(p, (*parser).source)
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	return p.sourceFunction(name, args), nil
}

// sourceFunction builds the node of a call. A rejected call has no value.
func (p *parser) sourceFunction(name string, args []source) source {
	_, elsewhere := arity(name)
	switch {
	case elsewhere:
		p.reject(failf("The function is not allowed in an update expression; function: %s", name))
	case !updateFunction(name):
		p.reject(failf("Invalid function name; function: %s", name))
	case len(args) != 2:
		p.rejectArity(name, len(args))
	case name == "list_append":
		return p.listAppend(args[0], args[1])
	default:
		return p.ifNotExists(args[0], args[1])
	}
	return given{}
}

func (p *parser) ifNotExists(path, other source) source {
	c, ok := path.(copied)
	if !ok {
		p.reject(failf("Operator or function requires a document path; operator or function: if_not_exists"))
	}
	return ifNotExists{c.path, other}
}

func (p *parser) listAppend(head, tail source) source {
	for _, s := range []source{head, tail} {
		if _, nested := s.(listAppend); nested {
			p.rejectUse("list_append")
		}
	}
	p.requireGiven("list_append", attr.KindList, head, tail)
	return listAppend{head, tail}
}

// requireGiven rejects operands that are written in the request and are not of the one kind that fits.
func (p *parser) requireGiven(operator string, kind attr.Kind, operands ...source) {
	for _, s := range operands {
		if g, ok := s.(given); ok && g.v != nil && g.v.Kind() != kind {
			p.rejectKind(operator, string(g.v.Kind()))
		}
	}
}
