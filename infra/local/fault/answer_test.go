package fault_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/streamrec/streamrec/infra/local/fault"
	"github.com/streamrec/streamrec/infra/local/inprocess"
)

// clients are real SDK clients of a script with nothing behind it. They do not retry.
func clients(script *fault.Script) (*s3.Client, *dynamodb.Client, *kinesis.Client) {
	config := aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String("https://127.0.0.1"), HTTPClient: inprocess.Client(script.Wrap(&service{})),
		Credentials: credentials.NewStaticCredentialsProvider("w1", "secret", ""), RetryMaxAttempts: 1,
	}
	return s3.NewFromConfig(config), dynamodb.NewFromConfig(config), kinesis.NewFromConfig(config)
}

func code(err error) string {
	if problem, ok := errors.AsType[smithy.APIError](err); ok {
		return problem.ErrorCode()
	}
	return ""
}

func TestErrorsAreThoseOfTheServices(t *testing.T) {
	script := fault.New(0)
	objects, table, stream := clients(script)
	ctx := t.Context()
	putObject := func() error {
		_, err := objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("x")})
		return err
	}
	updateItem := func() error {
		_, err := table.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String("t"), Key: map[string]dynamotypes.AttributeValue{}})
		return err
	}
	createTable := func() error {
		_, err := table.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("t")})
		return err
	}
	getRecords := func() error {
		_, err := stream.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("i")})
		return err
	}
	listShards := func() error {
		_, err := stream.ListShards(ctx, &kinesis.ListShardsInput{StreamName: aws.String("s")})
		return err
	}
	for _, c := range []struct {
		name   string
		effect fault.Effect
		call   func() error
		code   string
		status int
	}{
		{"S3 throttle", fault.Throttle(), putObject, "SlowDown", 503},
		{"S3 error", fault.Error("ConditionalRequestConflict"), putObject, "ConditionalRequestConflict", 409},
		{"S3 error with a status", fault.Effect{Kind: fault.KindError, Code: "Odd", Status: 418, Message: "tea"}, putObject, "Odd", 418},
		{"S3 internal error", fault.Error("InternalError"), putObject, "InternalError", 500},
		{"S3 access denied", fault.Error("AccessDenied"), putObject, "AccessDenied", 403},
		{"DynamoDB throttle", fault.Throttle(), updateItem, "ProvisionedThroughputExceededException", 400},
		{"DynamoDB control throttle", fault.Throttle(), createTable, "ThrottlingException", 400},
		{"DynamoDB internal error", fault.Error("InternalServerError"), updateItem, "InternalServerError", 500},
		{"Kinesis throttle", fault.Throttle(), getRecords, "ProvisionedThroughputExceededException", 400},
		{"Kinesis control throttle", fault.Throttle(), listShards, "LimitExceededException", 400},
		{"Kinesis expired iterator", fault.Error("ExpiredIteratorException"), getRecords, "ExpiredIteratorException", 400},
	} {
		rule := script.Add(fault.Rule{Effect: c.effect})
		err := c.call()
		answer, ok := errors.AsType[interface {
			error
			HTTPStatusCode() int
		}](err)
		if code(err) != c.code || !ok || answer.HTTPStatusCode() != c.status {
			t.Errorf("%s: got %v", c.name, err)
		}
		rule.Remove()
	}
}

func TestSDKsKnowTheTypes(t *testing.T) {
	script := fault.New(0)
	_, table, stream := clients(script)
	script.Add(fault.Rule{Effect: fault.Throttle()})
	_, err := table.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("t"), Key: map[string]dynamotypes.AttributeValue{}})
	if _, ok := errors.AsType[*dynamotypes.ProvisionedThroughputExceededException](err); !ok {
		t.Errorf("DynamoDB: %v", err)
	}
	_, err = stream.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("p"), Data: []byte("x")})
	if _, ok := errors.AsType[*kinesistypes.ProvisionedThroughputExceededException](err); !ok {
		t.Errorf("Kinesis: %v", err)
	}
}

// TestHeadHasNoBody: the SDK cannot read a code from the answer to a HEAD, only the status.
func TestHeadHasNoBody(t *testing.T) {
	script := fault.New(0)
	objects, _, _ := clients(script)
	script.Add(fault.Rule{Match: fault.Match{Operations: []string{"HeadObject"}}, Effect: fault.Error("AccessDenied")})
	_, err := objects.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
	answer, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	if !ok || answer.HTTPStatusCode() != 403 {
		t.Errorf("got %v", err)
	}
}

// TestLostAnswersAreRetried shows the fault at work: the SDK repeats a PUT whose answer was lost.
func TestLostAnswersAreRetried(t *testing.T) {
	script := fault.New(0)
	behind := &service{}
	client := s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String("https://127.0.0.1"), HTTPClient: inprocess.Client(script.Wrap(behind)),
		Credentials: credentials.NewStaticCredentialsProvider("w1", "secret", ""),
	})
	lost := script.Add(fault.Rule{Match: fault.Match{AccessKey: "w1", Prefix: "gen=0/"}, When: fault.First(1), Effect: fault.LoseAnswer()})
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("gen=0/k"), Body: strings.NewReader("x")}); err != nil {
		t.Error(err)
	}
	if behind.count() != 2 || lost.Hits() != 1 || lost.Calls() != 2 {
		t.Errorf("%d applied, %d of %d lost", behind.count(), lost.Hits(), lost.Calls())
	}
}
