package dynamo_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/streamrec/streamrec/infra/local/dynamo"
)

// direct hands the SDK's requests to a handler in the same goroutine, so that it also works on fake time.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func clientOf(h http.Handler) *dynamodb.Client {
	return clientAt("http://dynamodb", direct{h})
}

func clientAt(endpoint string, transport dynamodb.HTTPClient) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint, HTTPClient: transport, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// open makes a service that is closed when the test ends.
func open(t testing.TB, o dynamo.Options) *dynamo.Service {
	t.Helper()
	s, err := dynamo.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s) })
	return s
}

func shut(t testing.TB, s *dynamo.Service) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// createTable makes table "leases" with keys scope and leaseKey, of the given type.
func createTable(t testing.TB, c *dynamodb.Client, sort types.ScalarAttributeType) {
	t.Helper()
	_, err := c.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: new("leases"), BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: new("scope"), KeyType: types.KeyTypeHash}, {AttributeName: new("leaseKey"), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: new("scope"), AttributeType: types.ScalarAttributeTypeS}, {AttributeName: new("leaseKey"), AttributeType: sort},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

func key(sort string) item { return item{"scope": text("lease"), "leaseKey": text(sort)} }

// send posts a body to an operation and returns the response with its decoded body.
func send(t testing.TB, h http.Handler, operation, body string) (*http.Response, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(body)))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var decoded map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &decoded); err != nil {
		t.Fatalf("%s answered %q: %v", operation, w.Body, err)
	}
	return w.Result(), decoded
}
