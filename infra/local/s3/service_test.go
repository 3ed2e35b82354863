package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/streamrec/streamrec/infra/local/inprocess"
)

var testTime = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// open returns a Service with the bucket "bucket".
func open(t *testing.T, options Options) *Service {
	t.Helper()
	options.Buckets = append(options.Buckets, "bucket")
	s, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// stores are the two kinds of Service.
func stores(t *testing.T, run func(t *testing.T, options Options)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { run(t, Options{}) })
	t.Run("directory", func(t *testing.T) { run(t, Options{Dir: t.TempDir()}) })
}

// sdk is a real client. The https scheme makes it send checksums in trailers.
func sdk(s *Service) *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: aws.String("https://127.0.0.1"), HTTPClient: inprocess.Client(s), Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), RetryMaxAttempts: 1,
	})
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	code   string // of an error
}

// send sends one request; header lists names and values in turn.
func send(t *testing.T, s *Service, method, url, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := inprocess.Client(s).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(got)}
	var document errorDocument
	if a.status >= 400 && xml.Unmarshal(got, &document) == nil {
		a.code = document.Code
	}
	return a
}

const object1 = "http://127.0.0.1/bucket/k"

func (a answer) want(t *testing.T, what string, status int, code string) {
	t.Helper()
	if a.status != status || a.code != code {
		t.Errorf("%s: got %d %s, want %d %s", what, a.status, a.code, status, code)
	}
}

func TestWhatIsNotKnownIsRefusedAndChangesNothing(t *testing.T) {
	s := open(t, Options{})
	send(t, s, http.MethodPut, object1, "precious").want(t, "put", 200, "")
	for _, c := range []struct {
		method, url string
		header      []string
		status      int
		code        string
	}{
		{"PUT", object1 + "?tagging", nil, 501, "NotImplemented"},
		{"PUT", object1 + "?acl", nil, 501, "NotImplemented"},
		{"DELETE", object1 + "?tagging", nil, 501, "NotImplemented"},
		{"PUT", "http://127.0.0.1/bucket?versioning", nil, 501, "NotImplemented"},
		{"DELETE", "http://127.0.0.1/bucket?policy", nil, 501, "NotImplemented"},
		{"GET", "http://127.0.0.1/bucket?versions", nil, 501, "NotImplemented"},
		{"POST", "http://127.0.0.1/bucket", nil, 501, "NotImplemented"},
		{"PATCH", object1, nil, 501, "NotImplemented"},
		{"PUT", "http://127.0.0.1/", nil, 405, "MethodNotAllowed"},
		{"PUT", object1, []string{"if-none-match", `"etag"`}, 501, "NotImplemented"},
		{"PUT", object1, []string{"if-match", "*"}, 501, "NotImplemented"},
		{"PUT", object1, []string{"if-match", "a", "if-none-match", "*"}, 501, "NotImplemented"},
		{"DELETE", object1, []string{"if-none-match", "*"}, 501, "NotImplemented"},
		{"DELETE", object1, []string{"x-amz-if-match-size", "1"}, 501, "NotImplemented"},
		{"DELETE", object1 + "?versionId=abc", nil, 400, "InvalidArgument"},
		{"GET", object1 + "?versionId=abc", nil, 400, "InvalidArgument"},
		{"GET", object1 + "?partNumber=1", nil, 501, "NotImplemented"},
		{"GET", object1, []string{"range", "bytes=0-0,2-2"}, 501, "NotImplemented"},
		{"PUT", object1, []string{"x-amz-copy-source", "/bucket/k"}, 400, "InvalidRequest"},
		{"PUT", object1, []string{"x-amz-copy-source", "/bucket/k", "if-none-match", "*"}, 501, "NotImplemented"},
		{"PUT", object1, []string{"x-amz-copy-source", "/bucket/k", "x-amz-copy-source-if-match", "x"}, 501, "NotImplemented"},
		{"PUT", object1, []string{"x-amz-copy-source", "/bucket/k?versionId=x"}, 400, "InvalidArgument"},
		{"PUT", object1, []string{"x-amz-copy-source", "/bucket/k", "x-amz-metadata-directive", "MERGE"}, 400, "InvalidArgument"},
		{"PUT", object1 + "?partNumber=1&uploadId=1", []string{"x-amz-copy-source", "/bucket/k"}, 501, "NotImplemented"},
		{"PUT", object1, []string{"x-amz-meta-a", strings.Repeat("x", 2048)}, 400, "MetadataTooLarge"},
		{"GET", "http://127.0.0.1/bucket/%ff", nil, 400, "InvalidURI"},
		{"GET", "http://127.0.0.1/bucket?list-type=2&max-keys=x", nil, 400, "InvalidArgument"},
		{"GET", "http://127.0.0.1/bucket?list-type=2&continuation-token=%21", nil, 400, "InvalidArgument"},
		{"GET", "http://127.0.0.1/bucket?list-type=2&encoding-type=x", nil, 400, "InvalidArgument"},
	} {
		send(t, s, c.method, c.url, "", c.header...).want(t, fmt.Sprint(c.method, " ", c.url, " ", c.header), c.status, c.code)
		if got := send(t, s, http.MethodGet, object1, ""); got.body != "precious" {
			t.Fatalf("%s %s %v: the object is %q now", c.method, c.url, c.header, got.body)
		}
	}
}

