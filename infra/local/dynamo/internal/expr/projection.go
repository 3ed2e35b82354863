package expr

import "github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"

// Projection is a parsed ProjectionExpression. A nil Projection is of everything.
type Projection struct {
	paths []Path
	tree  tree
}

// Projection parses a list of document paths.
func (s *Scope) Projection(source string) (*Projection, error) {
	return parse(s, "ProjectionExpression", source, (*parser).projection)
}

func (p *parser) projection() (*Projection, error) {
	paths, err := list(p, (*parser).path)
	if err != nil {
		return nil, err
	}
	p.disjoint(paths)
	projection := &Projection{paths: paths}
	for _, path := range paths {
		projection.tree.add(path, nil)
	}
	return projection, nil
}

// Of is the part of an item that the projection names; empty when the item has none of it.
func (p *Projection) Of(item attr.Map) attr.Map {
	if p == nil {
		return item
	}
	return p.tree.projectMap(item)
}

// Paths are the document paths of the projection.
func (p *Projection) Paths() []Path {
	if p == nil {
		return nil
	}
	return p.paths
}
