package expr

import "github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"

// KeyPredicate limits one key attribute.
type KeyPredicate struct {
	// Op is one of = < <= > >= BETWEEN begins_with, with the attribute on the left.
	Op string
	// Operand is the value compared with; the lower bound of BETWEEN.
	Operand attr.Value
	// Upper is the upper bound of BETWEEN, else nil.
	Upper attr.Value
}

// KeyCondition is a parsed KeyConditionExpression: a predicate for each attribute that it names.
type KeyCondition map[string]KeyPredicate

// KeyCondition parses a key condition: one or two predicates joined by AND. Whether the attributes are keys, and whether the
// values' kinds fit, is for the caller to check.
func (s *Scope) KeyCondition(source string) (KeyCondition, error) {
	c, err := s.Condition("KeyConditionExpression", source)
	if err != nil {
		return nil, err
	}
	keys := KeyCondition{}
	if err := keys.collect(c.root); err != nil {
		return nil, err
	}
	if len(keys) > 2 {
		return nil, failf("Conditions can be of length 1 or 2 only")
	}
	return keys, nil
}

func (k KeyCondition) collect(c condition) error {
	switch c := c.(type) {
	case and:
		if err := k.collect(c.left); err != nil {
			return err
		}
		return k.collect(c.right)
	case or:
		return errKeyOperator("OR")
	case not:
		return errKeyOperator("NOT")
	case in:
		return errKeyOperator("IN")
	case comparison:
		return k.comparison(c)
	case between:
		return k.add("BETWEEN", c.subject, c.lower, c.upper)
	case call:
		return k.call(c)
	default:
		return errKeyOperator("unknown")
	}
}

func errKeyOperator(operator string) error {
	return failf("Invalid operator used in KeyConditionExpression: %s", operator)
}

func (k KeyCondition) comparison(c comparison) error {
	if c.op == "<>" {
		return errKeyOperator(c.op)
	}
	if _, reversed := c.left.(literal); reversed {
		return k.add(mirror(c.op), c.right, c.left)
	}
	return k.add(c.op, c.left, c.right)
}

// mirror is the operator that holds when the operands change sides.
func mirror(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	default:
		return op
	}
}

func (k KeyCondition) call(c call) error {
	if c.name != "begins_with" {
		return errKeyOperator(c.name)
	}
	return k.add(c.name, c.args[0], c.args[1])
}

// add notes op on the attribute that key names, which is compared with one or two values of the request.
func (k KeyCondition) add(op string, key operand, values ...operand) error {
	name, err := keyName(op, key)
	if err != nil {
		return err
	}
	if _, twice := k[name]; twice {
		return failf("KeyConditionExpressions must only contain one condition per key")
	}
	bounds := make([]attr.Value, 2)
	for i, v := range values {
		if bounds[i], err = keyBound(v); err != nil {
			return err
		}
	}
	k[name] = KeyPredicate{op, bounds[0], bounds[1]}
	return nil
}

func keyName(op string, key operand) (string, error) {
	switch key := key.(type) {
	case reference:
		if key.path.Nested() {
			return "", failf("KeyConditionExpressions cannot have conditions on nested attributes")
		}
		return key.path.Root(), nil
	case call:
		return "", failf("KeyConditionExpressions cannot contain nested operations")
	}
	if op == "BETWEEN" || op == "begins_with" {
		return "", failf("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", op)
	}
	return "", failf("Invalid condition in KeyConditionExpression: No key attribute specified")
}

func keyBound(v operand) (attr.Value, error) {
	switch v := v.(type) {
	case literal:
		return v.v, nil
	case reference:
		return nil, failf("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
	default:
		return nil, failf("KeyConditionExpressions cannot contain nested operations")
	}
}
