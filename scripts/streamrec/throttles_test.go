package main

import (
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// TestThrottlesAreCountedByAttempt throttles each service once or twice, which the retries hide, and lets it fail otherwise, which does not count.
func TestThrottlesAreCountedByAttempt(t *testing.T) {
	stack := serveLocal(t)
	c, err := loadClients(t.Context())
	must(t, err)
	counter := &throttles{}
	c = counter.watch(c)
	ask := func() {
		t.Helper()
		_, streams := c.kinesis.ListStreams(t.Context(), &kinesis.ListStreamsInput{})
		_, tables := c.dynamodb.ListTables(t.Context(), &dynamodb.ListTablesInput{})
		_, objects := c.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(testBucket)})
		for _, err := range []error{streams, tables, objects} {
			must(t, err)
		}
	}
	for service, times := range map[string]int{fault.Kinesis: 1, fault.DynamoDB: 2, fault.S3: 1} {
		stack.Faults().Add(fault.Rule{Match: fault.Match{Services: []string{service}}, When: fault.First(times), Effect: fault.Throttle()})
	}
	ask()
	want := map[string]int64{"kinesis": 1, "dynamodb": 2, "s3": 1}
	if got := counter.counts(); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	for _, service := range []string{fault.Kinesis, fault.DynamoDB, fault.S3} {
		code := map[string]string{fault.S3: "InternalError"}[service]
		if code == "" {
			code = "InternalFailure"
		}
		stack.Faults().Add(fault.Rule{Match: fault.Match{Services: []string{service}}, When: fault.First(1), Effect: fault.Error(code)})
	}
	ask()
	if got := counter.counts(); !maps.Equal(got, want) {
		t.Errorf("failures count: %v", got)
	}
}
