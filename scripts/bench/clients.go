package main

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/streamrec/streamrec/infra/transport"
)

const region = "us-east-1"

// clients are the AWS clients of a process.
type clients struct {
	kinesis  *kinesis.Client
	dynamodb *dynamodb.Client
}

// newClients makes the clients of whoever has this access key.
func newClients(endpoint, accessKey string) clients {
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 256
		t.ResponseHeaderTimeout = 30 * time.Second
	})
	return clientsOver(aws.Config{
		Region: region, BaseEndpoint: &endpoint, HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, "secret", ""),
	})
}

func clientsOver(cfg aws.Config) clients {
	return clients{
		kinesis:  kinesis.NewFromConfig(cfg, func(o *kinesis.Options) { o.HTTPClient = transport.WholeBody{Next: o.HTTPClient} }),
		dynamodb: dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.HTTPClient = transport.WholeBody{Next: o.HTTPClient} }),
	}
}