func TestConditionalBatchDeleteIsRefused(t *testing.T) {
	s := open(t, Options{})
	send(t, s, http.MethodPut, object1, "precious").want(t, "put", 200, "")
	const url = "http://127.0.0.1/bucket?delete"
	for document, want := range map[string]string{
		"<Delete><Object><Key>k</Key><ETag>x</ETag></Object></Delete>":           "NotImplemented",
		"<Delete><Object><Key>k</Key><Size>1</Size></Object></Delete>":           "NotImplemented",
		"<Delete><Object><Key>k</Key><VersionId>1</VersionId></Object></Delete>": "NotImplemented",
		"<Delete><Object></Object></Delete>":                                     "MalformedXML",
		"<Delete></Delete>":                                                      "MalformedXML",
		"not XML":                                                                "MalformedXML",
		"<Delete>" + strings.Repeat("<Object><Key>k</Key></Object>", maxDeletes+1) + "</Delete>": "MalformedXML",
	} {
		if got := send(t, s, http.MethodPost, url, document); got.code != want {
			t.Errorf("%.60s: got %d %s, want %s", document, got.status, got.code, want)
		}
	}
	send(t, s, http.MethodGet, object1, "").want(t, "the object", 200, "")
}

func TestVirtualHostStyle(t *testing.T) {
	s := open(t, Options{})
	send(t, s, http.MethodPut, "http://bucket.localhost:4566/a%3D1/k", "x").want(t, "put", 200, "")
	send(t, s, http.MethodGet, "http://127.0.0.1:4566/bucket/a=1/k", "").want(t, "get in path style", 200, "")
	list := send(t, s, http.MethodGet, "http://bucket.127.0.0.1/?list-type=2", "")
	if !strings.Contains(list.body, "<Key>a=1/k</Key>") {
		t.Errorf("list: %s", list.body)
	}
	batch := send(t, s, http.MethodPost, "http://bucket.localhost/?delete", "<Delete><Object><Key>a=1/k</Key></Object></Delete>")
	if !strings.Contains(batch.body, "<Key>a=1/k</Key>") {
		t.Errorf("delete: %s", batch.body)
	}
	send(t, s, http.MethodGet, "http://127.0.0.1/bucket/a=1/k", "").want(t, "after the delete", 404, "NoSuchKey")
	send(t, s, http.MethodPut, "http://another.localhost/", "").want(t, "create", 200, "")
	send(t, s, http.MethodHead, "http://127.0.0.1/another", "").want(t, "head", 200, "")
}

func TestEncodedListing(t *testing.T) {
	s := open(t, Options{})
	for _, key := range []string{"a b+c/%01é", "plain"} {
		send(t, s, http.MethodPut, "http://127.0.0.1/bucket/"+strings.ReplaceAll(key, " ", "%20"), "").want(t, key, 200, "")
	}
	got := send(t, s, http.MethodGet, "http://127.0.0.1/bucket?list-type=2&encoding-type=url&max-keys=1", "")
	for _, want := range []string{"<Key>a+b%2Bc/%01%C3%A9</Key>", "<EncodingType>url</EncodingType>", "<KeyCount>1</KeyCount>", "<IsTruncated>true</IsTruncated>"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("no %s in %s", want, got.body)
		}
	}
	none := send(t, s, http.MethodGet, "http://127.0.0.1/bucket?list-type=2&max-keys=0", "")
	if !strings.Contains(none.body, "<KeyCount>0</KeyCount>") || !strings.Contains(none.body, "<IsTruncated>false</IsTruncated>") {
		t.Errorf("max-keys=0: %s", none.body)
	}
}

