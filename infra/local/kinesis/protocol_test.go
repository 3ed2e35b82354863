package kinesis_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/streamrec/streamrec/infra/local/kinesis"
)

// send sends a raw request; headers override the usual ones.
func (r *rig) send(operation, body string, headers map[string]string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", "Kinesis_20131202."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	r.service.ServeHTTP(w, request)
	return w
}

// raw sends a request and returns the status and the type of error.
func (r *rig) raw(operation, body string) string {
	r.t.Helper()
	return r.outcome(r.send(operation, body, nil))
}

func (r *rig) outcome(w *httptest.ResponseRecorder) string {
	r.t.Helper()
	if w.Code == http.StatusOK {
		return "200"
	}
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Message == "" {
		r.t.Errorf("error body is %q, %v", w.Body, err)
	}
	if w.Header().Get("x-amzn-ErrorType") != body.Type {
		r.t.Errorf("header says %q, body %q", w.Header().Get("x-amzn-ErrorType"), body.Type)
	}
	return fmt.Sprint(w.Code, " ", body.Type)
}

func TestProtocol(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	for _, c := range []struct{ operation, body, want string }{
		{"ListStreams", `{}`, "200"},
		{"ListStreams", " \n{ } ", "200"},
		{"ListStreams", ``, "400 SerializationException"},
		{"ListStreams", `null`, "400 SerializationException"},
		{"ListStreams", `[]`, "400 SerializationException"},
		{"ListStreams", `{"Limit":"ten"}`, "400 SerializationException"},
		{"ListStreams", `{"Limit":1.5}`, "400 SerializationException"},
		{"ListStreams", `{} x`, "400 SerializationException"},
		{"PutRecords", `{`, "400 SerializationException"},
		{"GetRecords", `{"ShardIterator":1}`, "400 SerializationException"},
		{"SubscribeToShard", `{}`, "400 UnknownOperationException"},
		{"Nonsense", `{}`, "400 UnknownOperationException"},
		{"", `{}`, "400 UnknownOperationException"},
		{"PutRecords", `{"StreamName":"` + strings.Repeat("x", 20<<20) + `"}`, "413 RequestEntityTooLargeException"},
	} {
		if got := r.raw(c.operation, c.body); got != c.want {
			t.Errorf("%s %.40s: %s, want %s", c.operation, c.body, got, c.want)
		}
	}
}

func TestHeaders(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	cases := []struct {
		name, value, want string
	}{
		{"Content-Type", "application/x-amz-json-1.1; charset=utf-8", "200"},
		{"Content-Type", "application/json", "200"},
		{"Content-Type", "application/x-amz-cbor-1.1", "415 SerializationException"},
		{"Content-Type", "text/plain", "415 SerializationException"},
		{"Content-Type", "", "415 SerializationException"},
		{"X-Amz-Target", "DynamoDB_20120810.ListStreams", "404 UnknownOperationException"},
		{"X-Amz-Target", "", "404 UnknownOperationException"},
	}
	for _, c := range cases {
		if got := r.outcome(r.send("ListStreams", `{}`, map[string]string{c.name: c.value})); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.name, c.value, got, c.want)
		}
	}
	first, second := r.send("ListStreams", `{}`, nil), r.send("ListStreams", `{}`, nil)
	id := first.Header().Get("x-amzn-RequestId")
	if len(id) != 36 || id == second.Header().Get("x-amzn-RequestId") {
		t.Errorf("request ids are %q and %q", id, second.Header().Get("x-amzn-RequestId"))
	}
	want(t, "Content-Type", first.Header().Get("Content-Type"), "application/x-amz-json-1.1")
	want(t, "Content-Length", first.Header().Get("Content-Length"), fmt.Sprint(first.Body.Len()))
	cbor := r.send("ListStreams", "\xa0", map[string]string{"Content-Type": "application/x-amz-cbor-1.1"})
	want(t, "the answer to CBOR says what to do", strings.Contains(cbor.Body.String(), "AWS_CBOR_DISABLE"), true)
	get := httptest.NewRecorder()
	r.service.ServeHTTP(get, httptest.NewRequest(http.MethodGet, "/", nil))
	want(t, "status of a GET", get.Code, http.StatusNotFound)
}

