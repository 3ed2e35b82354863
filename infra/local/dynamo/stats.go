package dynamo

import (
	"maps"
	"sync"
)

// Usage is what the calls of one operation have cost.
type Usage struct {
	// Calls counts requests, failed ones included.
	Calls int64
	// ReadUnits and WriteUnits are consumed capacity units by DynamoDB's rules.
	ReadUnits, WriteUnits float64
	// FailedConditions counts writes that a condition prevented; each cancelled element of a transaction counts.
	FailedConditions int64
}

// ledger sums usage by operation.
type ledger struct {
	mu  sync.Mutex
	sum map[string]Usage
}

// record adds the usage of one call.
func (l *ledger) record(operation string, u Usage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sum == nil {
		l.sum = map[string]Usage{}
	}
	s := l.sum[operation]
	s.Calls++
	s.ReadUnits += u.ReadUnits
	s.WriteUnits += u.WriteUnits
	s.FailedConditions += u.FailedConditions
	l.sum[operation] = s
}

func (l *ledger) totals() map[string]Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.sum)
}

// Stats returns cumulative usage by operation name, such as "UpdateItem". Operations that were never called are absent.
func (s *Service) Stats() map[string]Usage {
	return s.ledger.totals()
}
