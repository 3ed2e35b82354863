package local_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/infra/local/fault"
)

func open(t *testing.T, options local.Options) *local.Local {
	t.Helper()
	l, err := local.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// trio is a client of each service.
type trio struct {
	t       *testing.T
	kinesis *kinesis.Client
	table   *dynamodb.Client
	s3      *s3.Client
}

func clients(t *testing.T, config aws.Config) trio {
	t.Helper()
	return trio{t, kinesis.NewFromConfig(config), dynamodb.NewFromConfig(config), s3.NewFromConfig(config)}
}

// fill makes a stream, a table and a bucket with something in each.
func (c trio) fill() {
	c.t.Helper()
	ctx := c.t.Context()
	_, stream := c.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("clicks"), ShardCount: aws.Int32(1)})
	_, record := c.kinesis.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("clicks"), PartitionKey: aws.String("p"), Data: []byte("click")})
	_, table := c.table.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("leases"), BillingMode: dynamotypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamotypes.AttributeDefinition{{AttributeName: aws.String("leaseKey"), AttributeType: dynamotypes.ScalarAttributeTypeS}},
		KeySchema:            []dynamotypes.KeySchemaElement{{AttributeName: aws.String("leaseKey"), KeyType: dynamotypes.KeyTypeHash}},
	})
	_, item := c.table.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String("leases"), Item: map[string]dynamotypes.AttributeValue{"leaseKey": &dynamotypes.AttributeValueMemberS{Value: "shard-0"}},
	})
	_, object := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("events"), Key: aws.String("gen=0/a b"), Body: strings.NewReader("rows")})
	if err := errors.Join(stream, record, table, item, object); err != nil {
		c.t.Fatal(err)
	}
}

// check reads back what fill wrote.
func (c trio) check() {
	c.t.Helper()
	ctx := c.t.Context()
	shards, err := c.kinesis.ListShards(ctx, &kinesis.ListShardsInput{StreamName: aws.String("clicks")})
	if err != nil || len(shards.Shards) != 1 {
		c.t.Fatalf("shards: %v, %v", shards, err)
	}
	iterator, err := c.kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: aws.String("clicks"), ShardId: shards.Shards[0].ShardId, ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	records, err := c.kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator})
	if err != nil || len(records.Records) != 1 || string(records.Records[0].Data) != "click" {
		c.t.Errorf("records: %+v, %v", records, err)
	}
	item, err := c.table.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String("leases"), Key: map[string]dynamotypes.AttributeValue{"leaseKey": &dynamotypes.AttributeValueMemberS{Value: "shard-0"}},
	})
	if err != nil || len(item.Item) != 1 {
		c.t.Errorf("item: %+v, %v", item, err)
	}
	object, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("events"), Key: aws.String("gen=0/a b")})
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(object.Body)
	if err := errors.Join(err, object.Body.Close()); err != nil || string(body) != "rows" {
		c.t.Errorf("object: %q, %v", body, err)
	}
}

func TestOneEndpointForThreeServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, local.Options{Buckets: []string{"events"}})
		c := clients(t, l.Config(""))
		c.fill()
		c.check()
	})
}

func TestEverythingSurvivesARestart(t *testing.T) {
	options := local.Options{Dir: t.TempDir(), Buckets: []string{"events"}}
	l, err := local.New(options)
	if err != nil {
		t.Fatal(err)
	}
	clients(t, l.Config("")).fill()
	if _, err := local.New(options); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second one on the same folder: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	clients(t, open(t, options).Config("")).check()
}

func TestStreamsAreCreatedOnce(t *testing.T) {
	options := local.Options{Dir: t.TempDir(), Streams: map[string]int64{"clicks": 2, "other": 1}}
	shards := func() int {
		l, err := local.New(options)
		if err != nil {
			t.Fatal(err)
		}
		out, err := clients(t, l.Config("")).kinesis.ListShards(t.Context(), &kinesis.ListShardsInput{StreamName: aws.String("clicks")})
		if err := errors.Join(err, l.Close()); err != nil {
			t.Fatal(err)
		}
		return len(out.Shards)
	}
	if n := shards(); n != 2 {
		t.Errorf("%d shards, want 2", n)
	}
	options.Streams["clicks"] = 3
	if n := shards(); n != 2 {
		t.Errorf("%d shards after a restart, want the 2 that there were", n)
	}
}

func TestClockAndRegionReachTheServices(t *testing.T) {
	at := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	l := open(t, local.Options{Now: func() time.Time { return at }, Region: "eu-north-1", Buckets: []string{"events"}})
	c := clients(t, l.Config(""))
	c.fill()
	stream, err := c.kinesis.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("clicks")})
	if err != nil {
		t.Fatal(err)
	}
	table, err := c.table.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("leases")})
	if err != nil {
		t.Fatal(err)
	}
	object, err := c.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("events"), Key: aws.String("gen=0/a b")})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]time.Time{
		"stream": *stream.StreamDescriptionSummary.StreamCreationTimestamp, "table": *table.Table.CreationDateTime, "object": *object.LastModified,
	} {
		if !got.Equal(at) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, arn := range []string{*stream.StreamDescriptionSummary.StreamARN, *table.Table.TableArn} {
		if !strings.Contains(arn, ":eu-north-1:") {
			t.Errorf("ARN %s", arn)
		}
	}
}

func TestFaultsTellClientsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, local.Options{Buckets: []string{"events"}})
		one, two := clients(t, l.Config("worker-1")), clients(t, l.Config("worker-2"))
		one.fill()
		list := func(c trio) error {
			_, err := c.table.ListTables(t.Context(), &dynamodb.ListTablesInput{})
			return err
		}
		partition := l.Faults().CutOff("worker-1", fault.DynamoDB)
		if err := list(one); err == nil {
			t.Error("worker-1 reaches the table")
		}
		if err := list(two); err != nil {
			t.Errorf("worker-2: %v", err)
		}
		if _, err := one.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{}); err != nil {
			t.Errorf("worker-1, S3: %v", err)
		}
		partition.Remove()
		if err := list(one); err != nil {
			t.Errorf("healed: %v", err)
		}
	})
}

// TestALostAnswerIsRetriedAndFindsItsOwnWrite is what a committing worker meets.
func TestALostAnswerIsRetriedAndFindsItsOwnWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := open(t, local.Options{Buckets: []string{"events"}})
		lost := l.Faults().Add(fault.Rule{Match: fault.Match{Operations: []string{"PutObject"}}, When: fault.First(1), Effect: fault.LoseAnswer()})
		_, err := clients(t, l.Config("")).s3.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("events"), Key: aws.String("k"), Body: strings.NewReader("x"), IfNoneMatch: aws.String("*"),
		})
		problem, ok := errors.AsType[smithy.APIError](err)
		if !ok || problem.ErrorCode() != "PreconditionFailed" || lost.Hits() != 1 || lost.Calls() != 2 {
			t.Errorf("%v, %d of %d lost", err, lost.Hits(), lost.Calls())
		}
	})
}

// get asks for a path as a person or a probe does.
func get(t *testing.T, l *local.Local, method, path, accept, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:4566"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	response, err := l.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func TestPaths(t *testing.T) {
	for _, c := range []struct {
		options            local.Options
		method, path, kind string
		body               string
		status             int
		want               string
	}{
		{local.Options{}, "GET", "/_health", "*/*", "", 200, "ok\n"},
		{local.Options{Credentials: map[string]string{"a": "b"}}, "GET", "/_health", "*/*", "", 200, "ok\n"},
		{local.Options{}, "GET", "/_metrics", "*/*", "", 200, "\ngo_goroutines "},
		{local.Options{}, "GET", "/", "text/html,*/*", "", 200, "AWS_ENDPOINT_URL=http://127.0.0.1:4566"},
		{local.Options{Region: "<b>"}, "GET", "/", "text/html", "", 200, "&lt;b&gt;"},
		{local.Options{}, "GET", "/", "*/*", "", 200, "ListAllMyBucketsResult"},
		{local.Options{}, "GET", "/missing-bucket", "text/html", "", 404, "NoSuchBucket"},
		{local.Options{}, "GET", "/_faults", "*/*", "", 404, "off"},
		{local.Options{}, "POST", "/_faults", "*/*", `{"effect":"cut"}`, 404, "off"},
		{local.Options{FaultsOverHTTP: true}, "POST", "/_faults", "*/*", `{"effect":"cut"}`, 201, `"id":1`},
		{local.Options{FaultsOverHTTP: true}, "GET", "/_faults", "*/*", "", 200, "[]"},
		{local.Options{FaultsOverHTTP: true}, "DELETE", "/_faults/7", "*/*", "", 404, ""},
	} {
		if status, body := get(t, open(t, c.options), c.method, c.path, c.kind, c.body); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s with %+v: %d %s", c.method, c.path, c.options, status, body)
		}
	}
}

func TestFaultsOverHTTPApply(t *testing.T) {
	l := open(t, local.Options{FaultsOverHTTP: true, Buckets: []string{"events"}})
	get(t, l, "POST", "/_faults", "*/*", `{"operations":["PutObject"],"times":1,"effect":"throttle"}`)
	if status, body := get(t, l, "PUT", "/events/k", "*/*", "x"); status != 503 || !strings.Contains(body, "SlowDown") {
		t.Errorf("got %d %s", status, body)
	}
	if status, _ := get(t, l, "PUT", "/events/k", "*/*", "x"); status != 200 {
		t.Errorf("second call: %d", status)
	}
}

func TestOtherServicesAreRefused(t *testing.T) {
	l := open(t, local.Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "Logs_20140328.PutLogEvents")
	response, err := l.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 400 || !strings.Contains(string(body), "UnknownOperationException") {
		t.Errorf("got %s %s, %v", response.Status, body, err)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, options := range []local.Options{{CreateDelay: -1}, {StopGrace: -1}, {MaxObjectBytes: -1}, {Buckets: []string{"UPPER"}}, {Streams: map[string]int64{"none": 0}}} {
		if l, err := local.New(options); err == nil {
			t.Errorf("%+v: accepted %v", options, l)
		}
	}
}

func TestIgnoreConditionsReachesS3(t *testing.T) {
	l := open(t, local.Options{IgnoreConditions: true, Buckets: []string{"events"}})
	put := func() error {
		_, err := clients(t, l.Config("")).s3.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("events"), Key: aws.String("k"), Body: strings.NewReader("x"), IfNoneMatch: aws.String("*"),
		})
		return err
	}
	if errs := []error{put(), put()}; slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		t.Error(errs)
	}
}
