package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/local/conformance"
	"github.com/streamrec/streamrec/infra/local/kinesis"
	"github.com/streamrec/streamrec/infra/transport"
)

func kinesisClient(endpoint string) *awskinesis.Client {
	return awskinesis.New(awskinesis.Options{
		BaseEndpoint: &endpoint, HTTPClient: transport.WholeBody{Next: http.DefaultClient}, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func TestKinesis(t *testing.T) {
	cases := map[string]func(t *testing.T) kinesis.Options{
		"memory":    func(*testing.T) kinesis.Options { return kinesis.Options{EnforceLimits: true} },
		"directory": func(t *testing.T) kinesis.Options { return kinesis.Options{EnforceLimits: true, Dir: t.TempDir()} },
	}
	for name, options := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, err := kinesis.New(options(t))
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(service)
			t.Cleanup(func() {
				server.Close()
				if err := service.Close(); err != nil {
					t.Error(err)
				}
			})
			conformance.Kinesis(t, conformance.Target[*awskinesis.Client]{Client: kinesisClient(server.URL), Name: "own, " + name, Known: notOffered()})
		})
	}
}

// TestKinesisKinesalite holds the suite itself against a Kinesis that is not ours.
func TestKinesisKinesalite(t *testing.T) {
	endpoint := os.Getenv("STREAMREC_KINESALITE_ENDPOINT")
	if endpoint == "" {
		t.Skip("STREAMREC_KINESALITE_ENDPOINT is not set (npm kinesalite@3.3.3, started with {shardLimit: 1000, createStreamMs: 50, updateStreamMs: 50})")
	}
	conformance.Kinesis(t, conformance.Target[*awskinesis.Client]{
		Client: kinesisClient(endpoint), Name: "kinesalite 3.3.3", Known: kinesaliteKnown(), Fatal: kinesaliteFatal(),
	})
}

// TestKinesisLocal does the same with another one.
func TestKinesisLocal(t *testing.T) {
	endpoint := os.Getenv("STREAMREC_KINESIS_LOCAL_ENDPOINT")
	if endpoint == "" {
		t.Skip("STREAMREC_KINESIS_LOCAL_ENDPOINT is not set (npm kinesis-local@0.6.2, its plain port, started with SHARD_LIMIT=1000)")
	}
	conformance.Kinesis(t, conformance.Target[*awskinesis.Client]{
		Client: kinesisClient(endpoint), Name: "kinesis-local 0.6.2", Known: kinesisLocalKnown(),
		Patience: 2 * time.Minute, // it answers, but needs half a minute for 10 MiB
	})
}
