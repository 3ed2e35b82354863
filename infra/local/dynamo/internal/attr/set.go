package attr

import "slices"

// Set is a non-empty set of strings, numbers or binaries. Its members are sorted and distinct.
type Set struct {
	kind    Kind
	members []Value
}

// setOf maps the kind of a set to the kind of its members.
func setOf(kind Kind) (member Kind, ok bool) {
	switch kind {
	case KindStringSet:
		return KindString, true
	case KindNumberSet:
		return KindNumber, true
	case KindBinarySet:
		return KindBinary, true
	default:
		return "", false
	}
}

// NewSet builds a set of the given kind. It fails when there is no member, when a member is of another kind, or when a
// value appears twice.
func NewSet(kind Kind, members ...Value) (Set, error) {
	want, ok := setOf(kind)
	if !ok {
		return Set{}, invalid("%s is not a kind of set", kind)
	}
	if len(members) == 0 {
		return Set{}, emptySet(kind)
	}
	for _, m := range members {
		if m.Kind() != want {
			return Set{}, invalid("a set of kind %s cannot have a member of kind %s", kind, m.Kind())
		}
	}
	sorted := sortedMembers(members)
	if len(slices.Compact(slices.Clone(sorted))) != len(sorted) {
		return Set{}, invalid("One or more parameter values were invalid: Input collection %s contains duplicates.", brief(members))
	}
	return Set{kind, sorted}, nil
}

func emptySet(kind Kind) error {
	switch kind {
	case KindStringSet:
		return invalid("One or more parameter values were invalid: An string set  may not be empty")
	case KindNumberSet:
		return invalid("One or more parameter values were invalid: An number set  may not be empty")
	default:
		return invalid("One or more parameter values were invalid: Binary sets should not be empty")
	}
}

func sortedMembers(members []Value) []Value {
	return slices.SortedFunc(slices.Values(members), byValue)
}

// byValue orders members of one set, which are of one ordered kind.
func byValue(a, b Value) int {
	order, _ := Compare(a, b)
	return order
}

// Kind implements Value.
func (s Set) Kind() Kind { return s.kind }

// Len is the number of members.
func (s Set) Len() int { return len(s.members) }

// Contains reports whether v is a member.
func (s Set) Contains(v Value) bool {
	member, ok := setOf(s.kind)
	if !ok || v == nil || v.Kind() != member {
		return false
	}
	_, found := slices.BinarySearchFunc(s.members, v, byValue)
	return found
}

// Union is the set of the members of both, which must be of one kind.
func (s Set) Union(other Set) Set {
	all := sortedMembers(slices.Concat(s.members, other.members))
	return Set{s.kind, slices.Compact(all)}
}

// Minus is the set without the members of other. ok is false when nothing is left, since a set is never empty.
func (s Set) Minus(other Set) (rest Set, ok bool) {
	kept := slices.DeleteFunc(slices.Clone(s.members), other.Contains)
	return Set{s.kind, kept}, len(kept) > 0
}
