package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/streamrec/streamrec/infra/iam"
	"github.com/streamrec/streamrec/infra/transport"
)

// What the processes of a Stack work on.
const (
	App    = "recs"
	Stream = "clicks"
	Bucket = "lake"
	Region = "eu-north-1"
)

// Stack is Kinesis, DynamoDB and S3 in a process of their own, `streamrec local`, on a port that nobody else uses.
type Stack struct {
	Endpoint string
	Local    *Process
	Kinesis  *kinesis.Client
	DynamoDB *dynamodb.Client
	S3       *s3.Client

	t      *testing.T
	secret string
	shards int // of the stream

	guarded bool // it knows the key of the test alone

	resharded bool // since then
}

// binaryVariable names the binary under test in the environment of the test.
const binaryVariable = "STREAMREC_BINARY"

// The key pair of the test itself. Without --credentials the stack accepts any, and processes get keys of their own.
const (
	testKey    = "E2ETEST"
	testSecret = "e2e-secret"
)

// NewStack starts a stack without streams and buckets, with these flags beside --listen.
func NewStack(ctx context.Context, t *testing.T, flags ...string) *Stack {
	t.Helper()
	s := &Stack{t: t, secret: testSecret, guarded: slices.Contains(flags, "--credentials")}
	args := append([]string{"local", "--listen", "127.0.0.1:0", "-o", "json", "--roles"}, flags...)
	s.Local = Start(t, s.Command("local", testKey, args...))
	var err error
	if s.Endpoint, err = s.Local.Endpoint(ctx); err != nil {
		t.Fatal(err)
	}
	s.connect()
	t.Cleanup(s.wasAllowed)
	return s
}

// wasAllowed finds commands that wanted more than their roles may.
func (s *Stack) wasAllowed() {
	for _, e := range s.Local.Err.All() {
		if strings.Contains(e.Line, "role may not do that") {
			s.t.Errorf("the policies of infra/iam refuse what a command does: %s", e.Line)
		}
	}
}

func (s *Stack) connect() {
	cfg := aws.Config{
		Region: Region, BaseEndpoint: &s.Endpoint, HTTPClient: transport.WholeBody{Next: http.DefaultClient},
		Credentials: credentials.NewStaticCredentialsProvider(testKey, testSecret, ""),
	}
	s.Kinesis, s.DynamoDB = kinesis.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg)
	s.S3 = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

// founder begins the access keys of workers, which create their tables.
const founder = "FOUNDER"

// roleKey is an access key with the role that a command is for, as infra/iam says. Without one it may do everything.
func (s *Stack) roleKey(command string) string {
	for _, role := range iam.Roles {
		if role.Name != "worker" && slices.Contains(role.Commands, command) && !s.guarded {
			return strings.ToUpper(role.Name)
		}
	}
	return testKey
}

// Command is a call of the binary under test, with an access key of its own and nothing of the environment of the test
// but what every program needs.
func (s *Stack) Command(name, accessKey string, args ...string) Command {
	home := s.t.TempDir()
	return Command{Name: name, Path: os.Getenv(binaryVariable), Args: args, Env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home,
		"AWS_CONFIG_FILE=" + filepath.Join(home, "none"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "none"),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=" + Region,
		"AWS_ENDPOINT_URL=" + s.Endpoint, "AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + s.secret,
	}}
}

// Run starts the binary under test against the stack.
func (s *Stack) Run(name string, args ...string) *Process {
	s.t.Helper()
	return Start(s.t, s.Command(name, s.roleKey(args[0]), args...))
}

// CreateStream creates the stream and waits until it can be used.
func (s *Stack) CreateStream(ctx context.Context, shards int32) {
	s.t.Helper()
	s.shards = int(shards)
	_, err := s.Kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String(Stream), ShardCount: &shards})
	if err != nil {
		s.t.Fatalf("create stream: %v", err)
	}
	err = kinesis.NewStreamExistsWaiter(s.Kinesis).Wait(ctx, &kinesis.DescribeStreamInput{StreamName: aws.String(Stream)}, time.Minute)
	if err != nil {
		s.t.Fatalf("wait for stream: %v", err)
	}
}

// CreateBucket creates the bucket.
func (s *Stack) CreateBucket(ctx context.Context) {
	s.t.Helper()
	if _, err := s.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(Bucket)}); err != nil {
		s.t.Fatalf("create bucket: %v", err)
	}
}

// Records returns the shards that hold records, none when there is no stream.
func (s *Stack) Records(ctx context.Context) (shards []string) {
	s.t.Helper()
	for i := range s.shards {
		shard := fmt.Sprintf("shardId-%012d", i)
		at, err := s.Kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
			StreamName: aws.String(Stream), ShardId: &shard, ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			s.t.Fatalf("get iterator: %v", err)
		}
		page, err := s.Kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at.ShardIterator})
		if err != nil {
			s.t.Fatalf("get records: %v", err)
		}
		if len(page.Records) > 0 {
			shards = append(shards, shard)
		}
	}
	return shards
}

// Items counts the items of all tables.
func (s *Stack) Items(ctx context.Context) (n int) {
	s.t.Helper()
	tables, err := s.DynamoDB.ListTables(ctx, &dynamodb.ListTablesInput{})
	if err != nil {
		s.t.Fatalf("list tables: %v", err)
	}
	for _, table := range tables.TableNames {
		items, err := s.DynamoDB.Scan(ctx, &dynamodb.ScanInput{TableName: &table})
		if err != nil {
			s.t.Fatalf("scan table: %v", err)
		}
		n += len(items.Items)
	}
	return n
}

// Bounded is the context of a test that has to be over after d, and some time before the test binary is ended: so every
// process is cleaned up, and says what it said.
func Bounded(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	limit := time.Now().Add(d)
	if end, ok := t.Deadline(); ok && end.Add(-reserve).Before(limit) {
		limit = end.Add(-reserve)
	}
	ctx, cancel := context.WithDeadlineCause(t.Context(), limit, errors.New("the time of the test is over"))
	t.Cleanup(cancel)
	return ctx
}

// reserve is the time that cleaning up may take.
const reserve = 10 * time.Second
