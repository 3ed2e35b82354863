package dynamo_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

// TestCancellationReasons has a transaction that fails in every way at once, and changes nothing.
func TestCancellationReasons(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	key := func(sort string) string { return `{"scope":{"S":"x"},"leaseKey":{"S":"` + sort + `"}}` }
	send(t, s, "PutItem", `{"TableName":"leases","Item":{"scope":{"S":"x"},"leaseKey":{"S":"a"},"n":{"N":"1"}}}`)
	response, answer := send(t, s, "TransactWriteItems", `{"TransactItems":[
		{"Put":{"TableName":"leases","Item":`+key("new")+`}},
		{"Delete":{"TableName":"leases","Key":`+key("a")+`,"ConditionExpression":"n > :n","ExpressionAttributeValues":{":n":{"N":"5"}},
			"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
		{"Update":{"TableName":"leases","Key":`+key("b")+`,"UpdateExpression":"SET m = n"}},
		{"Update":{"TableName":"leases","Key":{"scope":{"S":"x"}},"UpdateExpression":"SET m = n"}},
		{"ConditionCheck":{"TableName":"leases","Key":`+key("c")+`,"ConditionExpression":"attribute_exists(n)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}`)
	want := map[string]any{
		"__type":  "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"message": "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError, ValidationError, ConditionalCheckFailed]",
		"CancellationReasons": []any{
			map[string]any{"Code": "None"},
			map[string]any{
				"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": map[string]any{
					"scope": map[string]any{"S": "x"}, "leaseKey": map[string]any{"S": "a"}, "n": map[string]any{"N": "1"},
				},
			},
			map[string]any{"Code": "ValidationError", "Message": "The provided expression refers to an attribute that does not exist in the item"},
			map[string]any{"Code": "ValidationError", "Message": "The provided key element does not match the schema"},
			map[string]any{"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
		},
	}
	if response.StatusCode != http.StatusBadRequest || !reflect.DeepEqual(answer, want) {
		t.Errorf("got %d %v", response.StatusCode, answer)
	}
	if _, scan := send(t, s, "Scan", `{"TableName":"leases","Select":"COUNT"}`); scan["Count"] != 1.0 {
		t.Errorf("left: %v", scan)
	}
}

func TestTransactionsThatAreRefusedAsAWhole(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	put := func(sort, filler string) string {
		return fmt.Sprintf(`{"Put":{"TableName":"leases","Item":{"scope":{"S":"x"},"leaseKey":{"S":%q},"f":{"S":%q}}}}`, sort, filler)
	}
	get := `{"Get":{"TableName":"leases","Key":{"scope":{"S":"x"},"leaseKey":{"S":"a"}}}}`
	many, large := make([]string, 101), make([]string, 11)
	for i := range many {
		many[i] = put(fmt.Sprint(i), "")
	}
	for i := range large {
		large[i] = put(fmt.Sprint(i), strings.Repeat("x", 390<<10))
	}
	for _, c := range []struct{ operation, items, kind, part string }{
		{"TransactWriteItems", strings.Join(many, ","), "ValidationException", "less than or equal to 100"},
		{"TransactWriteItems", strings.Join(large, ","), "ValidationException", "4 MB"},
		{"TransactWriteItems", put("a", "") + "," + put("a", "x"), "ValidationException", "multiple operations on one item"},
		{"TransactWriteItems", put("a", "") + `,{"Delete":{"TableName":"other","Key":{}}}`, "ResourceNotFoundException", "other"},
		{"TransactWriteItems", put("a", strings.Repeat("x", 400<<10)), "ValidationException", "Item size"},
		{"TransactGetItems", get + "," + get, "ValidationException", "multiple operations on one item"},
		{"TransactGetItems", `{"Get":{"TableName":"other","Key":{}}}`, "ResourceNotFoundException", "other"},
		{"TransactGetItems", get + `,{"Get":{"TableName":"leases","Key":{}}}`, "TransactionCanceledException", "[None, ValidationError]"},
	} {
		_, answer := send(t, s, c.operation, `{"TransactItems":[`+c.items+`]}`)
		if kind, _ := answer["__type"].(string); !strings.HasSuffix(kind, "#"+c.kind) || !strings.Contains(answer["message"].(string), c.part) {
			t.Errorf("%s %.200s: got %v", c.operation, c.items, answer)
		}
	}
	if _, scan := send(t, s, "Scan", `{"TableName":"leases","Select":"COUNT"}`); scan["Count"] != 0.0 {
		t.Errorf("left: %v", scan)
	}
}

// TestTokenComparesMeaning repeats a transaction with its members in another order and other white space.
func TestTokenComparesMeaning(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	for i, body := range []string{
		`{"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"leases","Item":{"scope":{"S":"x"},"leaseKey":{"S":"a"}}}}]}`,
		`{"TransactItems" : [{"Put":{"Item":{"leaseKey":{"S":"a"},"scope":{"S":"x"}},"TableName":"leases"}}],"ClientRequestToken":"t","ReturnConsumedCapacity":"TOTAL"}`,
	} {
		response, answer := send(t, s, "TransactWriteItems", body)
		if response.StatusCode != http.StatusOK {
			t.Fatal(answer)
		}
		if i == 1 && fmt.Sprint(answer["ConsumedCapacity"]) != "[map[CapacityUnits:2 ReadCapacityUnits:2 TableName:leases]]" {
			t.Errorf("the repetition cost %v", answer)
		}
	}
}

func TestTransactionCapacity(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	_, answer := send(t, s, "TransactWriteItems", `{"ReturnConsumedCapacity":"INDEXES","TransactItems":[
		{"Put":{"TableName":"leases","Item":{"scope":{"S":"x"},"leaseKey":{"S":"a"}}}},
		{"ConditionCheck":{"TableName":"leases","Key":{"scope":{"S":"x"},"leaseKey":{"S":"b"}},"ConditionExpression":"attribute_not_exists(leaseKey)"}}]}`)
	want := "[map[CapacityUnits:4 Table:map[CapacityUnits:4 WriteCapacityUnits:4] TableName:leases WriteCapacityUnits:4]]"
	if got := fmt.Sprint(answer["ConsumedCapacity"]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, answer = send(t, s, "TransactGetItems", `{"ReturnConsumedCapacity":"INDEXES","TransactItems":[
		{"Get":{"TableName":"leases","Key":{"scope":{"S":"x"},"leaseKey":{"S":"a"}}}}]}`)
	want = "[map[CapacityUnits:2 ReadCapacityUnits:2 Table:map[CapacityUnits:2 ReadCapacityUnits:2] TableName:leases]]"
	if got := fmt.Sprint(answer["ConsumedCapacity"]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
