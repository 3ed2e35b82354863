package kinesis

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// wire is an HTTP client that answers every request alike.
type wire func(*http.Request) (*http.Response, error)

func (w wire) Do(r *http.Request) (*http.Response, error) { return w(r) }

func answering(status int, body string) wire {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Request: r, Body: io.NopCloser(strings.NewReader(body)),
			Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		}, nil
	}
}

// page answers as what is no service of AWS does.
func page(status int) wire {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Request: r, Body: io.NopCloser(strings.NewReader("<html><h1>Sorry</h1></html>")), Header: http.Header{"Content-Type": {"text/html"}},
		}, nil
	}
}

func failing(err error) wire {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// sdkClient is the real client on a fake wire.
func sdkClient(w wire, change ...func(*kinesis.Options)) *kinesis.Client {
	opts := kinesis.Options{
		Region: "eu-west-1", BaseEndpoint: new("http://127.0.0.1:1"), HTTPClient: w,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), Retryer: aws.NopRetryer{},
	}
	for _, c := range change {
		c(&opts)
	}
	return kinesis.New(opts)
}

func TestJudgeErrorsOfTheRealClient(t *testing.T) {
	noCredentials := func(o *kinesis.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("no credentials in the chain")
		})
	}
	noRegion := func(o *kinesis.Options) { o.Region, o.BaseEndpoint = "", nil }
	tests := []struct {
		name   string
		client *kinesis.Client
		kind   outcome
		reason error
		brief  string // part of
	}{
		{"missing stream", sdkClient(answering(400, `{"__type":"ResourceNotFoundException","message":"Stream clicks under account 1 not found."}`)), final, ErrStreamMissing, "ResourceNotFoundException: Stream clicks under account 1 not found"},
		{"denied", sdkClient(answering(400, `{"__type":"AccessDeniedException","Message":"not authorized"}`)), final, ErrAccessDenied, "AccessDeniedException: not authorized"},
		{"unknown key id", sdkClient(answering(400, `{"__type":"UnrecognizedClientException","message":"The security token is invalid."}`)), final, ErrAccessDenied, "UnrecognizedClientException"},
		{"namespaced type", sdkClient(answering(400, `{"__type":"com.amazonaws.kinesis.v20131202#ExpiredTokenException","message":"x"}`)), final, ErrAccessDenied, "ExpiredTokenException: x"},
		{"bad record", sdkClient(answering(400, `{"__type":"ValidationException","message":"Value 'session-17' at ..."}`)), rejected, ErrStalled, "ValidationException"},
		{"throttled", sdkClient(answering(400, `{"__type":"ProvisionedThroughputExceededException","message":"slow down"}`)), again, ErrStalled, "slow down"},
		{"creating", sdkClient(answering(400, `{"__type":"ResourceInUseException","message":"CREATING"}`)), again, ErrStreamBusy, "CREATING"},
		{"internal", sdkClient(answering(500, `{"__type":"InternalFailure","message":"sorry"}`)), again, ErrStalled, "sorry"},
		{"page of a proxy", sdkClient(page(502)), again, ErrForeign, "Kinesis, status 502"},
		{"page of a proxy that denies", sdkClient(page(403)), again, ErrForeign, "Kinesis, status 403"},
		{"a service that is behind a proxy", sdkClient(answering(502, `<html>Bad Gateway</html>`)), again, ErrStalled, ""},
		{"cut answer", sdkClient(answering(200, `{"Records":[{"Sh`)), again, ErrStalled, ""},
		{"connection refused", sdkClient(failing(errors.New("dial tcp 127.0.0.1:1: connect: connection refused"))), again, ErrUnreachable, "dial tcp 127.0.0.1:1: connect: connection refused"},
		{"no credentials", sdkClient(answering(200, `{}`), noCredentials), again, ErrMisconfigured, "no credentials in the chain"},
		{"no region", sdkClient(answering(200, `{}`), noRegion), again, ErrMisconfigured, "egion"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.client.PutRecords(t.Context(), &kinesis.PutRecordsInput{
				StreamName: new("clicks"),
				Records:    []types.PutRecordsRequestEntry{{PartitionKey: new("session-17"), Data: []byte("{}")}},
			})
			if err == nil {
				t.Fatal("no error")
			}
			kind, reason := judge(err)
			if kind != tt.kind || !errors.Is(reason, tt.reason) {
				t.Errorf("judge = %v, %v; want %v, %v (error %v)", kind, reason, tt.kind, tt.reason, err)
			}
			short := brief(err).Error()
			if !strings.Contains(short, tt.brief) || strings.Contains(short, "operation error") || strings.Contains(short, "session-17") {
				t.Errorf("brief = %q, want %q without the SDK's wrapping and without keys", short, tt.brief)
			}
		})
	}
}

func TestJudgeEndOfContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	slow := wire(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	_, err := sdkClient(slow).PutRecords(ctx, &kinesis.PutRecordsInput{
		StreamName: new("clicks"), Records: []types.PutRecordsRequestEntry{{PartitionKey: new("k"), Data: []byte("{}")}},
	})
	if kind, reason := judge(err); kind != again || !errors.Is(reason, ErrUnreachable) {
		t.Errorf("judge(%v) = %v, %v; want again, unreachable", err, kind, reason)
	}
}

func TestStreamErrorIsItsReasonAndItsCause(t *testing.T) {
	cause := errors.New("dial tcp: connection refused")
	tests := []struct {
		err  *StreamError
		want string
	}{
		{&StreamError{Stream: "clicks", Reason: ErrUnreachable, Cause: cause}, `stream "clicks": the endpoint cannot be reached: dial tcp: connection refused`},
		{&StreamError{Stream: "clicks", Reason: ErrStreamMissing}, `stream "clicks": there is no such stream in this account and region`},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
		if !errors.Is(tt.err, tt.err.Reason) || errors.Is(tt.err, ErrStalled) {
			t.Errorf("%v is not its reason alone", tt.err)
		}
		if tt.err.Cause != nil && !errors.Is(tt.err, cause) {
			t.Errorf("%v is not its cause", tt.err)
		}
		if _, ok := errors.AsType[*RecordError](tt.err); ok {
			t.Errorf("%v is a record error", tt.err)
		}
	}
}

func TestCheckWritable(t *testing.T) {
	summary := func(status, more string) wire {
		return answering(200, `{"StreamDescriptionSummary":{"StreamName":"clicks","StreamARN":"arn:aws:kinesis:eu-west-1:1:stream/clicks","RetentionPeriodHours":24,"OpenShardCount":1,"EnhancedMonitoring":[],"StreamCreationTimestamp":1,"StreamStatus":"`+status+`"`+more+`}}`)
	}
	tests := []struct {
		name   string
		wire   wire
		limit  int
		reason error
	}{
		{"active", summary("ACTIVE", ""), 1 << 20, nil},
		{"resharding", summary("UPDATING", ""), 1 << 20, nil},
		{"large records", summary("ACTIVE", `,"MaxRecordSizeInKiB":10240`), 10 << 20, nil},
		{"larger than any", summary("ACTIVE", `,"MaxRecordSizeInKiB":20480`), 10 << 20, nil},
		{"creating", summary("CREATING", ""), 0, ErrStreamBusy},
		{"deleting", summary("DELETING", ""), 0, ErrStreamBusy},
		{"missing", answering(400, `{"__type":"ResourceNotFoundException","message":"x"}`), 0, ErrStreamMissing},
		{"impossible name", answering(400, `{"__type":"ValidationException","message":"x"}`), 0, ErrStreamMissing},
		{"denied", answering(400, `{"__type":"AccessDeniedException","message":"x"}`), 0, ErrAccessDenied},
		{"unreachable", failing(errors.New("connection refused")), 0, ErrUnreachable},
		{"empty answer", answering(200, `{}`), 0, ErrStalled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			limit, err := CheckWritable(t.Context(), sdkClient(tt.wire), "clicks")
			if limit != tt.limit {
				t.Errorf("limit %d, want %d", limit, tt.limit)
			}
			if _, isStream := errors.AsType[*StreamError](err); isStream != (tt.reason != nil) || !errors.Is(err, tt.reason) {
				t.Errorf("error %v, want %v", err, tt.reason)
			}
		})
	}
}

func TestCheckWritableDoesNotWaitForever(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		silent := wire(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		_, err := CheckWritable(t.Context(), sdkClient(silent), "clicks")
		if want := `stream "clicks": the endpoint cannot be reached: no answer in time`; err == nil || err.Error() != want {
			t.Errorf("error %v, want %q", err, want)
		}
		if took := time.Since(start); took != checkTimeout {
			t.Errorf("took %v, want %v", took, checkTimeout)
		}
	})
}

func TestCheckWritableEndsWithItsContext(t *testing.T) {
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := CheckWritable(ctx, sdkClient(failing(context.Canceled)), "clicks"); !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
}
