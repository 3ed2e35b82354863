package kinesis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// reads sends the requests of GetRecords, which are nearly all that a worker sends. The SDK spends more on building one, through forty middlewares, than
// all else takes that an idle shard needs. But it is the same each time, but for its body, date and signature: so the SDK makes the first one, and those
// that follow are copies of it. An answer that is anything but a page is handed to the SDK as what its own first attempt has got: it judges, counts,
// waits and tries again as ever.
type reads struct {
	client  *kinesis.Client
	options kinesis.Options // of the client
	form    atomic.Pointer[form]
}

// form is a request as the SDK has made it.
type form struct {
	request         *http.Request
	region, service string        // of its signature
	skew            time.Duration // by which it was dated ahead of this machine's clock
}

// Headers of a request that are made anew, and those that belong to one attempt.
const (
	authorizationHeader = "Authorization"
	dateHeader          = "X-Amz-Date"
)

var ownHeaders = []string{authorizationHeader, dateHeader, "X-Amz-Security-Token", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "Content-Length"}

func newReads(client *kinesis.Client) *reads {
	return &reads{client: client, options: client.Options()}
}

// get is kinesis.Client.GetRecords, but for the metadata of its result.
func (r *reads) get(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	f := r.form.Load()
	if f == nil {
		return r.learn(ctx, in)
	}
	request, release, err := r.fill(ctx, f, in)
	if err != nil {
		return r.learn(ctx, in) // the SDK fails as it does
	}
	body := bodies.Get().(*bytes.Buffer)
	defer free(body)
	out := &kinesis.GetRecordsOutput{}
	response, err := r.options.HTTPClient.Do(request)
	switch {
	case err != nil || response.StatusCode != http.StatusOK:
		r.form.CompareAndSwap(f, nil)
	case quick(response, body, out):
		_ = response.Body.Close() // all has been read
		_ = release(nil)
		return out, nil
	}
	return r.client.GetRecords(ctx, in, quickPages, func(o *kinesis.Options) {
		o.HTTPClient = &answered{response: response, err: err, next: o.HTTPClient}
	})
}

// learn lets the SDK make the request, and keeps it.
func (r *reads) learn(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	seen := &witness{}
	out, err := r.client.GetRecords(ctx, in, quickPages, func(o *kinesis.Options) { seen.next, o.HTTPClient = o.HTTPClient, seen })
	if err == nil {
		r.form.Store(seen.form)
	}
	return out, err
}

// fill returns a request like the form. release tells the SDK's retryer, which counts on what succeeds for what may be tried again.
func (r *reads) fill(ctx context.Context, f *form, in *kinesis.GetRecordsInput) (request *http.Request, release func(error) error, err error) {
	body, err := json.Marshal(struct {
		Limit         *int32
		ShardIterator *string
	}{in.Limit, in.ShardIterator})
	if err != nil {
		return nil, nil, err
	}
	request = f.request.Clone(ctx)
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	credentials, err := r.options.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(body)
	if err := r.options.HTTPSignerV4.SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), f.service, f.region, time.Now().Add(f.skew)); err != nil {
		return nil, nil, err
	}
	release = func(err error) error { return err }
	if retryer, ok := r.options.Retryer.(aws.RetryerV2); ok {
		release, err = retryer.GetAttemptToken(ctx)
	}
	return request, release, err
}

// newForm takes a request for a form; nil if it is not of the kind that can be copied: JSON, with a signature of version 4 in a header.
func newForm(r *http.Request) *form {
	scope, ok := strings.CutPrefix(r.Header.Get(authorizationHeader), "AWS4-HMAC-SHA256 Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(scope, "/") // key, day, region, service, aws4_request
	at, err := time.Parse("20060102T150405Z", r.Header.Get(dateHeader))
	if !ok || len(parts) < 5 || err != nil || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		return nil
	}
	parts = parts[len(parts)-5:] // a key may have slashes
	f := &form{request: r.Clone(context.WithoutCancel(r.Context())), region: parts[2], service: parts[3]}
	if ahead := time.Until(at); ahead.Abs() > time.Minute {
		f.skew = ahead
	}
	f.request.Body, f.request.GetBody = nil, nil
	for _, name := range ownHeaders {
		f.request.Header.Del(name)
	}
	return f
}

// witness is an HTTP client that takes the last request for a form.
type witness struct {
	next kinesis.HTTPClient
	form *form
}

// Do implements kinesis.HTTPClient.
func (w *witness) Do(r *http.Request) (*http.Response, error) {
	w.form = newForm(r)
	return w.next.Do(r)
}

// answered is an HTTP client that has the answer of the first request already.
type answered struct {
	response *http.Response
	err      error
	given    bool
	next     kinesis.HTTPClient
}

// Do implements kinesis.HTTPClient.
func (a *answered) Do(r *http.Request) (*http.Response, error) {
	if a.given {
		return a.next.Do(r)
	}
	a.given = true
	return a.response, a.err
}
