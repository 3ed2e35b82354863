package expr

import (
	"maps"
	"slices"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

// tree arranges disjoint paths by common prefixes. A leaf stands for the end of a path and may have an action; the edges of
// an inner node are all names or all indexes, since disjoint paths agree on that.
type tree struct {
	edges  []edge
	action action
}

type edge struct {
	step step
	to   *tree
}

// action computes the new value of what a path leads to. old is nil when nothing is there, a nil result removes it. item is
// the whole item before the update.
type action interface {
	apply(old attr.Value, item attr.Map) (attr.Value, error)
}

// add puts an action at the end of a path.
func (t *tree) add(path Path, a action) {
	for _, s := range path {
		t = t.child(s)
	}
	t.action = a
}

// child finds or makes the node one step further. Edges stay in the order of their indexes.
func (t *tree) child(s step) *tree {
	for _, e := range t.edges {
		if e.step == s {
			return e.to
		}
	}
	to := new(tree)
	at := slices.IndexFunc(t.edges, func(e edge) bool { return e.step.index > s.index })
	if at < 0 {
		at = len(t.edges)
	}
	t.edges = slices.Insert(t.edges, at, edge{s, to})
	return to
}

// indexed reports whether the node stands for a list.
func (t *tree) indexed() bool { return t.edges[0].step.indexed }

// rewrite applies the actions below a node to the value v at that node, nil if none. v itself is not changed.
func (t *tree) rewrite(v attr.Value, item attr.Map) (attr.Value, error) {
	if len(t.edges) == 0 {
		return t.action.apply(v, item)
	}
	if t.indexed() {
		if list, ok := v.(attr.List); ok {
			return t.rewriteList(list, item)
		}
	} else if m, ok := v.(attr.Map); ok {
		return t.rewriteMap(m, item)
	}
	return nil, failf("The document path provided in the update expression is invalid for update")
}

func (t *tree) rewriteMap(m, item attr.Map) (attr.Map, error) {
	m = maps.Clone(m)
	for _, e := range t.edges {
		v, err := e.to.rewrite(m[e.step.name], item)
		if err != nil {
			return nil, err
		}
		if v == nil {
			delete(m, e.step.name)
		} else {
			m[e.step.name] = v
		}
	}
	return m, nil
}

// rewriteList works in the order of indexes: what is set beyond the end is appended in that order, and removed elements
// keep their place until all indexes are done.
func (t *tree) rewriteList(list attr.List, item attr.Map) (attr.List, error) {
	old := len(list)
	list = slices.Clone(list)
	for _, e := range t.edges {
		i := e.step.index
		if i >= old {
			list = append(list, nil)
			i = len(list) - 1
		}
		v, err := e.to.rewrite(list[i], item)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return slices.DeleteFunc(list, func(v attr.Value) bool { return v == nil }), nil
}

// project copies what the paths below a node lead to. ok is false when none of it exists.
func (t *tree) project(v attr.Value) (projected attr.Value, ok bool) {
	switch {
	case v == nil || len(t.edges) == 0:
		return v, v != nil
	case t.indexed():
		list, _ := v.(attr.List)
		return t.projectList(list)
	default:
		m, _ := v.(attr.Map)
		part := t.projectMap(m)
		return part, len(part) > 0
	}
}

func (t *tree) projectMap(m attr.Map) attr.Map {
	part := make(attr.Map, len(t.edges))
	for _, e := range t.edges {
		if v, ok := e.to.project(m[e.step.name]); ok {
			part[e.step.name] = v
		}
	}
	return part
}

// projectList closes the gaps between the elements that are wanted.
func (t *tree) projectList(list attr.List) (attr.Value, bool) {
	var part attr.List
	for _, e := range t.edges {
		if e.step.index >= len(list) {
			break
		}
		if v, ok := e.to.project(list[e.step.index]); ok {
			part = append(part, v)
		}
	}
	return part, len(part) > 0
}