func TestResponseOverridesAndHeadWithRange(t *testing.T) {
	s := open(t, Options{})
	send(t, s, http.MethodPut, object1, "0123456789", "content-type", "text/plain", "x-amz-meta-First", "1").want(t, "put", 200, "")
	got := send(t, s, http.MethodGet, object1+"?response-content-type=a%2Fb&response-x-amz-request-id=z", "")
	if got.header.Get("Content-Type") != "a/b" || got.header.Get("X-Amz-Request-Id") == "z" {
		t.Errorf("overrides: %v", got.header)
	}
	head := send(t, s, http.MethodHead, object1, "", "range", "bytes=2-4")
	if head.status != 206 || head.header.Get("Content-Range") != "bytes 2-4/10" || head.header.Get("Content-Length") != "3" || head.body != "" {
		t.Errorf("HEAD with range: %+v", head)
	}
}

func TestMetadataNamesAreSentInLowerCase(t *testing.T) {
	header := http.Header{}
	attributes{"X-Amz-Meta-First": "1"}.send(header)
	name := "x-amz-meta-first" // not canonical, which is what is tested
	if header[name] == nil {
		t.Errorf("got %v", header)
	}
}

// TestReadersSeeOneVersion overwrites an object while it is read: ETag and body must belong together.
func TestReadersSeeOneVersion(t *testing.T) {
	stores(t, func(t *testing.T, options Options) {
		s := open(t, options)
		version := func(i int) string { return strings.Repeat(fmt.Sprintf("%04d", i), 20_000) }
		send(t, s, http.MethodPut, object1, version(0)).want(t, "put", 200, "")
		var wait sync.WaitGroup
		wait.Go(func() {
			for i := range 50 {
				send(t, s, http.MethodPut, object1, version(i)).want(t, "put", 200, "")
			}
		})
		for range 3 {
			wait.Go(func() {
				for range 50 {
					got := send(t, s, http.MethodGet, object1, "")
					sum := md5.Sum([]byte(got.body))
					if got.header.Get("ETag") != `"`+hex.EncodeToString(sum[:])+`"` {
						t.Errorf("ETag %s does not belong to a body of %d bytes %.8s…", got.header.Get("ETag"), len(got.body), got.body)
					}
				}
			})
		}
		wait.Wait()
	})
}

// TestInABubble runs the real client on fake time, with clocks and goroutines under control.
func TestInABubble(t *testing.T) {
	stores(t, func(t *testing.T, options Options) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, options)
			client := sdk(s)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			var wait sync.WaitGroup
			for i := range 8 {
				wait.Go(func() {
					_, err := client.PutObject(ctx, &awss3.PutObjectInput{
						Bucket: aws.String("bucket"), Key: aws.String("k"), Body: bytes.NewReader(make([]byte, i<<16)), IfNoneMatch: aws.String("*"),
					})
					if err != nil && !strings.Contains(err.Error(), "PreconditionFailed") {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			time.Sleep(24 * time.Hour)
			send(t, s, http.MethodPut, "http://127.0.0.1/bucket/later", "x").want(t, "put", 200, "")
			earlier := send(t, s, http.MethodHead, object1, "").header.Get("Last-Modified")
			later := send(t, s, http.MethodHead, "http://127.0.0.1/bucket/later", "").header.Get("Last-Modified")
			if earlier != "Sat, 01 Jan 2000 00:00:00 GMT" || later != "Sun, 02 Jan 2000 00:00:00 GMT" {
				t.Errorf("Last-Modified: %s, %s", earlier, later)
			}
		})
	})
}

func TestNewRefusesImpossibleBuckets(t *testing.T) {
	if _, err := New(Options{Buckets: []string{"UPPER"}}); err == nil {
		t.Error("accepted")
	}
}
