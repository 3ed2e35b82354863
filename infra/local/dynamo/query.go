package dynamo

import (
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

type queryInput struct {
	TableName              string
	KeyConditionExpression *string
	ScanIndexForward       *bool
	pageOptions
}

func (s *Service) query(in *queryInput, used *Usage) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	keys, v, err := in.expressions()
	if err != nil {
		return nil, err
	}
	t, p, err := s.queryPage(in, keys, v)
	if err != nil {
		return nil, err
	}
	return in.output(t, p, v, used), nil
}

func (in *queryInput) expressions() (expr.KeyCondition, view, error) {
	if in.KeyConditionExpression == nil {
		return nil, view{}, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	scope, err := in.scope(in.projectionExpression(), in.filterExpression(),
		expression{"KeyConditionExpression", in.KeyConditionExpression})
	if err != nil {
		return nil, view{}, err
	}
	keys, err := scope.KeyCondition(*in.KeyConditionExpression)
	if err != nil {
		return nil, view{}, err
	}
	v, err := in.view(scope)
	return keys, v, firstError(err, scope.Unused())
}

// queryPage reads the page under the lock; filter and projection follow outside of it.
func (s *Service) queryPage(in *queryInput, keys expr.KeyCondition, v view) (*table, page, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.activeTable(in.TableName)
	if err != nil {
		return nil, page{}, err
	}
	if err := firstError(v.check(t.schema), checkFilter(t.schema, v.filter)); err != nil {
		return nil, page{}, err
	}
	selected, err := t.schema.span(keys)
	if err != nil {
		return nil, page{}, err
	}
	forward := in.ScanIndexForward == nil || *in.ScanIndexForward
	if in.ExclusiveStartKey != nil {
		if selected, err = t.schema.resume(selected, in.ExclusiveStartKey, forward); err != nil {
			return nil, page{}, err
		}
	}
	if forward {
		return t, newPage(t.rows.ascend(selected), in.Limit), nil
	}
	return t, newPage(t.rows.descend(selected), in.Limit), nil
}

// checkFilter refuses a filter on the key, which is what the key condition is for.
func checkFilter(s schema, filter *expr.Condition) error {
	for _, p := range filter.Paths() {
		if s.has(p.Root()) {
			return invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", p.Root())
		}
	}
	return nil
}

// span is the range of ids that a key condition selects: equality on the partition key, and perhaps a range on the sort
// key.
func (s schema) span(keys expr.KeyCondition) (span, error) {
	hash, err := s.predicate(keys, s.hash())
	if err != nil {
		return span{}, err
	}
	if hash.Op != "=" {
		return span{}, invalid("Query key condition not supported")
	}
	prefix := s.partition(hash.Operand)
	if len(keys) == 1 {
		return span{prefix, beyond(prefix)}, nil
	}
	sort, ok := s.sort()
	if !ok {
		return span{}, invalid("Query key condition not supported")
	}
	p, err := s.predicate(keys, sort)
	if err != nil {
		return span{}, err
	}
	return sortSpan(prefix, p, sort.kind)
}

// predicate finds the condition on a key attribute, which must be there and of the attribute's kind.
func (s schema) predicate(keys expr.KeyCondition, k keyAttribute) (expr.KeyPredicate, error) {
	p, ok := keys[k.name]
	if !ok {
		return p, invalid("Query condition missed key schema element: %s", k.name)
	}
	for _, v := range []attr.Value{p.Operand, p.Upper} {
		if v == nil {
			continue
		}
		if v.Kind() != k.kind {
			return p, invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
		if err := k.checkValue(v); err != nil {
			return p, err
		}
	}
	return p, nil
}

// sortSpan is the part of a partition that a predicate on the sort key selects.
func sortSpan(prefix string, p expr.KeyPredicate, kind attr.Kind) (span, error) {
	at := func(v attr.Value) string { return string(attr.AppendOrdered([]byte(prefix), v)) }
	id := at(p.Operand)
	switch p.Op {
	case "=":
		return span{id, after(id)}, nil
	case "<":
		return span{prefix, id}, nil
	case "<=":
		return span{prefix, after(id)}, nil
	case ">":
		return span{after(id), beyond(prefix)}, nil
	case ">=":
		return span{id, beyond(prefix)}, nil
	case "BETWEEN":
		return span{id, after(at(p.Upper))}, nil
	}
	if kind == attr.KindNumber { // begins_with
		return span{}, invalid("Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N")
	}
	return span{id, beyond(id)}, nil
}

// resume is the rest of a span behind a start key, which must lie in it.
func (s schema) resume(r span, start attr.Map, forward bool) (span, error) {
	if err := s.checkKey(start); err != nil {
		return span{}, invalid("The provided starting key is invalid: %s", err)
	}
	id := s.id(start)
	if id < r.low || r.high != "" && id >= r.high {
		return span{}, invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	if forward {
		return span{after(id), r.high}, nil
	}
	return span{r.low, id}, nil
}
