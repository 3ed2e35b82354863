package local

import (
	"cmp"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/streamrec/streamrec/infra/local/inprocess"
)

// Client is an HTTP client that reaches the services without a socket, whatever URL it is given.
func (l *Local) Client() *http.Client { return inprocess.Client(l.handler) }

// Config is for SDK clients that reach the services without a socket. identity is their access key id, by which faults tell
// clients apart; empty is "local". The secret is that of Options.Credentials, or any.
//
// The endpoint is an IP address, which makes S3 clients use path style by themselves.
func (l *Local) Config(identity string) aws.Config {
	identity = cmp.Or(identity, "local")
	secret := cmp.Or(l.options.Credentials[identity], "secret")
	return aws.Config{
		Region:       l.options.Region,
		BaseEndpoint: aws.String("https://127.0.0.1"),
		HTTPClient:   l.Client(),
		Credentials:  credentials.NewStaticCredentialsProvider(identity, secret, ""),
	}
}
