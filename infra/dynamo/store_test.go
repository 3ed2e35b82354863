package dynamo_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	infradynamo "github.com/streamrec/streamrec/infra/dynamo"
	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/transport"
	"github.com/streamrec/streamrec/worker/lease"
	"github.com/streamrec/streamrec/worker/lease/leasetest"
)

func newLocal(t *testing.T) *local.Local {
	t.Helper()
	services, err := local.New(local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := services.Close(); err != nil {
			t.Error(err)
		}
	})
	return services
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// table creates a lease table and returns its store.
func table(t *testing.T, client *dynamodb.Client, name string) *infradynamo.Store {
	t.Helper()
	if err := infradynamo.Check(t.Context(), client, name, wait); !errors.Is(err, infradynamo.ErrNoTable) {
		t.Fatalf("check of a missing table: %v", err)
	}
	for range 2 { // two workers at once
		if err := infradynamo.Create(t.Context(), client, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := infradynamo.Check(t.Context(), client, name, wait); err != nil {
		t.Fatal(err)
	}
	return infradynamo.NewStore(client, name)
}

func TestStoreOnOurServices(t *testing.T) {
	leasetest.Conformance(t, table(t, dynamodb.NewFromConfig(newLocal(t).Config("test")), "app"))
}

// TestBindingIsOnce binds an application twice.
func TestBindingIsOnce(t *testing.T) {
	s := table(t, dynamodb.NewFromConfig(newLocal(t).Config("test")), "app")
	if _, err := s.Binding(t.Context()); !errors.Is(err, lease.ErrAbsent) {
		t.Fatalf("of an application that nobody has bound: %v", err)
	}
	if err := s.Privatise(t.Context()); !errors.Is(err, lease.ErrAbsent) {
		t.Errorf("an application that nobody has bound becomes private: %v", err)
	}
	first := infradynamo.Binding{Stream: "clicks", Bucket: "b"} // a log may be at the top of its bucket
	for _, b := range []infradynamo.Binding{first, {Stream: "other", Bucket: "c", Prefix: "p", Private: true}} {
		if got, err := s.Bind(t.Context(), b); err != nil || got != first {
			t.Errorf("bound to %+v: %+v, %v", b, got, err)
		}
	}
	if err := s.Privatise(t.Context()); err != nil {
		t.Fatal(err)
	}
	first.Private = true
	if got, err := s.Binding(t.Context()); err != nil || got != first {
		t.Errorf("became private: %+v, %v", got, err)
	}
}

func TestStoreOnDynalite(t *testing.T) {
	endpoint := os.Getenv("STREAMREC_DYNALITE_ENDPOINT")
	if endpoint == "" {
		t.Skip("STREAMREC_DYNALITE_ENDPOINT is not set")
	}
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: transport.WholeBody{Next: http.DefaultClient},
		Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	})
	leasetest.Conformance(t, table(t, client, "leases-"+strconv.FormatInt(time.Now().UnixNano(), 36)))
}

func TestMemoryStore(t *testing.T) {
	leasetest.Conformance(t, &leasetest.Store{Table: leasetest.NewTable()})
}

func TestErrorsAreClassified(t *testing.T) {
	services := newLocal(t)
	cfg := services.Config("test")
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	client := dynamodb.NewFromConfig(cfg)
	s := table(t, client, "app")
	if _, err := infradynamo.NewStore(client, "missing").Workers(t.Context()); !errors.Is(err, lease.ErrRefused) {
		t.Errorf("a missing table: %v", err)
	}
	l := lease.Lease{Key: "k", Checkpoint: lease.Position{Type: lease.TrimHorizon}}
	if err := s.Create(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	next := l
	next.Owner, next.Counter = "w", 1
	services.Faults().Add(fault.Rule{Match: fault.Match{Operations: []string{"UpdateItem"}}, When: fault.First(1), Effect: fault.LoseAnswer()})
	err := s.Update(t.Context(), &l, &next)
	if err == nil || errors.Is(err, lease.ErrConflict) || errors.Is(err, lease.ErrRefused) {
		t.Fatalf("a lost answer is an unknown outcome, not %v", err)
	}
	if got, err := s.Lease(t.Context(), "k"); err != nil || got.Owner != "w" {
		t.Fatalf("the write took effect: %+v, %v", got, err)
	}
	services.Faults().Add(fault.Rule{Match: fault.Match{Operations: []string{"UpdateItem"}}, When: fault.First(1), Effect: fault.Throttle()})
	if err := s.Update(t.Context(), &next, &l); err == nil || errors.Is(err, lease.ErrConflict) || errors.Is(err, lease.ErrRefused) {
		t.Fatalf("throttling is worth another try, not %v", err)
	}
}

func TestForeignTableIsRefused(t *testing.T) {
	client := dynamodb.NewFromConfig(newLocal(t).Config("test"))
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("kcl"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("leaseKey"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("leaseKey"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := infradynamo.Check(t.Context(), client, "kcl", wait); !errors.Is(err, lease.ErrRefused) {
		t.Fatalf("a table of the Java KCL is accepted: %v", err)
	}
}
