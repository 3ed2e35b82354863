package expr

import "github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"

// Condition is a parsed ConditionExpression or FilterExpression. A nil Condition always holds.
type Condition struct {
	root  condition
	paths []Path
}

// Condition parses a condition. parameter is its name in messages: ConditionExpression or FilterExpression.
func (s *Scope) Condition(parameter, source string) (*Condition, error) {
	return parse(s, parameter, source, (*parser).condition)
}

// Holds evaluates the condition on an item; a missing item is an empty Map.
func (c *Condition) Holds(item attr.Map) bool {
	return c == nil || c.root.holds(item)
}

// Paths are the document paths that the condition reads, in order of appearance.
func (c *Condition) Paths() []Path {
	if c == nil {
		return nil
	}
	return c.paths
}

// condition is a node that is true or false of an item.
type condition interface {
	holds(item attr.Map) bool
}

type (
	and struct{ left, right condition }
	or  struct{ left, right condition }
	not struct{ inner condition }

	// comparison is left op right.
	comparison struct {
		op          string
		left, right operand
	}
	between struct{ subject, lower, upper operand }
	in      struct {
		subject operand
		choices []operand
	}
)

func (c and) holds(item attr.Map) bool { return c.left.holds(item) && c.right.holds(item) }
func (c or) holds(item attr.Map) bool  { return c.left.holds(item) || c.right.holds(item) }
func (c not) holds(item attr.Map) bool { return !c.inner.holds(item) }

func (c comparison) holds(item attr.Map) bool {
	left, haveLeft := c.left.value(item)
	right, haveRight := c.right.value(item)
	if !haveLeft || !haveRight {
		return c.op == "<>"
	}
	return compare(c.op, left, right)
}

// compare applies one of = <> < <= > >= to two values.
func compare(op string, left, right attr.Value) bool {
	switch op {
	case "=":
		return attr.Equal(left, right)
	case "<>":
		return !attr.Equal(left, right)
	}
	order, ok := attr.Compare(left, right)
	switch {
	case !ok:
		return false
	case op == "<":
		return order < 0
	case op == "<=":
		return order <= 0
	case op == ">":
		return order > 0
	default:
		return order >= 0
	}
}

func (c between) holds(item attr.Map) bool {
	return comparison{">=", c.subject, c.lower}.holds(item) && comparison{"<=", c.subject, c.upper}.holds(item)
}

func (c in) holds(item attr.Map) bool {
	for _, choice := range c.choices {
		if (comparison{"=", c.subject, choice}).holds(item) {
			return true
		}
	}
	return false
}
