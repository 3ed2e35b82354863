package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/local/conformance"
	"github.com/streamrec/streamrec/infra/local/kinesis"
)

func kinesisClient(endpoint string) *awskinesis.Client {
	return awskinesis.New(awskinesis.Options{
		BaseEndpoint: &endpoint, HTTPClient: http.DefaultClient, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func TestKinesis(t *testing.T) {
	cases := map[string]struct {
		options func(t *testing.T) kinesis.Options
	}{
		"memory":    {func(*testing.T) kinesis.Options { return kinesis.Options{EnforceLimits: true} }},
		"directory": {func(t *testing.T) kinesis.Options { return kinesis.Options{EnforceLimits: true, Dir: t.TempDir()} }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, err := kinesis.New(c.options(t))
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
			conformance.Kinesis(t, conformance.KinesisTarget{Client: kinesisClient(server.URL), Name: "own, " + name, Known: map[string]string{
				"RegisterStreamConsumer -> ACTIVE":                 "enhanced fan-out is refused by name",
				"SubscribeToShard (EFO event stream) live records": "enhanced fan-out is refused by name",
				"SubscribeToShard on closed shard: ChildShards":    "enhanced fan-out is refused by name",
				"DeregisterStreamConsumer":                         "enhanced fan-out is refused by name",
			}})
		})
	}
}

func kinesisEndpoint(t *testing.T, variable string) string {
	t.Helper()
	endpoint := os.Getenv(variable)
	if endpoint == "" {
		t.Skip(variable + " is not set")
	}
	return endpoint
}

// TestKinesisKinesalite holds the suite itself against a Kinesis that is not ours.
func TestKinesisKinesalite(t *testing.T) {
	endpoint := kinesisEndpoint(t, "STREAMREC_KINESALITE_ENDPOINT")
	conformance.Kinesis(t, conformance.KinesisTarget{Client: kinesisClient(endpoint), Name: "kinesalite 3.3.3", Fatal: map[string]string{
		"ListShards NextToken with StreamName or garbage rejected": "a NextToken ends the process",
	}})
}

// TestKinesisLocal does the same with another.
func TestKinesisLocal(t *testing.T) {
	endpoint := kinesisEndpoint(t, "STREAMREC_KINESIS_LOCAL_ENDPOINT")
	conformance.Kinesis(t, conformance.KinesisTarget{Client: kinesisClient(endpoint), Name: "kinesis-local 0.6.2"})
}
