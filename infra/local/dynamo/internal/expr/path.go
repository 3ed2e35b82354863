package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

const maxPathDepth = 32

// step is one element of a path: a name, or an index when indexed.
type step struct {
	name    string
	index   int
	indexed bool
}

func (s step) String() string {
	if s.indexed {
		return "[" + strconv.Itoa(s.index) + "]"
	}
	return s.name
}

// Path leads from an item to an attribute inside it. Its first step is a name.
type Path []step

// String is the notation of paths in DynamoDB's messages: "[a, b, [0]]".
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Root is the name of the top-level attribute.
func (p Path) Root() string { return p[0].name }

// Nested reports whether the path leads into a top-level attribute.
func (p Path) Nested() bool { return len(p) > 1 }

// lookup finds what the path leads to. ok is false when something on the way is missing or of another kind.
func (p Path) lookup(item attr.Map) (v attr.Value, ok bool) {
	v = item
	for _, s := range p {
		if v, ok = s.in(v); !ok {
			return nil, false
		}
	}
	return v, true
}

// in takes one step into a document.
func (s step) in(v attr.Value) (attr.Value, bool) {
	if s.indexed {
		list, _ := v.(attr.List)
		if s.index >= len(list) {
			return nil, false
		}
		return list[s.index], true
	}
	m, _ := v.(attr.Map)
	v, ok := m[s.name]
	return v, ok
}

// path reads a document path.
func (p *parser) path() (Path, error) {
	first, err := p.pathName()
	if err != nil {
		return nil, err
	}
	path := Path{first}
	for {
		var s step
		switch {
		case p.symbol("."):
			s, err = p.pathName()
		case p.symbol("["):
			s, err = p.pathIndex()
		default:
			p.checkDepth(path)
			return path, nil
		}
		if err != nil {
			return nil, err
		}
		path = append(path, s)
	}
}

func (p *parser) checkDepth(path Path) {
	if len(path) > maxPathDepth {
		p.reject(failf("The document path has too many nesting elements; nesting levels: %d", len(path)))
	}
}

func (p *parser) pathName() (step, error) {
	switch t := p.peek(); t.kind {
	case tokenWord:
		if slices.ContainsFunc(p.keywords, p.ahead) {
			return step{}, p.unexpected()
		}
		p.next()
		if reserved(t.text) {
			p.reject(failf("Attribute name is a reserved keyword; reserved keyword: %s", t.text))
		}
		return step{name: t.text}, nil
	case tokenName:
		p.next()
		name, err := p.scope.name(t.text)
		if err != nil {
			p.reject(err)
		}
		return step{name: name}, nil
	default:
		return step{}, p.unexpected()
	}
}

func (p *parser) pathIndex() (step, error) {
	t := p.peek()
	if t.kind != tokenIndex {
		return step{}, p.unexpected()
	}
	p.next()
	index, err := strconv.Atoi(t.text)
	if err != nil {
		p.reject(failf("List index is not within the allowable range; index: [%s]", t.text))
	}
	return step{index: index, indexed: true}, p.expect("]")
}

// disjoint rejects two paths of which one leads into, or to, what the other leads to, and two paths that would need one
// document to be a map and a list.
func (p *parser) disjoint(paths []Path) {
	for i, two := range paths {
		for _, one := range paths[:i] {
			if relation := relate(one, two); relation != "" {
				p.reject(failf("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %s, path two: %s",
					relation, one, two))
				return
			}
		}
	}
}

func relate(one, two Path) string {
	n := min(len(one), len(two))
	for i := range n {
		if one[i].indexed != two[i].indexed {
			return "conflict"
		}
		if one[i] != two[i] {
			return ""
		}
	}
	return "overlap"
}

func samePath(a, b Path) bool { return slices.Equal(a, b) }
