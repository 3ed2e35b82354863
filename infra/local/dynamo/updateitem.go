package dynamo

import (
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

const (
	returnUpdatedOld = "UPDATED_OLD"
	returnAllNew     = "ALL_NEW"
	returnUpdatedNew = "UPDATED_NEW"
)

// modification is the effect of an update. Without an expression it only makes sure that there is an item.
type modification struct{ update *expr.Update }

func (m modification) check(s schema, key attr.Map) error {
	if err := s.checkKey(key); err != nil {
		return err
	}
	for _, p := range m.update.Paths() {
		if s.has(p.Root()) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", p.Root())
		}
	}
	return nil
}

func (m modification) after(key attr.Map, before *row) (*row, error) {
	item, err := m.update.Apply(key, before.attributes())
	if err != nil || item == nil {
		return nil, err
	}
	after := newRow(item)
	if after.size > maxItemSize {
		return nil, invalid("Item size to update has exceeded the maximum allowed size")
	}
	return after, item.CheckDepth()
}

type updateItemInput struct {
	TableName        string
	Key              attr.Map
	UpdateExpression *string
	writeOptions
}

func (s *Service) updateItem(in *updateItemInput, used *Usage) (any, error) {
	w, update, err := in.write()
	if err != nil {
		return nil, err
	}
	c, err := s.perform(w, used)
	if err != nil {
		return nil, err
	}
	return in.output(c, in.returned(c, update)), nil
}

func (in *updateItemInput) write() (write, *expr.Update, error) {
	if err := firstError(
		in.check(returnAllNew, returnUpdatedOld, returnAllOld, returnNone, returnUpdatedNew),
		checkPresent("key", in.Key != nil),
	); err != nil {
		return write{}, nil, err
	}
	update, condition, err := in.expressions()
	return write{
		table: in.TableName, item: in.Key, condition: condition, effect: modification{update},
		wantsItem: in.ReturnValuesOnConditionCheckFailure == returnAllOld,
	}, update, err
}

func (in *updateItemInput) expressions() (*expr.Update, *expr.Condition, error) {
	scope, err := in.scope(expression{"UpdateExpression", in.UpdateExpression}, in.conditionExpression())
	if err != nil {
		return nil, nil, err
	}
	update, err := optional(in.UpdateExpression, scope.Update)
	if err != nil {
		return nil, nil, err
	}
	condition, err := conditionOf(scope, in.conditionExpression())
	return update, condition, firstError(err, scope.Unused())
}

// returned is what ReturnValues asks for.
func (in *updateItemInput) returned(c change, update *expr.Update) attr.Map {
	switch in.ReturnValues {
	case returnAllOld:
		return c.before.attributes()
	case returnUpdatedOld:
		return update.Changed(c.before.attributes())
	case returnAllNew:
		return c.after.attributes()
	case returnUpdatedNew:
		return update.Changed(c.after.attributes())
	default:
		return nil
	}
}
