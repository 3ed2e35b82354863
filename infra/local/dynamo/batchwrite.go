package dynamo

import (
	"maps"
	"slices"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
)

const maxBatchWrite = 25

type batchWriteInput struct {
	RequestItems                map[string][]writeRequest
	ReturnItemCollectionMetrics string
	capacityOption
}

type writeRequest struct {
	PutRequest    *struct{ Item attr.Map }
	DeleteRequest *struct{ Key attr.Map }
}

type batchWriteOutput struct {
	UnprocessedItems map[string][]writeRequest
	ConsumedCapacity []*consumed `json:",omitempty"`
}

// batchWriteItem performs all its writes or, when one of them is refused, none; nothing is ever left unprocessed.
func (s *Service) batchWriteItem(in *batchWriteInput, used *Usage) (any, error) {
	writes, err := in.writes()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, err := s.prepareAll(writes)
	if err != nil {
		return nil, err
	}
	if err := s.commit(changes, nil); err != nil {
		return nil, err
	}
	units := map[string]float64{}
	for _, c := range changes {
		units[c.table.settings.Name] += c.units()
		used.WriteUnits += c.units()
	}
	return batchWriteOutput{map[string][]writeRequest{}, in.consumedBy(units)}, nil
}

func (in *batchWriteInput) writes() ([]write, error) {
	if err := in.capacityOption.check(); err != nil {
		return nil, err
	}
	var all []write
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		for _, r := range in.RequestItems[name] {
			w, err := r.write(name)
			if err != nil {
				return nil, err
			}
			all = append(all, w)
		}
	}
	if len(all) > maxBatchWrite {
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	return all, checkCount("requestItems", len(all), 1, maxBatchWrite)
}

func (r writeRequest) write(table string) (write, error) {
	switch {
	case (r.PutRequest == nil) == (r.DeleteRequest == nil):
		return write{}, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	case r.PutRequest != nil:
		return write{table: table, item: r.PutRequest.Item, effect: replacement{}}, checkItemSize(r.PutRequest.Item)
	default:
		return write{table: table, item: r.DeleteRequest.Key, effect: deletion{}}, nil
	}
}

// prepareAll locates and evaluates writes of different items; the same item twice is an error. The caller holds the lock.
func (s *Service) prepareAll(writes []write) ([]change, error) {
	changes := make([]change, len(writes))
	seen := map[itemID]bool{}
	for i, w := range writes {
		c, err := s.locate(w)
		if err != nil {
			return nil, err
		}
		if seen[c.itemID()] {
			return nil, invalid("Provided list of item keys contains duplicates")
		}
		seen[c.itemID()] = true
		if changes[i], err = w.evaluate(c); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// itemID identifies an item in the service.
type itemID struct {
	table *table
	id    string
}

func (c change) itemID() itemID { return itemID{c.table, c.id} }
