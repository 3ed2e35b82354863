package conformance_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/streamrec/streamrec/infra/local/conformance"
	"github.com/streamrec/streamrec/infra/local/inprocess"
	"github.com/streamrec/streamrec/infra/local/s3"
	"github.com/streamrec/streamrec/infra/transport"
)

// knownInS3 are the differences of our own S3: it refuses what it does not do, rather than doing it wrong.
func knownInS3() map[string]string {
	return map[string]string{
		"CompleteMultipart If-None-Match:* new ok / exists 412":  "conditions on completed uploads are refused",
		"the ETag of a completed upload is that of GET and HEAD": "the stored ETag is the MD5 of the bytes",
	}
}

// s3Client is a client for endpoint. The https scheme makes the SDK send checksums in a trailer, as it does to Amazon.
func s3Client(endpoint string, client aws.HTTPClient, key, secret string) *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: &endpoint, HTTPClient: client, Region: "us-east-1", UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

func TestS3(t *testing.T) {
	cases := map[string]struct {
		options func(t *testing.T) s3.Options
		scheme  string
	}{
		"memory":                 {func(*testing.T) s3.Options { return s3.Options{} }, "http"},
		"memory, trailers":       {func(*testing.T) s3.Options { return s3.Options{} }, "https"},
		"directory":              {func(t *testing.T) s3.Options { return s3.Options{Dir: t.TempDir()} }, "https"},
		"directory, header sums": {func(t *testing.T) s3.Options { return s3.Options{Dir: t.TempDir()} }, "http"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, err := s3.New(c.options(t))
			if err != nil {
				t.Fatal(err)
			}
			client := s3Client(c.scheme+"://127.0.0.1", inprocess.Client(service), "test", "test")
			conformance.S3(t, conformance.Target[*awss3.Client]{Client: client, Name: "own, " + name, Known: knownInS3()})
		})
	}
}

// TestS3VersityGateway holds the suite itself against an S3 that is not ours: versitygw v1.8.0 on a directory.
func TestS3VersityGateway(t *testing.T) {
	endpoint := os.Getenv("STREAMREC_VERSITYGW_ENDPOINT")
	if endpoint == "" {
		t.Skip("STREAMREC_VERSITYGW_ENDPOINT is not set (versitygw, with ROOT_ACCESS_KEY=test and ROOT_SECRET_KEY=testtest)")
	}
	client := s3Client(endpoint, transport.WholeBody{Next: http.DefaultClient}, "test", "testtest")
	conformance.S3(t, conformance.Target[*awss3.Client]{Client: client, Name: "versitygw", Known: map[string]string{
		`"a" and "a/b" and "a/" are three objects`:              "keys are file names",
		"keys that file systems cannot have":                    "keys are file names",
		"GetObject If-Match wrong -> 412, dates -> 304 and 412": "Last-Modified is compared with fractions of a second that its header does not have",
		"bucket names that break the rules are refused":         "two dots in a row are accepted",
	}})
}
