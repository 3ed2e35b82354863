package dynamo

import "github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"

// replacement is the effect of a put.
type replacement struct{}

func (replacement) check(s schema, item attr.Map) error { return s.checkItem(item) }

func (replacement) after(item attr.Map, _ *row) (*row, error) { return newRow(item), nil }

// deletion is the effect of a delete.
type deletion struct{}

func (deletion) check(s schema, key attr.Map) error { return s.checkKey(key) }

func (deletion) after(attr.Map, *row) (*row, error) { return nil, nil }

type putItemInput struct {
	TableName string
	Item      attr.Map
	writeOptions
}

func (s *Service) putItem(in *putItemInput, used *Usage) (any, error) {
	w, err := in.write()
	if err != nil {
		return nil, err
	}
	return s.replaceOrDelete(w, &in.writeOptions, used)
}

func (in *putItemInput) write() (write, error) {
	if err := firstError(
		in.check(returnAllOld, returnNone),
		checkPresent("item", in.Item != nil),
		checkItemSize(in.Item),
	); err != nil {
		return write{}, err
	}
	condition, err := in.condition()
	return write{
		table: in.TableName, item: in.Item, condition: condition, effect: replacement{},
		wantsItem: in.ReturnValuesOnConditionCheckFailure == returnAllOld,
	}, err
}

type deleteItemInput struct {
	TableName string
	Key       attr.Map
	writeOptions
}

func (s *Service) deleteItem(in *deleteItemInput, used *Usage) (any, error) {
	w, err := in.write()
	if err != nil {
		return nil, err
	}
	return s.replaceOrDelete(w, &in.writeOptions, used)
}

func (in *deleteItemInput) write() (write, error) {
	if err := firstError(
		in.check(returnAllOld, returnNone),
		checkPresent("key", in.Key != nil),
	); err != nil {
		return write{}, err
	}
	condition, err := in.condition()
	return write{
		table: in.TableName, item: in.Key, condition: condition, effect: deletion{},
		wantsItem: in.ReturnValuesOnConditionCheckFailure == returnAllOld,
	}, err
}

func (s *Service) replaceOrDelete(w write, o *writeOptions, used *Usage) (any, error) {
	c, err := s.perform(w, used)
	if err != nil {
		return nil, err
	}
	if o.ReturnValues != returnAllOld {
		return o.output(c, nil), nil
	}
	return o.output(c, c.before.attributes()), nil
}