// TestBodiesInPieces: a body that comes byte by byte without a length is read, one that breaks off is not obeyed.
func TestBodiesInPieces(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	serve := func(body io.Reader) int {
		request := httptest.NewRequest(http.MethodPost, "/", body)
		request.ContentLength = -1
		request.Header.Set("X-Amz-Target", kinesis.TargetPrefix+"CreateStream")
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		w := httptest.NewRecorder()
		r.service.ServeHTTP(w, request)
		return w.Code
	}
	want(t, "status of a body in pieces", serve(iotest.OneByteReader(strings.NewReader(`{"StreamName":"a","ShardCount":1}`))), http.StatusOK)
	broken := io.MultiReader(strings.NewReader(`{"StreamName":"b","ShardCount":1}`), iotest.ErrReader(errors.New("reset")))
	want(t, "status of a broken body", serve(broken), http.StatusBadRequest)
	names := must[awskinesis.ListStreamsOutput](r)(r.ListStreams(r.ctx, &awskinesis.ListStreamsInput{}))
	want(t, "streams", strings.Join(names.StreamNames, " "), "a")
}

// TestUnsupportedOperationsAreNamed asks for what is not offered.
func TestUnsupportedOperationsAreNamed(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	arn := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s")
	consumer := aws.String(*arn + "/consumer/c:1")
	_, err := r.RegisterStreamConsumer(r.ctx, &awskinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: aws.String("c")})
	refused(t, err, "UnknownOperationException", "RegisterStreamConsumer")
	_, err = r.SubscribeToShard(r.ctx, &awskinesis.SubscribeToShardInput{
		ConsumerARN: consumer, ShardId: aws.String(shard0), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	refused(t, err, "UnknownOperationException", "SubscribeToShard")
	_, err = r.StartStreamEncryption(r.ctx, &awskinesis.StartStreamEncryptionInput{StreamName: aws.String("s"), EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("k")})
	refused(t, err, "UnknownOperationException", "StartStreamEncryption")
	_, err = r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{
		StreamName: aws.String("s"), RecordDistributionStrategy: types.RecordDistributionStrategyAuto,
		StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
	})
	refused(t, err, "InvalidArgumentException", "RecordDistributionStrategy")
	_, err = r.CreateStream(r.ctx, &awskinesis.CreateStreamInput{
		StreamName: aws.String("s"), WarmThroughputMiBps: aws.Int32(5),
		StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
	})
	refused(t, err, "InvalidArgumentException", "WarmThroughput")
}

// TestDryRun: a dry run says that it would have succeeded, and does nothing; what is wrong it says as ever.
func TestDryRun(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	one := &awskinesis.PutRecordInput{StreamName: aws.String("s"), PartitionKey: aws.String("k"), Data: []byte("x"), DryRun: aws.Bool(true)}
	refused(t, errorOf(r.PutRecord(r.ctx, one)), "DryRunOperationException")
	refused(t, errorOf(r.PutRecords(r.ctx, &awskinesis.PutRecordsInput{
		StreamName: aws.String("s"), DryRun: aws.Bool(true), Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte("x")}},
	})), "DryRunOperationException")
	in := &awskinesis.GetShardIteratorInput{StreamName: aws.String("s"), ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeTrimHorizon, DryRun: aws.Bool(true)}
	refused(t, errorOf(r.GetShardIterator(r.ctx, in)), "DryRunOperationException")
	iterator := r.iterator("s", shard0, types.ShardIteratorTypeTrimHorizon)
	refused(t, errorOf(r.GetRecords(r.ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator, DryRun: aws.Bool(true)})), "DryRunOperationException")
	want(t, "records", r.all("s", shard0), "")
	one.StreamName = aws.String("missing")
	refused(t, errorOf(r.PutRecord(r.ctx, one)), "ResourceNotFoundException")
}

