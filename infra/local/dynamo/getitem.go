package dynamo

import (
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

// projected is a request for a part of items.
type projected struct {
	ProjectionExpression     *string           `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
}

func (p projected) projection() (*expr.Projection, error) {
	s := substitutions{ExpressionAttributeNames: p.ExpressionAttributeNames}
	scope, err := s.scope(expression{"ProjectionExpression", p.ProjectionExpression})
	if err != nil {
		return nil, err
	}
	projection, err := optional(p.ProjectionExpression, scope.Projection)
	return projection, firstError(err, scope.Unused())
}

type getItemInput struct {
	TableName      string
	Key            attr.Map
	ConsistentRead bool
	projected
	capacityOption
}

type getItemOutput struct {
	Item             attr.Map  `json:",omitzero"` // {} when the item has nothing of the projection
	ConsumedCapacity *consumed `json:",omitempty"`
}

func (s *Service) getItem(in *getItemInput, used *Usage) (any, error) {
	if err := firstError(in.capacityOption.check(), checkPresent("key", in.Key != nil)); err != nil {
		return nil, err
	}
	projection, err := in.projection()
	if err != nil {
		return nil, err
	}
	t, row, err := s.read(in.TableName, in.Key, projection)
	if err != nil {
		return nil, err
	}
	used.ReadUnits = readUnits(row.bytes(), in.ConsistentRead)
	out := getItemOutput{ConsumedCapacity: in.consumed(t.settings.Name, used.ReadUnits)}
	if row != nil {
		out.Item = projection.Of(row.item)
	}
	return out, nil
}

// read finds one row, nil if there is none.
func (s *Service) read(name string, key attr.Map, projection *expr.Projection) (*table, *row, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lookup(name, key, projection)
}

// lookup is read for a caller that holds the lock.
func (s *Service) lookup(name string, key attr.Map, projection *expr.Projection) (*table, *row, error) {
	t, err := s.activeTable(name)
	if err != nil {
		return nil, nil, err
	}
	if err := firstError(t.schema.checkKey(key), t.schema.checkScalar(projection.Paths())); err != nil {
		return nil, nil, err
	}
	return t, t.rows.get(t.schema.id(key)), nil
}

// bytes is the size of a row; 0 without a row.
func (r *row) bytes() int {
	if r == nil {
		return 0
	}
	return r.size
}
