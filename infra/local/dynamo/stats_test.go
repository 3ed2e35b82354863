package dynamo_test

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

// TestStatsCountEveryOperation sums known costs. One item is of 5,000 bytes and some, the others are small.
func TestStatsCountEveryOperation(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	a, b := `{"scope":{"S":"x"},"leaseKey":{"S":"a"}}`, `{"scope":{"S":"x"},"leaseKey":{"S":"b"}}`
	big := strings.TrimSuffix(a, "}") + `,"f":{"S":"` + strings.Repeat("x", 5000) + `"}}`
	for _, c := range []struct{ operation, body string }{
		{"PutItem", `{"TableName":"leases","Item":` + big + `}`},                                                                    // 5 WCU
		{"PutItem", `{"TableName":"leases","Item":` + b + `}`},                                                                      // 1 WCU
		{"PutItem", `{"TableName":"leases","Item":` + a + `,"ConditionExpression":"attribute_not_exists(f)"}`},                      // fails, 5 WCU
		{"PutItem", `{"TableName":"leases","Item":{}}`},                                                                             // invalid, free
		{"GetItem", `{"TableName":"leases","Key":` + a + `}`},                                                                       // 1 RCU
		{"GetItem", `{"TableName":"leases","Key":` + a + `,"ConsistentRead":true}`},                                                 // 2 RCU
		{"UpdateItem", `{"TableName":"leases","Key":` + a + `,"UpdateExpression":"REMOVE f"}`},                                      // 5 WCU
		{"UpdateItem", `{"TableName":"leases","Key":` + a + `,"UpdateExpression":"SET a.b = f"}`},                                   // does not fit, free
		{"DeleteItem", `{"TableName":"leases","Key":` + b + `}`},                                                                    // 1 WCU
		{"Scan", `{"TableName":"leases"}`},                                                                                          // 0.5 RCU
		{"BatchWriteItem", `{"RequestItems":{"leases":[{"PutRequest":{"Item":` + big + `}},{"DeleteRequest":{"Key":` + b + `}}]}}`}, // 6 WCU
		{"BatchGetItem", `{"RequestItems":{"leases":{"Keys":[` + a + `,` + b + `],"ConsistentRead":true}}}`},                        // 3 RCU
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"leases","Key":` + a + `}}]}`},                                  // 4 RCU
		{"TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"leases","Key":` + b + `}}]}`},                             // 2 WCU
		{"TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"leases","Key":` + b + `,"ConditionExpression":"attribute_exists(f)"}},
			{"Delete":{"TableName":"leases","Key":` + a + `,"ConditionExpression":"attribute_not_exists(f)"}}]}`}, // both fail, 12 WCU
		{"TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"leases","Key":` + b + `,"UpdateExpression":"SET a = f"}}]}`}, // does not fit, 2 WCU
	} {
		send(t, s, c.operation, c.body)
	}
	want := map[string]dynamo.Usage{
		"CreateTable":        {Calls: 1},
		"PutItem":            {Calls: 4, WriteUnits: 11, FailedConditions: 1},
		"GetItem":            {Calls: 2, ReadUnits: 3},
		"UpdateItem":         {Calls: 2, WriteUnits: 5},
		"DeleteItem":         {Calls: 1, WriteUnits: 1},
		"Scan":               {Calls: 1, ReadUnits: 0.5},
		"BatchWriteItem":     {Calls: 1, WriteUnits: 6},
		"BatchGetItem":       {Calls: 1, ReadUnits: 3},
		"TransactGetItems":   {Calls: 1, ReadUnits: 4},
		"TransactWriteItems": {Calls: 3, WriteUnits: 16, FailedConditions: 2},
	}
	if got := s.Stats(); !maps.Equal(got, want) {
		for operation := range want {
			if got[operation] != want[operation] {
				t.Errorf("%s: got %+v, want %+v", operation, got[operation], want[operation])
			}
		}
		t.Errorf("got %d operations, want %d", len(got), len(want))
	}
}

func TestStatsOfConcurrentCalls(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				send(t, s, "UpdateItem", fmt.Sprintf(`{"TableName":"leases","Key":{"scope":{"S":"x"},"leaseKey":{"S":"%d"}}}`, i))
				s.Stats()
			}
		})
	}
	group.Wait()
	if got := s.Stats()["UpdateItem"]; got != (dynamo.Usage{Calls: 400, WriteUnits: 400}) {
		t.Errorf("got %+v", got)
	}
}