func TestStreamARN(t *testing.T) {
	r := newRig(t, kinesis.Options{AccountID: "123456789012", Region: "eu-central-1"})
	r.create("s", 1)
	describe := func(arn, name string) error {
		return errorOf(r.DescribeStreamSummary(r.ctx, &awskinesis.DescribeStreamSummaryInput{StreamARN: notEmpty(arn), StreamName: notEmpty(name)}))
	}
	const good = "arn:aws:kinesis:eu-central-1:123456789012:stream/s"
	want(t, "ARN", *r.summary("s").StreamARN, good)
	for _, names := range [][2]string{{good, ""}, {good, "s"}, {"", "s"}} {
		if err := describe(names[0], names[1]); err != nil {
			t.Errorf("%q: %v", names, err)
		}
	}
	refused(t, describe("", ""), "InvalidArgumentException")
	refused(t, describe(good, "other"), "InvalidArgumentException")
	refused(t, describe("arn:aws:kinesis:eu-central-1:123456789012:stream/other", ""), "ResourceNotFoundException")
	refused(t, describe("arn:aws:kinesis:us-east-1:123456789012:stream/s", ""), "ResourceNotFoundException")
	refused(t, describe("arn:aws:kinesis:eu-central-1:999999999999:stream/s", ""), "ResourceNotFoundException")
	refused(t, describe("arn:aws:sqs:eu-central-1:123456789012:stream/s", ""), "ValidationException", "streamARN")
	refused(t, describe("arn:aws:kinesis:eu-central-1:123456789012:s", ""), "ValidationException")
}

// TestValidationMessages: what is wrong is told in the words of the real service, all at once.
func TestValidationMessages(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	cases := []struct{ operation, body, want string }{
		{"CreateStream", `{"StreamName":"a b","ShardCount":0}`, "2 validation errors detected: Value 'a b' at 'streamName' failed to satisfy constraint: " +
			"Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"CreateStream", `{"ShardCount":1}`, "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null"},
		{"PutRecords", `{"StreamName":"s"}`, "1 validation error detected: Value null at 'records' failed to satisfy constraint: Member must not be null"},
		{"PutRecords", `{"StreamName":"s","Records":[{"PartitionKey":"k","Data":""},{"PartitionKey":""}]}`, "2 validation errors detected: " +
			"Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
			"Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null"},
		{"PutRecord", `{"StreamName":"s","PartitionKey":"k","Data":"","ExplicitHashKey":"x"}`, "1 validation error detected: Value 'x' at 'explicitHashKey' " +
			`failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})`},
		{"GetShardIterator", `{"StreamName":"s","ShardId":"shardId-000000000000","ShardIteratorType":"X"}`, "1 validation error detected: Value 'X' at 'shardIteratorType' " +
			"failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"},
		{"GetRecords", `{}`, "1 validation error detected: Value null at 'shardIterator' failed to satisfy constraint: Member must not be null"},
	}
	for _, c := range cases {
		w := r.send(c.operation, c.body, nil)
		var body struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Type != "ValidationException" || body.Message != c.want {
			t.Errorf("%s %s: %d %s\n%s\nwant\n%s", c.operation, c.body, w.Code, body.Type, body.Message, c.want)
		}
	}
	many := `{"StreamName":"s","Records":[` + strings.TrimSuffix(strings.Repeat(`{},`, 100), ",") + `]}`
	if w := r.send("PutRecords", many, nil); !strings.Contains(w.Body.String(), "10 validation errors detected") || w.Body.Len() > 3000 {
		t.Errorf("%d bytes for 100 bad records", w.Body.Len())
	}
}

func TestTagLimits(t *testing.T) {
	r := newRig(t, kinesis.Options{})
	r.create("s", 1)
	add := func(tags map[string]string) error {
		return errorOf(r.AddTagsToStream(r.ctx, &awskinesis.AddTagsToStreamInput{StreamName: aws.String("s"), Tags: tags}))
	}
	for i := range 50 {
		if err := add(map[string]string{numbered(i): ""}); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, add(map[string]string{"more": ""}), "InvalidArgumentException", "51 tags")
	if err := add(map[string]string{numbered(7): "again"}); err != nil {
		t.Error(err)
	}
	refused(t, add(map[string]string{"aws:x": ""}), "ValidationException")
	refused(t, add(map[string]string{strings.Repeat("k", 129): ""}), "ValidationException")
	refused(t, add(map[string]string{"k": strings.Repeat("v", 257)}), "ValidationException")
	refused(t, add(map[string]string{}), "ValidationException")
}

func TestOptions(t *testing.T) {
	for _, options := range []kinesis.Options{{CreateDelay: -1}, {ShardLimit: -1}} {
		if _, err := kinesis.New(options); err == nil {
			t.Errorf("%+v is accepted", options)
		}
	}
	if _, err := kinesis.New(kinesis.Options{Dir: "/dev/null/x"}); err == nil {
		t.Error("an impossible folder is accepted")
	}
}
