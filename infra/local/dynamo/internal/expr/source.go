package expr

import (
	"slices"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// source is the right-hand side of a SET: where a new value comes from.
type source interface {
	from(item attr.Map) (attr.Value, error)
}

type (
	// copied is the value at a path, which must exist.
	copied struct{ path Path }
	// given is a value of the request.
	given struct{ v attr.Value }
	// sum is left + right, or left - right when negated.
	sum struct {
		left, right source
		negated     bool
	}
	ifNotExists struct {
		path  Path
		other source
	}
	listAppend struct{ head, tail source }
)

func (s copied) from(item attr.Map) (attr.Value, error) {
	if v, ok := s.path.lookup(item); ok {
		return v, nil
	}
	return nil, failf("The provided expression refers to an attribute that does not exist in the item")
}

func (s given) from(attr.Map) (attr.Value, error) { return s.v, nil }

func (s sum) from(item attr.Map) (attr.Value, error) {
	left, right, err := both[attr.Number](s.left, s.right, item)
	if err != nil {
		return nil, err
	}
	if s.negated {
		right = right.Neg()
	}
	return left.Add(right)
}

func (s ifNotExists) from(item attr.Map) (attr.Value, error) {
	if v, ok := s.path.lookup(item); ok {
		return v, nil
	}
	return s.other.from(item)
}

func (s listAppend) from(item attr.Map) (attr.Value, error) {
	head, tail, err := both[attr.List](s.head, s.tail, item)
	if err != nil {
		return nil, err
	}
	return slices.Concat(head, tail), nil
}

// both evaluates two sources that must be of one type.
func both[T attr.Value](a, b source, item attr.Map) (left, right T, err error) {
	if left, err = typed[T](a, item); err != nil {
		return left, right, err
	}
	right, err = typed[T](b, item)
	return left, right, err
}

func typed[T attr.Value](s source, item attr.Map) (T, error) {
	v, err := s.from(item)
	t, ok := v.(T)
	if err == nil && !ok {
		err = errDataType()
	}
	return t, err
}
