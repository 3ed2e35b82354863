package fault

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/streamrec/streamrec/infra/local/s3"
)

// The names of the services.
const (
	Kinesis  = "kinesis"
	DynamoDB = "dynamodb"
	S3       = "s3"
)

// maxBody is how much of a JSON body is looked at, in bytes; more than either service accepts.
const maxBody = 32 << 20

// Call is what is known of a request before it is answered.
type Call struct {
	// Service and Operation name the API call.
	Service, Operation string
	// AccessKey is the access key id that signed it, empty for an unsigned request.
	AccessKey string
	// Resources are the names of the bucket, the stream, or the tables that the request is about. Those of Kinesis and
	// DynamoDB are known only after [Call.read].
	Resources []string
	// Key is the object's key.
	Key string
	// Body is the JSON body of a Kinesis or DynamoDB call, if it was read.
	Body []byte
}

// CallOf reads a request's call from its URL and header. It does not touch the body.
func CallOf(r *http.Request) Call {
	c := Call{AccessKey: AccessKeyOf(r)}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		version, operation, _ := strings.Cut(target, ".")
		c.Operation = operation
		switch {
		case strings.HasPrefix(version, "Kinesis_"):
			c.Service = Kinesis
		case strings.HasPrefix(version, "DynamoDB_"):
			c.Service = DynamoDB
		}
		return c
	}
	route := s3.RouteOf(r)
	c.Service, c.Operation, c.Key = S3, route.Operation, route.Key
	if route.Bucket != "" {
		c.Resources = []string{route.Bucket}
	}
	return c
}

// AccessKeyOf returns the access key id that signed a request, from its header or its query; empty when unsigned.
func AccessKeyOf(r *http.Request) string {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, after, found := strings.Cut(r.Header.Get("Authorization"), "Credential="); found {
		credential = after
	}
	id, _, _ := strings.Cut(credential, "/")
	return id
}

// read reads the body of a JSON call, finds the names in it, and gives the request an equal body.
func (c *Call) read(r *http.Request) {
	if c.Service == S3 || r.Body == nil {
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	rest := io.Reader(r.Body)
	if err != nil {
		rest = failing{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), r.Body}
	c.Body, c.Resources = body, resources(body)
}

// failing repeats a read error to the service.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// resources finds the names of streams and tables in a JSON body.
func resources(body []byte) []string {
	var named struct {
		StreamName, StreamARN, ConsumerARN, ResourceARN, TableName string
		RequestItems                                               map[string]json.RawMessage
		TransactItems                                              []map[string]struct{ TableName string }
	}
	if err := json.Unmarshal(body, &named); err != nil {
		return nil // the service will say so
	}
	names := slices.Collect(maps.Keys(named.RequestItems))
	for _, item := range named.TransactItems {
		for _, action := range item {
			names = append(names, action.TableName)
		}
	}
	names = append(names, named.StreamName, named.TableName)
	for _, arn := range []string{named.StreamARN, named.ConsumerARN, named.ResourceARN, named.TableName} {
		if _, path, found := strings.Cut(arn, "/"); found {
			name, _, _ := strings.Cut(path, "/")
			names = append(names, name)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}
