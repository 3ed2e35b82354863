package dynamo

import (
	"maps"
	"slices"
)

const (
	readUnitBytes  = 4 << 10
	writeUnitBytes = 1 << 10
	// transactional operations cost twice: they are prepared and committed.
	transactional = 2
)

// readUnits is the cost of reading bytes: one unit for each 4 KB begun, half of it when the read is not consistent. Finding
// nothing costs as much as the smallest item.
func readUnits(bytes int, consistent bool) float64 {
	units := float64(blocks(bytes, readUnitBytes))
	if consistent {
		return units
	}
	return units / 2
}

// writeUnits is the cost of a write: one unit for each KB begun of the larger of the item before and after.
func writeUnits(before, after *row) float64 {
	bytes := 0
	for _, r := range []*row{before, after} {
		if r != nil {
			bytes = max(bytes, r.size)
		}
	}
	return float64(blocks(bytes, writeUnitBytes))
}

func blocks(bytes, block int) int {
	return max(1, (bytes+block-1)/block)
}

// The values of ReturnConsumedCapacity.
const (
	capacityNone    = "NONE"
	capacityTotal   = "TOTAL"
	capacityIndexes = "INDEXES"
)

// consumed is a ConsumedCapacity.
type consumed struct {
	TableName          string
	CapacityUnits      float64
	ReadCapacityUnits  float64   `json:",omitempty"`
	WriteCapacityUnits float64   `json:",omitempty"`
	Table              *capacity `json:",omitempty"`
}

type capacity struct {
	CapacityUnits      float64
	ReadCapacityUnits  float64 `json:",omitempty"`
	WriteCapacityUnits float64 `json:",omitempty"`
}

// capacityOption is ReturnConsumedCapacity as a part of a request.
type capacityOption struct {
	ReturnConsumedCapacity string
}

func (o capacityOption) check() error {
	return checkEnum("returnConsumedCapacity", o.ReturnConsumedCapacity, capacityIndexes, capacityTotal, capacityNone)
}

// consumed is what the response says about units of one table; nil when nobody asked.
func (o capacityOption) consumed(table string, units float64) *consumed {
	switch o.ReturnConsumedCapacity {
	case capacityTotal:
		return &consumed{TableName: table, CapacityUnits: units}
	case capacityIndexes:
		return &consumed{TableName: table, CapacityUnits: units, Table: &capacity{CapacityUnits: units}}
	default:
		return nil
	}
}

// consumedBy is what the response of a batch says about units by table.
func (o capacityOption) consumedBy(units map[string]float64) []*consumed {
	var all []*consumed
	for _, table := range slices.Sorted(maps.Keys(units)) {
		if c := o.consumed(table, units[table]); c != nil {
			all = append(all, c)
		}
	}
	return all
}
