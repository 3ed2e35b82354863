package dynamo

import (
	"encoding/json"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

const (
	maxTransaction      = 100
	maxTransactionBytes = 4 << 20
)

type transactWriteInput struct {
	TransactItems               json.RawMessage // []transactWrite, kept to tell requests with one token apart
	ClientRequestToken          string
	ReturnItemCollectionMetrics string
	capacityOption
}

// transactWrite is one element of a transaction: exactly one of its members.
type transactWrite struct {
	ConditionCheck *conditionCheck
	Put            *putItemInput
	Delete         *deleteItemInput
	Update         *updateItemInput
}

// conditionCheck is a condition on an item that the transaction does not change.
type conditionCheck struct {
	TableName string
	Key       attr.Map
	writeOptions
}

// observation is the effect of a condition check: none.
type observation struct{}

func (observation) check(s schema, key attr.Map) error { return s.checkKey(key) }

func (observation) after(_ attr.Map, before *row) (*row, error) { return before, nil }

func (in *conditionCheck) write() (write, error) {
	if err := firstError(
		in.check(),
		checkPresent("transactItems.member.conditionCheck.conditionExpression", in.ConditionExpression != nil),
	); err != nil {
		return write{}, err
	}
	condition, err := in.condition()
	return write{
		table: in.TableName, item: in.Key, condition: condition, effect: observation{},
		wantsItem: in.ReturnValuesOnConditionCheckFailure == returnAllOld,
	}, err
}

// transactUpdate is an update that must have an expression.
type transactUpdate struct{ *updateItemInput }

func (in transactUpdate) write() (write, error) {
	if in.UpdateExpression == nil {
		return write{}, checkPresent("transactItems.member.update.updateExpression", false)
	}
	w, _, err := in.updateItemInput.write()
	return w, err
}

func (t transactWrite) write() (write, error) {
	var members []interface{ write() (write, error) }
	if t.ConditionCheck != nil {
		members = append(members, t.ConditionCheck)
	}
	if t.Put != nil {
		members = append(members, t.Put)
	}
	if t.Delete != nil {
		members = append(members, t.Delete)
	}
	if t.Update != nil {
		members = append(members, transactUpdate{t.Update})
	}
	if len(members) != 1 {
		return write{}, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return members[0].write()
}

// transactWriteItems performs all writes or none. Every operation has the lock alone, so transactions never conflict.
func (s *Service) transactWriteItems(in *transactWriteInput, used *Usage) (any, error) {
	writes, err := in.writes()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token, repeated, err := s.tokens.begin(in.ClientRequestToken, in.TransactItems, s.now())
	if err != nil {
		return nil, err
	}
	if repeated {
		return s.repeat(in, writes, used)
	}
	changes, err := s.evaluateAll(writes, used)
	if err != nil {
		return nil, err
	}
	if err := s.commit(changes, token); err != nil {
		return nil, err
	}
	if token != nil {
		s.tokens.add(*token)
	}
	return in.output(changes), nil
}

func (in *transactWriteInput) writes() ([]write, error) {
	var items []transactWrite
	if err := firstError(in.check(), decode(in.TransactItems, &items)); err != nil {
		return nil, err
	}
	if err := checkCount("transactItems", len(items), 1, maxTransaction); err != nil {
		return nil, err
	}
	writes := make([]write, len(items))
	for i, item := range items {
		w, err := item.write()
		if err != nil {
			return nil, err
		}
		writes[i] = w
	}
	return writes, nil
}

func (in *transactWriteInput) check() error {
	if len(in.ClientRequestToken) > maxToken {
		return constrain(in.ClientRequestToken, "clientRequestToken", "Member must have length less than or equal to 36")
	}
	return firstError(in.capacityOption.check(), checkPresent("transactItems", in.TransactItems != nil))
}

type transactWriteOutput struct {
	ConsumedCapacity []*consumed `json:",omitempty"`
}

func (in *transactWriteInput) output(changes []change) transactWriteOutput {
	units := map[string]float64{}
	for _, c := range changes {
		units[c.table.settings.Name] += transactional * c.units()
	}
	all := in.consumedBy(units)
	for _, c := range all {
		c.WriteCapacityUnits = c.CapacityUnits
		if c.Table != nil {
			c.Table.WriteCapacityUnits = c.CapacityUnits
		}
	}
	return transactWriteOutput{all}
}

// repeat answers a transaction that has been performed already. It costs reading the items.
func (s *Service) repeat(in *transactWriteInput, writes []write, used *Usage) (any, error) {
	units := map[string]float64{}
	for _, w := range writes {
		c, err := s.locate(w)
		if err != nil {
			return nil, err
		}
		cost := transactional * readUnits(c.before.bytes(), true)
		units[c.table.settings.Name] += cost
		used.ReadUnits += cost
	}
	return transactWriteOutput{asReads(in.consumedBy(units))}, nil
}

// asReads marks the units of transactional reads as such.
func asReads(all []*consumed) []*consumed {
	for _, c := range all {
		c.ReadCapacityUnits = c.CapacityUnits
		if c.Table != nil {
			c.Table.ReadCapacityUnits = c.CapacityUnits
		}
	}
	return all
}
