package dynamo

import (
	"maps"
	"slices"

	"github.com/streamrec/streamrec/infra/local/dynamo/internal/attr"
	"github.com/streamrec/streamrec/infra/local/dynamo/internal/expr"
)

const (
	maxBatchGet  = 100
	maxBatchRead = 16 << 20
)

type batchGetInput struct {
	RequestItems map[string]keysAndAttributes
	capacityOption
}

type keysAndAttributes struct {
	Keys           []attr.Map
	ConsistentRead bool `json:",omitempty"`
	projected
}

type batchGetOutput struct {
	Responses        map[string][]attr.Map
	UnprocessedKeys  map[string]keysAndAttributes
	ConsumedCapacity []*consumed `json:",omitempty"`
}

func (s *Service) batchGetItem(in *batchGetInput, used *Usage) (any, error) {
	if err := firstError(in.capacityOption.check(), in.checkKeys()); err != nil {
		return nil, err
	}
	projections := map[string]*expr.Projection{}
	for name, k := range in.RequestItems {
		p, err := k.projection()
		if err != nil {
			return nil, err
		}
		projections[name] = p
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := batch{service: s, units: map[string]float64{}, out: batchGetOutput{
		Responses: map[string][]attr.Map{}, UnprocessedKeys: map[string]keysAndAttributes{},
	}}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		if err := b.get(name, in.RequestItems[name], projections[name]); err != nil {
			return nil, err
		}
	}
	for _, units := range b.units {
		used.ReadUnits += units
	}
	b.out.ConsumedCapacity = in.consumedBy(b.units)
	return b.out, nil
}

func (in *batchGetInput) checkKeys() error {
	total := 0
	for _, k := range in.RequestItems {
		if err := checkCount("requestItems.member.keys", len(k.Keys), 1, maxBatchGet); err != nil {
			return err
		}
		total += len(k.Keys)
	}
	switch {
	case total == 0:
		return checkCount("requestItems", 0, 1, maxBatchGet)
	case total > maxBatchGet:
		return invalid("Too many items requested for the BatchGetItem call")
	default:
		return nil
	}
}

// batch is a BatchGetItem on its way.
type batch struct {
	service *Service
	bytes   int
	units   map[string]float64
	out     batchGetOutput
}

func (b *batch) get(name string, k keysAndAttributes, projection *expr.Projection) error {
	seen := map[string]bool{}
	items := make([]attr.Map, 0, len(k.Keys))
	for _, key := range k.Keys {
		t, row, err := b.service.lookup(name, key, projection)
		if err != nil {
			return err
		}
		id := t.schema.id(key)
		if seen[id] {
			return invalid("Provided list of item keys contains duplicates")
		}
		seen[id] = true
		if b.bytes+row.bytes() > maxBatchRead {
			b.leave(name, k, key)
			continue
		}
		b.bytes += row.bytes()
		b.units[t.settings.Name] += readUnits(row.bytes(), k.ConsistentRead)
		if row != nil {
			items = append(items, projection.Of(row.item))
		}
	}
	b.out.Responses[name] = items
	return nil
}

// leave puts a key that the response has no room for into UnprocessedKeys, in the request's own form.
func (b *batch) leave(name string, k keysAndAttributes, key attr.Map) {
	k.Keys = append(b.out.UnprocessedKeys[name].Keys, key)
	b.out.UnprocessedKeys[name] = k
}
