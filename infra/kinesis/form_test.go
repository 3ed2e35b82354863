package kinesis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/local"
	"github.com/streamrec/streamrec/worker/lease"
)

// mailbox is an HTTP client that keeps what was sent.
type mailbox struct {
	next kinesis.HTTPClient
	sent []*http.Request
}

func (m *mailbox) Do(r *http.Request) (*http.Response, error) {
	m.sent = append(m.sent, r)
	return m.next.Do(r)
}

// bySDK reports whether the SDK has made a request by itself.
func bySDK(r *http.Request) bool { return r.Header.Get("Amz-Sdk-Invocation-Id") != "" }

// TestRequestsThatAreCopiedAreAccepted reads from a service that checks signatures: it accepts what the SDK has made once, and this package after that.
func TestRequestsThatAreCopiedAreAccepted(t *testing.T) {
	l, err := local.New(local.Options{Streams: map[string]int64{"clicks": 1}, Credentials: map[string]string{"id": "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	box := &mailbox{}
	s := NewStream(kinesis.NewFromConfig(l.Config("id"), func(o *kinesis.Options) { box.next, o.HTTPClient = o.HTTPClient, box }), "clicks")
	at, err := s.Iterator(t.Context(), "shardId-000000000000", lease.Position{Type: lease.TrimHorizon})
	if err != nil {
		t.Fatal(err)
	}
	box.sent = nil
	for n := range 4 {
		page, err := s.Read(t.Context(), at, 7)
		if err != nil {
			t.Fatal(err)
		}
		at = page.Next
		if len(box.sent) != n+1 || bySDK(box.sent[n]) != (n == 0) {
			t.Fatalf("after read %d: %d requests, the last by the SDK: %v", n, len(box.sent), bySDK(box.sent[n]))
		}
	}
}

// script answers requests one after the other: a status with a body, or an error.
type script struct {
	bodies []string // those that begin with a digit are errors of the service, "cut" is a connection that breaks in the middle, "" one that breaks at once
	sent   int
}

func (s *script) Do(*http.Request) (*http.Response, error) {
	body := s.bodies[min(s.sent, len(s.bodies)-1)]
	s.sent++
	response := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}
	switch {
	case body == "":
		return nil, errors.New("connection refused")
	case body == "cut":
		response.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"Records":[`), broken{}))
		return response, nil
	case body[0] != '{':
		_, _ = fmt.Sscan(body[:3], &response.StatusCode)
		body = body[3:]
	}
	response.Body, response.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return response, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func scripted(s kinesis.HTTPClient, provider aws.CredentialsProvider) *kinesis.Client {
	quickly := retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
	return kinesis.New(kinesis.Options{Region: "eu-north-1", BaseEndpoint: aws.String("http://local"), Retryer: quickly, HTTPClient: s, Credentials: provider})
}

const goodPage = `{"Records":[{"SequenceNumber":"1","PartitionKey":"a","Data":"AQ=="}],"NextShardIterator":"x","MillisBehindLatest":3}`

// TestCopiedRequestsEndAsThoseOfTheSDK: whatever the service answers, a stream that copies requests says what one does whose requests the SDK makes, and
// sends as many.
func TestCopiedRequestsEndAsThoseOfTheSDK(t *testing.T) {
	provider := credentials.NewStaticCredentialsProvider("id", "secret", "")
	for name, bodies := range map[string][]string{
		"page": {goodPage}, "refused connection": {"", goodPage}, "cut": {"cut", goodPage}, "failure": {"500{}", goodPage}, "failures": {"500{}", "", "503{}"},
		"throttled": {`400{"__type":"ProvisionedThroughputExceededException"}`, goodPage}, "expired": {`400{"__type":"ExpiredIteratorException","message":"late"}`},
		"children": {`{"Records":[],"ChildShards":[{"ShardId":"s1","ParentShards":["s0"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"1"}}]}`},
		"damaged":  {`{"Records":`}, "missing": {`400{"__type":"ResourceNotFoundException"}`}, "no JSON": {"502<html>", goodPage},
	} {
		plain, copied := &script{bodies: bodies}, &script{bodies: append([]string{goodPage}, bodies...)}
		want, wantErr := NewStream(scripted(plain, provider), "clicks").Read(t.Context(), "i", 1)
		s := NewStream(scripted(copied, provider), "clicks")
		if _, err := s.Read(t.Context(), "i", 1); err != nil {
			t.Fatal(err)
		}
		got, gotErr := s.Read(t.Context(), "i", 1)
		if !reflect.DeepEqual(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) || copied.sent != plain.sent+1 {
			t.Errorf("%s:\n got %+v, %v after %d requests\nwant %+v, %v after %d", name, got, gotErr, copied.sent-1, want, wantErr, plain.sent)
		}
	}
}

// keyring is credentials that change.
type keyring struct{ now aws.Credentials }

func (k *keyring) Retrieve(context.Context) (aws.Credentials, error) { return k.now, nil }

// TestCopiedRequestsAreSignedAnew: with the key of the moment, and nothing that is left of the one before.
func TestCopiedRequestsAreSignedAnew(t *testing.T) {
	ring, box := &keyring{}, &mailbox{next: &script{bodies: []string{goodPage}}}
	s := NewStream(scripted(box, ring), "clicks")
	for n, key := range []aws.Credentials{{AccessKeyID: "a/b", SecretAccessKey: "x", SessionToken: "t1"}, {AccessKeyID: "c", SecretAccessKey: "y", SessionToken: "t2"}, {AccessKeyID: "d", SecretAccessKey: "z"}} {
		ring.now = key
		if _, err := s.Read(t.Context(), "i", 1); err != nil {
			t.Fatal(err)
		}
		h := box.sent[n].Header
		if !strings.HasPrefix(h.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="+key.AccessKeyID+"/") || !strings.Contains(h.Get("Authorization"), "/eu-north-1/kinesis/aws4_request") ||
			h.Get("X-Amz-Security-Token") != key.SessionToken || bySDK(box.sent[n]) != (n == 0) {
			t.Errorf("request %d: %v", n, h)
		}
	}
}

// TestARequestThatHasFailedIsNoForm: the next one is the SDK's, which corrects a clock that is wrong, say.
func TestARequestThatHasFailedIsNoForm(t *testing.T) {
	box := &mailbox{next: &script{bodies: []string{goodPage, goodPage, `400{"__type":"ExpiredIteratorException"}`, goodPage, goodPage}}}
	s := NewStream(scripted(box, credentials.NewStaticCredentialsProvider("id", "secret", "")), "clicks")
	for range 5 {
		_, _ = s.Read(t.Context(), "i", 1)
	}
	for n, want := range []bool{true, false, false, true, false} {
		if bySDK(box.sent[n]) != want {
			t.Errorf("request %d by the SDK: %v", n, !want)
		}
	}
}

// TestOnlySignedJSONIsAForm, and one that is dated by another clock keeps to it.
func TestOnlySignedJSONIsAForm(t *testing.T) {
	at := time.Now().Add(time.Hour)
	asForm := func(authorization, kind string) *form {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://local", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Authorization": {authorization}, "Content-Type": {kind}, "X-Amz-Date": {at.UTC().Format("20060102T150405Z")}}
		return newForm(r)
	}
	const signed, json = "AWS4-HMAC-SHA256 Credential=k/20261127/eu-north-1/kinesis/aws4_request, SignedHeaders=host, Signature=0", "application/x-amz-json-1.1"
	if f := asForm(signed, json); f == nil || f.region != "eu-north-1" || f.service != "kinesis" || (f.skew-time.Hour).Abs() > time.Minute {
		t.Errorf("%+v", f)
	}
	box := &mailbox{next: &script{bodies: []string{goodPage}}}
	s := NewStream(scripted(box, credentials.NewStaticCredentialsProvider("id", "secret", "")), "clicks")
	s.reads.form.Store(asForm(signed, json))
	if _, err := s.Read(t.Context(), "i", 1); err != nil || box.sent[0].Header.Get("X-Amz-Date") < at.Add(-time.Minute).UTC().Format("20060102T150405Z") {
		t.Errorf("%v: %v", err, box.sent[0].Header)
	}
	for _, f := range []*form{asForm("", json), asForm("AWS4-ECDSA-P256-SHA256 Credential=k/20261127/kinesis/aws4_request", json), asForm(signed, "application/cbor")} {
		if f != nil {
			t.Errorf("%+v", f)
		}
	}
}

// BenchmarkRead is what an idle shard costs, without the connection.
func BenchmarkRead(b *testing.B) {
	provider := credentials.NewStaticCredentialsProvider("id", "secret", "")
	answer := &script{bodies: []string{`{"Records":[],"MillisBehindLatest":0,"NextShardIterator":"AAAAAAAAAAF="}`}}
	b.Run("sdk", func(b *testing.B) {
		client := scripted(answer, provider)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := getRecords(client); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("copied", func(b *testing.B) {
		s := NewStream(scripted(answer, provider), "clicks")
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Read(b.Context(), "i", 10_000); err != nil {
				b.Fatal(err)
			}
		}
	})
}
