package iam

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/streamrec/streamrec/infra/local/fault"
)

// Requests returns what AWS would ask the policies about a call over HTTP: one question for each resource. The body can still be read.
func Requests(r *http.Request, n Names) ([]Request, error) {
	call := fault.CallOf(r)
	switch call.Service {
	case fault.S3:
		return []Request{objectRequest(r, call, n)}, nil
	case fault.Kinesis, fault.DynamoDB:
		body, err := peek(r)
		if err != nil {
			return nil, err
		}
		if call.Service == fault.Kinesis {
			return []Request{streamRequest(call, body, n)}, nil
		}
		return tableRequests(call, body, n), nil
	}
	return []Request{{Action: call.Service + ":" + call.Operation}}, nil
}

// peek returns the body of a JSON call.
func peek(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}

// s3Actions names the actions that are not called like their operations.
var s3Actions = map[string]string{
	"HeadBucket": "ListBucket", "ListObjects": "ListBucket", "ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions",
	"HeadObject": "GetObject", "DeleteObjects": "DeleteObject", "ListBuckets": "ListAllMyBuckets",
	"CreateMultipartUpload": "PutObject", "UploadPart": "PutObject", "CompleteMultipartUpload": "PutObject", "CopyObject": "PutObject", "UploadPartCopy": "PutObject",
}

func objectRequest(r *http.Request, call fault.Call, n Names) Request {
	action, query := call.Operation, r.URL.Query()
	if name, other := s3Actions[action]; other {
		action = name
	}
	if query.Has("versionId") && (action == "GetObject" || action == "DeleteObject") {
		action += "Version"
	}
	out := Request{Action: "s3:" + action, Context: map[string][]string{"aws:SecureTransport": {"true"}}} // as it is on AWS; the local port has no TLS
	if len(call.Resources) > 0 {
		out.Resource = n.ObjectARN(call.Resources[0], call.Key)
	}
	for key, value := range map[string]string{
		"s3:if-none-match": r.Header.Get("If-None-Match"), "s3:if-match": r.Header.Get("If-Match"), "s3:prefix": query.Get("prefix"),
	} {
		if value != "" {
			out.Context[key] = []string{value}
		}
	}
	return out
}

func streamRequest(call fault.Call, body []byte, n Names) Request {
	out := Request{Action: "kinesis:" + call.Operation}
	var named struct{ StreamName, StreamARN string }
	_ = json.Unmarshal(body, &named) // the service will say so
	switch {
	case call.Operation == "DescribeLimits" || call.Operation == "ListStreams" || call.Operation == "UpdateShardCount": // know no resource
	case named.StreamARN != "":
		out.Resource = named.StreamARN
	case named.StreamName != "":
		n.Stream = named.StreamName
		out.Resource = n.StreamARN()
	default:
		out.Resource = n.StreamARN()
	}
	return out
}

// attribute is a value of DynamoDB that is a string.
type attribute struct{ S string }

// tableRequests has a question for each table. The hash keys of batches and transactions are not looked at, so that they count as absent: no role may use them.
func tableRequests(call fault.Call, body []byte, n Names) (out []Request) {
	var in struct {
		TableName                 string
		Key, Item                 map[string]json.RawMessage
		KeyConditionExpression    string
		ExpressionAttributeNames  map[string]string
		ExpressionAttributeValues map[string]json.RawMessage
		RequestItems              map[string]json.RawMessage
	}
	_ = json.Unmarshal(body, &in) // the service will say so
	one := Request{Action: "dynamodb:" + call.Operation, Context: map[string][]string{}}
	var scope attribute
	for _, value := range []json.RawMessage{in.Key["scope"], in.Item["scope"], in.ExpressionAttributeValues[keyValue(in.KeyConditionExpression)]} {
		if value != nil && json.Unmarshal(value, &scope) == nil {
			one.Context["dynamodb:LeadingKeys"] = []string{scope.S}
		}
	}
	for table := range in.RequestItems {
		one.Resource = n.TableARN(table)
		out = append(out, one)
	}
	if in.TableName != "" {
		one.Resource = n.TableARN(in.TableName)
	}
	if len(out) == 0 || in.TableName != "" {
		out = append(out, one)
	}
	return out
}

// keyValue is the placeholder that a key condition of the form "#scope = :scope" compares with.
func keyValue(condition string) string {
	_, value, _ := strings.Cut(condition, " = ")
	return value
}
