package dynamo_test

import (
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

func TestResponseHeaders(t *testing.T) {
	s := open(t, dynamo.Options{})
	seen := map[string]bool{}
	for range 3 {
		response, _ := send(t, s, "ListTables", `{}`)
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := response.Header.Get("X-Amz-Crc32"), fmt.Sprint(crc32.ChecksumIEEE(body)); got != want {
			t.Errorf("checksum of %q is %s, want %s", body, got, want)
		}
		if got := response.Header.Get("Content-Type"); got != "application/x-amz-json-1.0" {
			t.Errorf("content type is %q", got)
		}
		if got := response.Header.Get("Content-Length"); got != fmt.Sprint(len(body)) {
			t.Errorf("content length is %s of %d", got, len(body))
		}
		id := response.Header.Get("X-Amzn-Requestid")
		if len(id) < 20 || seen[id] {
			t.Errorf("request id is %q", id)
		}
		seen[id] = true
	}
}

func TestHealthCheck(t *testing.T) {
	w := httptest.NewRecorder()
	open(t, dynamo.Options{Region: "eu-north-1"}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "healthy: dynamodb.eu-north-1.amazonaws.com") {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}

// TestRefusals covers what the SDK does not let through, or what is refused because this is a subset.
func TestRefusals(t *testing.T) {
	s := open(t, dynamo.Options{})
	createTable(t, clientOf(s), "S")
	const (
		validation    = "com.amazon.coral.validate#ValidationException"
		serialization = "com.amazon.coral.service#SerializationException"
		unknown       = "com.amazon.coral.service#UnknownOperationException"
		notFound      = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
	)
	leases := `"TableName":"leases",`
	aKey := `"Key":{"scope":{"S":"x"},"leaseKey":{"S":"a"}}`
	for _, c := range []struct{ operation, body, kind, part string }{
		{"ExecuteStatement", `{}`, unknown, "ExecuteStatement"},
		{"CreateGlobalTable", `{}`, unknown, "CreateGlobalTable"},
		{"", `{}`, unknown, "DynamoDB_20120810."},
		{"PutItem", ``, serialization, ""},
		{"PutItem", `{`, serialization, ""},
		{"PutItem", `[]`, serialization, ""},
		{"PutItem", `{"TableName":1}`, serialization, ""},
		{"PutItem", `{"TableName":"leases","Item":"x"}`, serialization, ""},
		{"PutItem", `{` + leases + `"Item":{"scope":{"S":1}}}`, serialization, ""},
		{"PutItem", `{` + leases + `"Item":{"scope":"x"}}`, serialization, ""},
		{"PutItem", `{` + leases + `"Item":{"scope":{"B":"!"}}}`, serialization, ""},
		{"PutItem", `{` + leases + `"Item":{"scope":{"S":"x","N":"1"}}}`, validation, "more than one datatypes set"},
		{"PutItem", `{` + leases + `"Item":{"scope":{}}}`, validation, "Supplied AttributeValue is empty"},
		{"PutItem", `{"Item":{}}`, validation, "'tableName'"},
		{"PutItem", `{"TableName":"leases"}`, validation, "'item'"},
		{"PutItem", `{` + leases + `"Item":{"scope":{"S":"x"}}}`, validation, "Missing the key leaseKey in the item"},
		{"PutItem", `{` + leases + `"Item":{"scope":{"S":"x"},"leaseKey":{"N":"1"}}}`, validation, "Type mismatch for key leaseKey expected: S actual: N"},
		{"GetItem", `{"TableName":"a!"}`, validation, "'key'"},
		{"GetItem", `{"TableName":"a!",` + aKey + `}`, validation, "regular expression"},
		{"GetItem", `{"TableName":"` + strings.Repeat("x", 256) + `",` + aKey + `}`, validation, "less than or equal to 255"},
		{"GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/other",` + aKey + `}`, notFound, "other"},
		{"UpdateItem", `{` + leases + aKey + `,"Expected":{}}`, validation, "Parameter Expected is not supported"},
		{"UpdateItem", `{` + leases + aKey + `,"AttributeUpdates":{}}`, validation, "Parameter AttributeUpdates is not supported"},
		{"DeleteItem", `{` + leases + aKey + `,"ConditionalOperator":"AND"}`, validation, "Parameter ConditionalOperator is not supported"},
		{"Query", `{` + leases + `"KeyConditions":{}}`, validation, "Parameter KeyConditions is not supported"},
		{"Query", `{` + leases + `"IndexName":"byOwner"}`, validation, "Parameter IndexName is not supported"},
		{"Query", `{"TableName":"leases"}`, validation, "KeyConditionExpression parameter must be specified"},
		{"Scan", `{` + leases + `"AttributesToGet":["a"]}`, validation, "Parameter AttributesToGet is not supported"},
		{"Scan", `{` + leases + `"Select":"SPECIFIC_ATTRIBUTES"}`, validation, "SPECIFIC_ATTRIBUTES"},
		{"Scan", `{` + leases + `"Select":"COUNT","ProjectionExpression":"a"}`, validation, "only the Count"},
		{"Scan", `{` + leases + `"Select":"ALL_ATTRIBUTES","ProjectionExpression":"a"}`, validation, "ALL_ATTRIBUTES"},
		{"Scan", `{` + leases + `"Select":"ALL_PROJECTED_ATTRIBUTES"}`, validation, "IndexName"},
		{"Scan", `{` + leases + `"Segment":0,"TotalSegments":1000001}`, validation, "less than or equal to 1000000"},
		{"Scan", `{` + leases + `"Segment":-1,"TotalSegments":2}`, validation, "greater than or equal to 0"},
		{"Scan", `{` + leases + `"ProjectionExpression":"leaseKey.x"}`, validation, "Key attributes must be scalars"},
		{"UpdateItem", `{` + leases + aKey + `,"UpdateExpression":"REMOVE a","ConditionExpression":"attribute_exists(leaseKey.x)"}`, validation, "Key attributes must be scalars"},
		{"CreateTable", `{}`, validation, "'tableName'"},
		{"CreateTable", `{"TableName":"abc"}`, validation, "'keySchema'"},
		{"CreateTable", `{"TableName":"abc","KeySchema":[{},{},{}]}`, validation, "less than or equal to 2"},
		{"CreateTable", `{"TableName":"abc","KeySchema":[{}]}`, validation, "keySchema.member.attributeName"},
		{"CreateTable", `{` + leases + `"GlobalSecondaryIndexes":[]}`, validation, "Parameter GlobalSecondaryIndexes is not supported"},
		{"CreateTable", `{` + leases + `"LocalSecondaryIndexes":[]}`, validation, "Parameter LocalSecondaryIndexes is not supported"},
		{"CreateTable", `{` + leases + `"StreamSpecification":{}}`, validation, "Parameter StreamSpecification is not supported"},
		{"UpdateTable", `{` + leases + `"SSESpecification":{}}`, validation, "Parameter SSESpecification is not supported"},
		{"ListTables", `{"Limit":101}`, validation, "'limit'"},
		{"BatchWriteItem", `{"RequestItems":{"leases":[{}]}}`, validation, "exactly one"},
		{"BatchWriteItem", `{"RequestItems":{}}`, validation, "'requestItems'"},
		{"BatchGetItem", `{"RequestItems":{}}`, validation, "'requestItems'"},
		{"TagResource", `{"ResourceArn":"leases","Tags":[{"Key":"a","Value":"b"}]}`, validation, "Invalid ResourceArn"},
		{"TagResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/other","Tags":[{"Key":"a","Value":"b"}]}`, notFound, "other"},
		{"TagResource", `{"ResourceArn":"leases","Tags":[]}`, validation, "Atleast one Tag"},
		{"UntagResource", `{"ResourceArn":"leases","TagKeys":[]}`, validation, "Atleast one Tag Key"},
		{"UpdateTimeToLive", `{"TableName":"leases"}`, validation, "'timeToLiveSpecification'"},
		{"UpdateTimeToLive", `{` + leases + `"TimeToLiveSpecification":{"AttributeName":"e","Enabled":false}}`, validation, "already disabled"},
		{"UpdateContinuousBackups", `{"TableName":"leases"}`, validation, "'pointInTimeRecoverySpecification'"},
		{"TransactWriteItems", `{}`, validation, "'transactItems'"},
		{"TransactWriteItems", `{"TransactItems":[]}`, validation, "'transactItems'"},
		{"TransactWriteItems", `{"TransactItems":[{}]}`, validation, "can only contain one of"},
		{"TransactWriteItems", `{"TransactItems":[{"Update":{` + leases + aKey + `}}]}`, validation, "updateExpression"},
		{"TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{` + leases + aKey + `}}]}`, validation, "conditionExpression"},
		{"TransactWriteItems", `{"ClientRequestToken":"` + strings.Repeat("x", 37) + `","TransactItems":[]}`, validation, "'clientRequestToken'"},
		{"TransactGetItems", `{"TransactItems":[{}]}`, validation, "get"},
		{"TransactGetItems", `{"TransactItems":[]}`, validation, "'transactItems'"},
	} {
		response, answer := send(t, s, c.operation, c.body)
		message, _ := answer["message"].(string)
		if response.StatusCode != http.StatusBadRequest || answer["__type"] != c.kind || !strings.Contains(message, c.part) {
			t.Errorf("%s %s:\n got %d %v\nwant %s with %q", c.operation, c.body, response.StatusCode, answer, c.kind, c.part)
		}
	}
}

func TestTooLargeRequest(t *testing.T) {
	response, answer := send(t, open(t, dynamo.Options{}), "PutItem", `{"TableName":"`+strings.Repeat("x", 17<<20)+`"}`)
	if response.StatusCode != http.StatusRequestEntityTooLarge || answer["__type"] != "com.amazon.coral.service#RequestEntityTooLargeException" {
		t.Errorf("got %d %v", response.StatusCode, answer)
	}
}

func TestClosedServiceAnswersServerError(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := open(t, dynamo.Options{Dir: dir})
		shut(t, s)
		response, answer := send(t, s, "ListTables", `{}`)
		if response.StatusCode != http.StatusInternalServerError || answer["__type"] != "com.amazonaws.dynamodb.v20120810#InternalServerError" {
			t.Errorf("got %d %v", response.StatusCode, answer)
		}
	}
}

// FuzzRequest posts arbitrary bodies to every operation: there is always an answer, it is JSON, and it is never the server's
// fault.
func FuzzRequest(f *testing.F) {
	operations := []string{
		"CreateTable", "DescribeTable", "UpdateTable", "DeleteTable", "ListTables", "PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan",
		"BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems", "TagResource", "UntagResource", "ListTagsOfResource",
		"DescribeTimeToLive", "UpdateTimeToLive", "DescribeContinuousBackups", "UpdateContinuousBackups", "DescribeLimits",
	}
	keys := `{"scope":{"S":"x"},"leaseKey":{"S":"a"}}`
	f.Add(uint8(5), `{"TableName":"leases","Item":`+keys+`}`)
	f.Add(uint8(7), `{"TableName":"leases","Key":`+keys+`,"UpdateExpression":"SET a=:v","ExpressionAttributeValues":{":v":{"N":"1"}}}`)
	f.Add(uint8(9), `{"TableName":"leases","KeyConditionExpression":"#h=:h","ExpressionAttributeNames":{"#h":"scope"},"ExpressionAttributeValues":{":h":{"S":"x"}},"ExclusiveStartKey":`+keys+`}`)
	f.Add(uint8(10), `{"TableName":"leases","Segment":1,"TotalSegments":3,"Limit":1,"ExclusiveStartKey":`+keys+`}`)
	f.Add(uint8(11), `{"RequestItems":{"leases":{"Keys":[`+keys+`]}}}`)
	f.Add(uint8(12), `{"RequestItems":{"leases":[{"DeleteRequest":{"Key":`+keys+`}}]}}`)
	f.Add(uint8(13), `{"TransactItems":[{"Get":{"TableName":"leases","Key":`+keys+`}}]}`)
	f.Add(uint8(14), `{"ClientRequestToken":"t","TransactItems":[{"Delete":{"TableName":"leases","Key":`+keys+`}}]}`)
	f.Add(uint8(21), `{"TableName":"leases","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}}`)
	f.Fuzz(func(t *testing.T, operation uint8, body string) {
		s := open(t, dynamo.Options{})
		createTable(t, clientOf(s), "S")
		send(t, s, "PutItem", `{"TableName":"leases","Item":`+keys+`}`)
		name := operations[int(operation)%len(operations)]
		if response, answer := send(t, s, name, body); response.StatusCode >= 500 {
			t.Fatalf("%s %s: %v", name, body, answer)
		}
	})
}
