package expr

import "github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"

// Update is a parsed UpdateExpression. A nil Update changes nothing, but makes a missing item.
type Update struct {
	paths []Path
	tree  tree
	// takes is true when there are only REMOVE and DELETE clauses.
	takes bool
}

// Update parses an update.
func (s *Scope) Update(source string) (*Update, error) {
	return parse(s, "UpdateExpression", source, (*parser).update)
}

// Paths are the document paths that the update changes.
func (u *Update) Paths() []Path {
	if u == nil {
		return nil
	}
	return u.paths
}

// Apply computes the item after the update; old is not changed. When old is nil the item did not exist and begins as its
// key, except that an update which only takes away makes no item: the result is then nil. The error is an *Error, or an
// *attr.Error for a number out of range.
func (u *Update) Apply(key, old attr.Map) (attr.Map, error) {
	base := old
	if base == nil {
		base = key
	}
	switch {
	case u == nil:
		return base, nil
	case old == nil && u.takes:
		return nil, nil
	default:
		return u.tree.rewriteMap(base, base)
	}
}

// Changed is the part of an item that the update names, as ReturnValues UPDATED_OLD and UPDATED_NEW show it.
func (u *Update) Changed(item attr.Map) attr.Map {
	if u == nil {
		return nil
	}
	return u.tree.projectMap(item)
}

// The actions of the four clauses.
type (
	set    struct{ source source }
	remove struct{}
	add    struct{ operand attr.Value }
	take   struct{ operand attr.Set }
)

func (a set) apply(_ attr.Value, item attr.Map) (attr.Value, error) { return a.source.from(item) }

func (remove) apply(attr.Value, attr.Map) (attr.Value, error) { return nil, nil }

// apply adds to a number or to a set; a missing attribute counts as zero or as the empty set.
func (a add) apply(old attr.Value, _ attr.Map) (attr.Value, error) {
	switch old := old.(type) {
	case nil:
		return a.operand, nil
	case attr.Number:
		if n, ok := a.operand.(attr.Number); ok {
			return old.Add(n)
		}
	case attr.Set:
		if s, ok := a.operand.(attr.Set); ok && s.Kind() == old.Kind() {
			return old.Union(s), nil
		}
	}
	return nil, errDataType()
}

// apply takes members from a set, which goes away with its last member.
func (a take) apply(old attr.Value, _ attr.Map) (attr.Value, error) {
	s, ok := old.(attr.Set)
	switch {
	case old == nil:
		return nil, nil
	case !ok || s.Kind() != a.operand.Kind():
		return nil, errDataType()
	}
	if rest, some := s.Minus(a.operand); some {
		return rest, nil
	}
	return nil, nil
}

func errDataType() error {
	return failf("An operand in the update expression has an incorrect data type")
}
