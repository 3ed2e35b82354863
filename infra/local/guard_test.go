package local_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/streamrec/streamrec/infra/local"
)

var keys = map[string]string{"worker-1": "secret-1", "worker-2": "secret-2"}

// codes are the errors of a harmless call to each service; empty for none.
func codes(t *testing.T, config aws.Config) [3]string {
	t.Helper()
	config.RetryMaxAttempts = 1
	c := clients(t, config)
	_, stream := c.kinesis.ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	_, table := c.table.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	_, bucket := c.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	var got [3]string
	for i, err := range []error{stream, table, bucket} {
		if problem, ok := errors.AsType[smithy.APIError](err); ok {
			got[i] = problem.ErrorCode()
		} else if err != nil {
			t.Error(err)
		}
	}
	return got
}

func TestCredentials(t *testing.T) {
	l := open(t, local.Options{Credentials: keys})
	for name, c := range map[string]struct {
		provider aws.CredentialsProvider
		want     [3]string
	}{
		"right":          {credentials.NewStaticCredentialsProvider("worker-1", "secret-1", ""), [3]string{}},
		"right, session": {credentials.NewStaticCredentialsProvider("worker-2", "secret-2", "token"), [3]string{}},
		"wrong secret": {
			credentials.NewStaticCredentialsProvider("worker-1", "secret-2", ""),
			[3]string{"InvalidSignatureException", "InvalidSignatureException", "SignatureDoesNotMatch"},
		},
		"unknown key": {
			credentials.NewStaticCredentialsProvider("worker-3", "secret-1", ""),
			[3]string{"UnrecognizedClientException", "UnrecognizedClientException", "InvalidAccessKeyId"},
		},
		"unsigned": {
			aws.AnonymousCredentials{},
			[3]string{"MissingAuthenticationTokenException", "MissingAuthenticationTokenException", "AccessDenied"},
		},
	} {
		config := l.Config("worker-1")
		config.Credentials = c.provider
		if got := codes(t, config); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := codes(t, l.Config("worker-2")); got != [3]string{} {
		t.Errorf("Config finds the secret of an identity: %q", got)
	}
}

func TestWithoutCredentialsAnythingGoes(t *testing.T) {
	config := open(t, local.Options{}).Config("")
	config.Credentials = aws.AnonymousCredentials{}
	if got := codes(t, config); got != [3]string{} {
		t.Errorf("got %q", got)
	}
}

// TestSignedObjects covers what makes S3 signatures hard: odd keys, queries, trailers, batches.
func TestSignedObjects(t *testing.T) {
	l := open(t, local.Options{Credentials: keys, Buckets: []string{"events"}})
	for name, endpoint := range map[string]string{"trailers": "https://127.0.0.1", "headers": "http://127.0.0.1", "virtual host": "https://s3.eu-west-1.amazonaws.com"} {
		config := l.Config("worker-1")
		config.BaseEndpoint = nil
		client := s3.NewFromConfig(config, func(o *s3.Options) {
			o.BaseEndpoint = &endpoint
			o.RetryMaxAttempts = 1
		})
		for _, key := range []string{"plain", "gen=0/dt=2026-11-23/a b+c&d?e#f%20", "Luleå/日本", "a//b/../c", "~!*'();:@$,[]"} {
			_, put := client.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: aws.String("events"), Key: &key, Body: strings.NewReader("x"), Metadata: map[string]string{"a": "b  c "}, IfNoneMatch: aws.String("*"),
			})
			_, list := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("events"), Prefix: &key, Delimiter: aws.String("/"), StartAfter: aws.String("A b")})
			_, remove := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("events"), Key: &key})
			if err := errors.Join(put, list, remove); err != nil {
				t.Errorf("%s, %q: %v", name, key, err)
			}
		}
	}
}

// signed is a request to DynamoDB with a correct signature.
func signed(t *testing.T, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	sum := sha256.Sum256([]byte(body))
	err = v4.NewSigner().SignHTTP(context.WithoutCancel(t.Context()), aws.Credentials{AccessKeyID: "worker-1", SecretAccessKey: "secret-1"},
		r, hex.EncodeToString(sum[:]), "dynamodb", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTamperedRequestsAreRefused(t *testing.T) {
	l := open(t, local.Options{Credentials: keys})
	authorization := func(change func(string) string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", change(r.Header.Get("Authorization"))) }
	}
	for name, c := range map[string]struct {
		tamper func(*http.Request)
		code   string // empty: accepted
	}{
		"untouched":            {func(*http.Request) {}, ""},
		"unsigned header":      {func(r *http.Request) { r.Header.Set("X-Other", "1") }, ""},
		"body":                 {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{ }`)); r.ContentLength = 3 }, "InvalidSignatureException"},
		"target":               {func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.DeleteTable") }, "InvalidSignatureException"},
		"date":                 {func(r *http.Request) { r.Header.Set("X-Amz-Date", "20010101T000000Z") }, "InvalidSignatureException"},
		"path":                 {func(r *http.Request) { r.URL.Path = "/x" }, "InvalidSignatureException"},
		"query":                {func(r *http.Request) { r.URL.RawQuery = "a=b" }, "InvalidSignatureException"},
		"host":                 {func(r *http.Request) { r.Host = "other" }, "InvalidSignatureException"},
		"service":              {func(r *http.Request) { r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams") }, "IncompleteSignatureException"},
		"no signature":         {authorization(func(a string) string { return a[:strings.Index(a, "Signature=")] }), "InvalidSignatureException"},
		"signature not hex":    {authorization(func(a string) string { return a + "x" }), "InvalidSignatureException"},
		"short signature":      {authorization(func(a string) string { return a[:len(a)-2] }), "InvalidSignatureException"},
		"host not signed":      {authorization(func(a string) string { return strings.Replace(a, "host;", "", 1) }), "IncompleteSignatureException"},
		"other algorithm":      {authorization(func(a string) string { return strings.Replace(a, "AWS4-", "AWS9-", 1) }), "IncompleteSignatureException"},
		"no credential":        {authorization(func(a string) string { return strings.Replace(a, "Credential", "Cred", 1) }), "IncompleteSignatureException"},
		"scope of three parts": {authorization(func(a string) string { return strings.Replace(a, "/dynamodb/aws4_request", "", 1) }), "IncompleteSignatureException"},
		"empty":                {authorization(func(string) string { return "" }), "MissingAuthenticationTokenException"},
	} {
		r := signed(t, `{}`)
		c.tamper(r)
		response, err := l.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if c.code == "" && response.StatusCode != 200 || c.code != "" && (response.StatusCode != 400 || !strings.Contains(string(body), "#"+c.code+`"`) && !strings.Contains(string(body), `"`+c.code+`"`)) {
			t.Errorf("%s: got %s %s, want %q", name, response.Status, body, c.code)
		}
	}
}
