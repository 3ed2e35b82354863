package conformance_test

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/streamrec/streamrec/infra/local/conformance"
	"github.com/streamrec/streamrec/infra/local/dynamo"
)

func dynamoClient(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// TestDynamo runs the suite against our own service over loopback, in memory and with a journal.
func TestDynamo(t *testing.T) {
	refused := map[string]string{
		"CreateTable PAY_PER_REQUEST + GSI -> ACTIVE": "indexes are refused: a lease table has none",
		"Query GSI":                  "indexes are refused: a lease table has none",
		"legacy Expected on PutItem": "legacy parameters are refused by name",
		"legacy AttributeUpdates + Expected on UpdateItem": "legacy parameters are refused by name",
	}
	for name, options := range map[string]func(t *testing.T) dynamo.Options{
		"own":             func(*testing.T) dynamo.Options { return dynamo.Options{} },
		"own, persistent": func(t *testing.T) dynamo.Options { return dynamo.Options{Dir: t.TempDir()} },
	} {
		t.Run(name, func(t *testing.T) {
			service, err := dynamo.New(options(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := service.Close(); err != nil {
					t.Error(err)
				}
			})
			server := httptest.NewServer(service)
			t.Cleanup(server.Close)
			conformance.Dynamo(t, conformance.DynamoTarget{Client: dynamoClient(server.URL), Name: name, Known: refused})
		})
	}
}

// TestDynalite holds the suite itself against a DynamoDB that is not ours.
func TestDynalite(t *testing.T) {
	endpoint := os.Getenv("STREAMREC_DYNALITE_ENDPOINT")
	if endpoint == "" {
		t.Skip("STREAMREC_DYNALITE_ENDPOINT is not set (dynalite 4.0.0, started with: dynalite --host 127.0.0.1 --port 8000)")
	}
	conformance.Dynamo(t, conformance.DynamoTarget{Client: dynamoClient(endpoint), Name: "dynalite 4.0.0", Known: map[string]string{}})
}
