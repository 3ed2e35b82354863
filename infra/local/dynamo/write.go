package dynamo

import (
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

const (
	maxItemSize = 400 << 10

	returnNone   = "NONE"
	returnAllOld = "ALL_OLD"
)

// write is one request to change one item: PutItem, UpdateItem, DeleteItem and the elements of batches and transactions.
type write struct {
	table     string
	item      attr.Map // the new item of a put, else the key
	condition *expr.Condition
	effect    effect
	// wantsItem asks for the item when the condition fails.
	wantsItem bool
}

// effect is what a write does. check refuses what does not fit the table; after computes the row from the one before, nil
// when there is or will be no item.
type effect interface {
	check(s schema, item attr.Map) error
	after(item attr.Map, before *row) (*row, error)
}

// change is a write that has been evaluated: before and after are nil when there is no item.
type change struct {
	table         *table
	id            string
	before, after *row
}

// locate finds the item of a write: a change that changes nothing. The caller holds the lock.
func (s *Service) locate(w write) (change, error) {
	t, err := s.activeTable(w.table)
	if err != nil {
		return change{}, err
	}
	if err := firstError(w.effect.check(t.schema, w.item), t.schema.checkScalar(w.condition.Paths())); err != nil {
		return change{}, err
	}
	id := t.schema.id(w.item)
	row := t.rows.get(id)
	return change{t, id, row, row}, nil
}

// evaluate computes what a write makes of the item that was located. The error is a ConditionalCheckFailedException, or
// says that the effect does not fit the item.
func (w write) evaluate(c change) (change, error) {
	item := c.before.attributes()
	if !w.condition.Holds(item) {
		return c, w.failure(item)
	}
	after, err := w.effect.after(w.item, c.before)
	if err != nil {
		return c, err
	}
	c.after = after
	return c, nil
}

func (w write) failure(item attr.Map) *fault {
	f := refuse(conditionFailedKind, "The conditional request failed")
	if w.wantsItem {
		f.item = item
	}
	return f
}

// attributes is the item of a row; nil without a row.
func (r *row) attributes() attr.Map {
	if r == nil {
		return nil
	}
	return r.item
}

// commit makes changes happen, all or none. The caller has held the lock since they were prepared.
func (s *Service) commit(changes []change, token *savedToken) error {
	r := record{Token: token}
	for _, c := range changes {
		if saved, changed := c.saved(); changed {
			r.Writes = append(r.Writes, saved)
		}
	}
	if len(r.Writes) > 0 || token != nil {
		if err := s.persist(r); err != nil {
			return err
		}
	}
	for _, c := range changes {
		c.table.rows.put(c.id, c.after)
	}
	s.compact()
	return nil
}

// saved is the change as it is journalled; changed is false when there is nothing to do.
func (c change) saved() (w savedWrite, changed bool) {
	switch {
	case c.after != nil:
		return savedWrite{Table: c.table.settings.Name, Put: c.after.item}, c.after != c.before
	case c.before != nil:
		return savedWrite{Table: c.table.settings.Name, Gone: c.table.schema.keyOf(c.before.item)}, true
	default:
		return savedWrite{}, false
	}
}

// perform locates, evaluates and commits a single write. A failed condition costs what looking at the item costs.
func (s *Service) perform(w write, used *Usage) (change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.locate(w)
	if err != nil {
		return c, err
	}
	c, err = w.evaluate(c)
	switch {
	case failedCondition(err):
		used.FailedConditions++
	case err != nil:
		return c, err
	}
	used.WriteUnits += c.units()
	if err != nil {
		return c, err
	}
	return c, s.commit([]change{c}, nil)
}

// units is the cost of the change.
func (c change) units() float64 { return writeUnits(c.before, c.after) }

func checkItemSize(item attr.Map) error {
	if item.ItemSize() > maxItemSize {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

// writeOptions are the parameters that all single writes share.
type writeOptions struct {
	substitutions
	capacityOption
	ConditionExpression                 *string
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
	ReturnItemCollectionMetrics         string // there are none without local indexes
}

func (o *writeOptions) conditionExpression() expression {
	return expression{"ConditionExpression", o.ConditionExpression}
}

func (o *writeOptions) check(returnValues ...string) error {
	return firstError(
		checkEnum("returnValues", o.ReturnValues, returnValues...),
		checkEnum("returnValuesOnConditionCheckFailure", o.ReturnValuesOnConditionCheckFailure, returnAllOld, returnNone),
		checkEnum("returnItemCollectionMetrics", o.ReturnItemCollectionMetrics, "SIZE", returnNone),
		o.capacityOption.check(),
	)
}

// condition parses the condition of a write that has no other expression.
func (o *writeOptions) condition() (*expr.Condition, error) {
	scope, err := o.scope(o.conditionExpression())
	if err != nil {
		return nil, err
	}
	condition, err := conditionOf(scope, o.conditionExpression())
	return condition, firstError(err, scope.Unused())
}

// writeOutput is the response of PutItem, UpdateItem and DeleteItem.
type writeOutput struct {
	Attributes       attr.Map  `json:",omitempty"`
	ConsumedCapacity *consumed `json:",omitempty"`
}

// output is the response to a change; attributes is what ReturnValues asked for.
func (o *writeOptions) output(c change, attributes attr.Map) writeOutput {
	return writeOutput{attributes, o.consumed(c.table.settings.Name, c.units())}
}
