package expr

import "github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"

// change is one element of a clause.
type change struct {
	path   Path
	action action
}

// update is the grammar's start: one to four clauses, each at most once, in any order.
func (p *parser) update() (*Update, error) {
	p.keywords = []string{"SET", "REMOVE", "ADD", "DELETE"}
	u := &Update{takes: true}
	seen := map[string]bool{}
	for p.peek().kind != tokenEnd {
		clause, changes, err := p.clause()
		if err != nil {
			return nil, err
		}
		if seen[clause] {
			p.reject(failf("The \"%s\" section can only be used once in an update expression;", clause))
		}
		seen[clause] = true
		u.takes = u.takes && (clause == "REMOVE" || clause == "DELETE")
		for _, c := range changes {
			u.paths = append(u.paths, c.path)
			u.tree.add(c.path, c.action)
		}
	}
	p.disjoint(u.paths)
	return u, nil
}

func (p *parser) clause() (name string, changes []change, err error) {
	switch {
	case p.keyword("SET"):
		name = "SET"
		changes, err = list(p, (*parser).set)
	case p.keyword("REMOVE"):
		name = "REMOVE"
		changes, err = list(p, (*parser).remove)
	case p.keyword("ADD"):
		name = "ADD"
		changes, err = list(p, (*parser).add)
	case p.keyword("DELETE"):
		name = "DELETE"
		changes, err = list(p, (*parser).take)
	default:
		err = p.unexpected()
	}
	return name, changes, err
}

func (p *parser) set() (change, error) {
	path, err := p.path()
	if err != nil {
		return change{}, err
	}
	if err := p.expect("="); err != nil {
		return change{}, err
	}
	source, err := p.sum()
	return change{path, set{source}}, err
}

func (p *parser) remove() (change, error) {
	path, err := p.path()
	return change{path, remove{}}, err
}

func (p *parser) add() (change, error) {
	path, v, err := p.pathAndValue()
	if err != nil {
		return change{}, err
	}
	if _, isSet := v.(attr.Set); !isSet && v != nil && v.Kind() != attr.KindNumber {
		p.rejectOperand("ADD", v)
	}
	return change{path, add{v}}, nil
}

func (p *parser) take() (change, error) {
	path, v, err := p.pathAndValue()
	if err != nil {
		return change{}, err
	}
	members, isSet := v.(attr.Set)
	if !isSet && v != nil {
		p.rejectOperand("DELETE", v)
	}
	return change{path, take{members}}, nil
}

// pathAndValue reads an element of ADD or DELETE. The value is nil when its placeholder is undefined.
func (p *parser) pathAndValue() (Path, attr.Value, error) {
	path, err := p.path()
	if err != nil {
		return nil, nil, err
	}
	t := p.peek()
	if t.kind != tokenValue {
		return nil, nil, p.unexpected()
	}
	p.next()
	v, err := p.scope.value(t.text)
	if err != nil {
		p.reject(err)
	}
	return path, v, nil
}

func (p *parser) rejectOperand(clause string, v attr.Value) {
	p.reject(failf("Incorrect operand type for operator or function; operator: %s, operand type: %s", clause, longName(v.Kind())))
}

// longName is how messages about ADD and DELETE name a kind that is not a set.
func longName(k attr.Kind) string {
	switch k {
	case attr.KindString:
		return "STRING"
	case attr.KindNumber:
		return "NUMBER"
	case attr.KindBinary:
		return "BINARY"
	case attr.KindBool:
		return "BOOLEAN"
	case attr.KindList:
		return "LIST"
	case attr.KindMap:
		return "MAP"
	default:
		return string(k)
	}
}
