package expr

import (
	"errors"
	"maps"
	"slices"
)

// dumbSource is the right-hand side of a SET.
type dumbSource struct {
	op      string // "", "+", "-", "if_not_exists", "list_append"
	operand dumbOperand
	args    []dumbSource
}

var (
	errDumbMissing = errors.New("missing")
	errDumbType    = errors.New("type")
	errDumbPath    = errors.New("path")
)

func (s dumbSource) from(item any) (any, error) {
	switch s.op {
	case "":
		if v := s.operand.in(item); v != any(missing{}) {
			return v, nil
		}
		return nil, errDumbMissing
	case "if_not_exists":
		if v := s.operand.in(item); v != any(missing{}) {
			return v, nil
		}
		return s.args[0].from(item)
	}
	a, err := s.args[0].from(item)
	if err != nil {
		return nil, err
	}
	b, err := s.args[1].from(item)
	if err != nil {
		return nil, err
	}
	if s.op == "list_append" {
		head, ok := a.([]any)
		tail, ok2 := b.([]any)
		if !ok || !ok2 {
			return nil, errDumbType
		}
		return append(slices.Clone(head), tail...), nil
	}
	x, ok := a.(int)
	y, ok2 := b.(int)
	switch {
	case !ok || !ok2:
		return nil, errDumbType
	case s.op == "+":
		return x + y, nil
	default:
		return x - y, nil
	}
}

// dumbAction is one element of a clause.
type dumbAction struct {
	clause  string
	path    dumbPath
	source  dumbSource
	operand any
}

// dumbApply performs actions one after the other on a copy in which list elements keep their indexes.
func dumbApply(item map[string]any, actions []dumbAction) (map[string]any, error) {
	if item == nil && !slices.ContainsFunc(actions, func(a dumbAction) bool { return a.clause == "SET" || a.clause == "ADD" }) {
		return nil, nil
	}
	work := loosen(any(item))
	for _, a := range actions {
		parent := a.path[:len(a.path)-1].in(any(item))
		last := a.path[len(a.path)-1]
		_, isMap := parent.(map[string]any)
		_, isList := parent.([]any)
		_, byName := last.(string)
		if byName && !isMap || !byName && !isList {
			return nil, errDumbPath
		}
		v, err := a.result(a.path.in(any(item)), item)
		if err != nil {
			return nil, err
		}
		place(work, a.path, v)
	}
	return tighten(work).(map[string]any), nil
}

// result is what the path leads to afterwards: missing when it goes away.
func (a dumbAction) result(old any, item map[string]any) (any, error) {
	switch a.clause {
	case "SET":
		return a.source.from(any(item))
	case "REMOVE":
		return missing{}, nil
	}
	operand, isSet := a.operand.(dumbSet)
	switch {
	case old == any(missing{}) && a.clause == "ADD":
		return a.operand, nil
	case old == any(missing{}):
		return missing{}, nil
	case dumbKind(old) != dumbKind(a.operand):
		return nil, errDumbType
	case !isSet:
		return old.(int) + a.operand.(int), nil
	}
	set := maps.Clone(old.(dumbSet))
	for m := range operand {
		if set[m] = true; a.clause == "DELETE" {
			delete(set, m)
		}
	}
	if len(set) == 0 {
		return missing{}, nil
	}
	return set, nil
}

// place puts v at the end of a path, or removes what is there. Everything on the way exists.
func place(work any, path dumbPath, v any) {
	if len(path) > 1 {
		switch at := work.(type) {
		case map[string]any:
			place(at[path[0].(string)], path[1:], v)
		case sparse:
			place(at[path[0].(int)], path[1:], v)
		}
		return
	}
	switch at := work.(type) {
	case map[string]any:
		if at[path[0].(string)] = loosen(v); v == any(missing{}) {
			delete(at, path[0].(string))
		}
	case sparse:
		if at[path[0].(int)] = loosen(v); v == any(missing{}) {
			delete(at, path[0].(int))
		}
	}
}

// loosen copies a value with sparse lists; tighten copies it back.
func loosen(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, e := range v {
			m[name] = loosen(e)
		}
		return m
	case []any:
		s := sparse{}
		for i, e := range v {
			s[i] = loosen(e)
		}
		return s
	default:
		return v
	}
}

func tighten(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for name, e := range v {
			m[name] = tighten(e)
		}
		return m
	case sparse:
		l := []any{}
		for _, i := range slices.Sorted(maps.Keys(v)) {
			l = append(l, tighten(v[i]))
		}
		return l
	default:
		return v
	}
}
