package kinesis

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// clientAnswered is a client to which every request is answered with the same bytes.
func clientAnswered(status int, body []byte, options ...func(*kinesis.Options)) *kinesis.Client {
	return kinesis.New(kinesis.Options{
		Region: "local", BaseEndpoint: aws.String("http://local"), Retryer: aws.NopRetryer{},
		HTTPClient: doer(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Header: http.Header{}}, nil
		}),
		Credentials: aws.AnonymousCredentials{},
	}, options...)
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func getRecords(c *kinesis.Client) (*kinesis.GetRecordsOutput, error) {
	out, err := c.GetRecords(context.Background(), &kinesis.GetRecordsInput{ShardIterator: aws.String("i")})
	if out != nil {
		out.ResultMetadata = kinesis.GetRecordsOutput{}.ResultMetadata // times of the call
	}
	return out, err
}

func pageOf(records int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"MillisBehindLatest":1500,"NextShardIterator":"AAAAAAAAAAF=","Records":[`)
	for i := range records {
		if i > 0 {
			b.WriteByte(',')
		}
		data := fmt.Sprintf(`{"session_id":"a9f5b2f4-54a4-4ad5-9e60-%012d","customer_number":412,"city":"Luleå","country":"Sweden","credit_limit":53100,`+
			`"browse_history":[{"product_code":"S18_1749","quantity":"6","in_shopping_cart":true},{"product_code":"S24_2300","quantity":"1","in_shopping_cart":false}]}`, i)
		fmt.Fprintf(&b, `{"ApproximateArrivalTimestamp":1.79%08dE9,"Data":"%s","PartitionKey":"a9f5b2f4-54a4-4ad5-9e60-%012d","SequenceNumber":"4959033827149025660855969253836157109592157598913%07d"}`,
			i, base64.StdEncoding.EncodeToString([]byte(data)), i, i)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// pageSeeds are answers of all kinds; quick says which of them readPage knows.
var pageSeeds = []struct {
	body  string
	quick bool
}{
	{string(pageOf(3)), true},
	{`{"Records":[],"MillisBehindLatest":0}`, true},
	{" {\n \"Records\" : [ ] , \"NextShardIterator\" : \"x\" }\r\n", true},
	{`{"Records":[{"Data":"","PartitionKey":"å","SequenceNumber":"1","EncryptionType":"KMS"}]}`, true},
	{`{"Records":[{}]}`, true},
	{`{}`, true},
	{`{"Records":[{"Data":"AQ=="},{"Data":"AQI=","ApproximateArrivalTimestamp":1700000000.123}],"Records":[{"Data":"AQID"}]}`, false},
	{`{"Records":[{"Data":"AQ=="},{"Data":"AQI=","ApproximateArrivalTimestamp":1700000000.123}]}`, true},
	{`{"Records":[{"Data":"AQ==","Data":"AQI="}]}`, true},
	{`{"Records":[{"PartitionKey":"a\/b","Data":"AQ\u003d="}]}`, false},
	{`{"Records":[{"PartitionKey":null,"Data":null}],"NextShardIterator":null,"MillisBehindLatest":null}`, false},
	{`{"ChildShards":[{"ShardId":"shardId-1","ParentShards":["shardId-0"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"}}],"Records":[]}`, false},
	{`{"Records":[{"Data":"AQ==","Future":[1,{"a":"b"}]}],"Also":{"x":1}}`, false},
	{`{"Records":[{"Data":"A"}]}`, false},
	{"{\"Records\":[{\"Data\":\"AQ=\n=\"}]}", false},
	{"{\"Records\":[{\"Data\":\"\r\nAQID\"}]}", false},
	{`{"Records":[{"PartitionKey":"a\"b"}]}`, false},
	{`{"Records":[{"Data":"AQ=="},]}`, false},
	{`{"Records":[{"Data":"AQ=="}`, false},
	{`{"Records":[{"ApproximateArrivalTimestamp":01}]}`, false},
	{`{"Records":[{"ApproximateArrivalTimestamp":1e400}]}`, false},
	{`{"MillisBehindLatest":1e3}`, false},
	{`{"MillisBehindLatest":-1}`, false},
	{"{\"NextShardIterator\":\"a\x01\xff\"}", false},
	{`null`, false},
	{``, false},
}

func TestQuickPagesKnowWhatKinesisAnswers(t *testing.T) {
	for _, seed := range pageSeeds {
		if got := readPage([]byte(seed.body), &kinesis.GetRecordsOutput{}); got != seed.quick {
			t.Errorf("%q is read quickly: %v", seed.body, got)
		}
	}
}

// FuzzPage compares with the SDK.
func FuzzPage(f *testing.F) {
	for _, seed := range pageSeeds {
		f.Add([]byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		quick := kinesis.GetRecordsOutput{}
		if !readPage(body, &quick) {
			return
		}
		want, err := getRecords(clientAnswered(http.StatusOK, body))
		if err != nil {
			t.Fatalf("%q: the SDK says %v", body, err)
		}
		if !reflect.DeepEqual(&quick, want) {
			t.Fatalf("%q:\n got %+v\nwant %+v", body, quick, *want)
		}
	})
}

// TestClientsWithQuickPagesAnswerAsWithout asks clients, also for what is not read quickly, and for errors.
func TestClientsWithQuickPagesAnswerAsWithout(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusInternalServerError} {
		for _, seed := range append(pageSeeds, struct {
			body  string
			quick bool
		}{body: `{"__type":"ExpiredIteratorException","message":"late"}`}) {
			got, gotErr := getRecords(clientAnswered(status, []byte(seed.body), quickPages))
			want, wantErr := getRecords(clientAnswered(status, []byte(seed.body)))
			if !reflect.DeepEqual(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Errorf("%d %q:\n got %+v, %v\nwant %+v, %v", status, seed.body, got, gotErr, want, wantErr)
			}
		}
	}
}

// TestAPageWithATimeThatIsNoneIsAnError, where the SDK alone panics.
func TestAPageWithATimeThatIsNoneIsAnError(t *testing.T) {
	body := []byte(`{"Records":[{"ApproximateArrivalTimestamp":"NaN"}]}`)
	if _, err := getRecords(clientAnswered(http.StatusOK, body, quickPages)); err == nil {
		t.Error("no error")
	}
}

// TestRecordsOfAPageDoNotOverlap appends to the data of each record, as who owns it may.
func TestRecordsOfAPageDoNotOverlap(t *testing.T) {
	out, err := getRecords(clientAnswered(http.StatusOK, pageOf(20), quickPages))
	if err != nil {
		t.Fatal(err)
	}
	for i := range out.Records {
		_ = append(out.Records[i].Data, strings.Repeat("x", 100)...)
	}
	again, _ := getRecords(clientAnswered(http.StatusOK, pageOf(20)))
	if !reflect.DeepEqual(out, again) {
		t.Error("a record has changed another one")
	}
}

// TestStreamReadsItsPagesQuickly reads a page over which the SDK panics, through a client that was made from the options of another one.
func TestStreamReadsItsPagesQuickly(t *testing.T) {
	client := clientAnswered(http.StatusOK, []byte(`{"Records":[{"ApproximateArrivalTimestamp":"NaN"}]}`))
	if _, err := NewStream(kinesis.New(client.Options()), "clicks").Read(t.Context(), "i", 1); err == nil {
		t.Error("no error")
	}
}

// BenchmarkPage reads a page of 1,000 records.
func BenchmarkPage(b *testing.B) {
	body := pageOf(1000)
	for name, options := range map[string][]func(*kinesis.Options){"sdk": nil, "quick": {quickPages}} {
		b.Run(name, func(b *testing.B) {
			client := clientAnswered(http.StatusOK, body, options...)
			b.ReportAllocs()
			for b.Loop() {
				if out, err := getRecords(client); err != nil || len(out.Records) != 1000 {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/record")
		})
	}
}
