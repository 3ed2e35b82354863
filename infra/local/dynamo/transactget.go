package dynamo

import (
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

type transactGetInput struct {
	TransactItems []struct{ Get *transactGet }
	capacityOption
}

type transactGet struct {
	TableName string
	Key       attr.Map
	projected
}

type transactGetOutput struct {
	Responses        []itemResponse
	ConsumedCapacity []*consumed `json:",omitempty"`
}

type itemResponse struct {
	Item attr.Map `json:",omitzero"`
}

// transactGetItems reads all items at one moment.
func (s *Service) transactGetItems(in *transactGetInput, used *Usage) (any, error) {
	projections, err := in.projections()
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows, units, err := s.readAll(in, projections)
	if err != nil {
		return nil, err
	}
	out := transactGetOutput{ConsumedCapacity: asReads(in.consumedBy(units))}
	for i, row := range rows {
		var r itemResponse
		if row != nil {
			r.Item = projections[i].Of(row.item)
		}
		out.Responses = append(out.Responses, r)
	}
	for _, u := range units {
		used.ReadUnits += u
	}
	return out, nil
}

func (in *transactGetInput) projections() ([]*expr.Projection, error) {
	if err := firstError(
		in.capacityOption.check(),
		checkCount("transactItems", len(in.TransactItems), 1, maxTransaction),
	); err != nil {
		return nil, err
	}
	all := make([]*expr.Projection, len(in.TransactItems))
	for i, item := range in.TransactItems {
		if item.Get == nil {
			return nil, checkPresent("transactItems.member.get", false)
		}
		p, err := item.Get.projection()
		if err != nil {
			return nil, err
		}
		all[i] = p
	}
	return all, nil
}

// readAll reads the rows of a transaction and what they cost by table. The caller holds the lock.
func (s *Service) readAll(in *transactGetInput, projections []*expr.Projection) ([]*row, map[string]float64, error) {
	rows := make([]*row, len(projections))
	reasons := make([]cancellation, len(projections))
	units := map[string]float64{}
	seen := map[itemID]bool{}
	for i, item := range in.TransactItems {
		t, row, err := s.lookup(item.Get.TableName, item.Get.Key, projections[i])
		if err == nil {
			id := itemID{t, t.schema.id(item.Get.Key)}
			if seen[id] {
				return nil, nil, errSameItem()
			}
			seen[id] = true
			rows[i] = row
			units[t.settings.Name] += transactional * readUnits(row.bytes(), true)
		}
		if reasons[i], err = reason(err); err != nil {
			return nil, nil, err
		}
	}
	return rows, units, cancelled(reasons, new(Usage))
}
