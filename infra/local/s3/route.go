package s3

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Route is what a request asks of S3.
type Route struct {
	// Operation is the name of the API call, such as "PutObject". Of a call that S3 has and this package does not know it is a
	// made-up name of the same form, such as "PutObjectTagging".
	Operation string
	// Bucket and Key are decoded; either may be empty.
	Bucket, Key string
}

// RouteOf reads a request's route. It changes nothing and cannot fail: what makes no sense gets an operation that nobody serves.
func RouteOf(r *http.Request) Route {
	bucket, key := address(r)
	return Route{Operation: operation(r, bucket, key), Bucket: bucket, Key: key}
}

// address splits a request into bucket and key: path style, or virtual-host style when the host names a bucket.
func address(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if bucket := hostBucket(r.Host); bucket != "" {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// hostBucket returns the bucket that a Host header names: BUCKET.localhost, BUCKET.127.0.0.1, BUCKET.s3.REGION.amazonaws.com
// and the like, with or without a port.
func hostBucket(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	host = strings.ToLower(host)
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	for _, base := range []string{".localhost", ".127.0.0.1"} {
		if bucket, ok := strings.CutSuffix(host, base); ok {
			return bucketLabel(bucket)
		}
	}
	if service, ok := strings.CutSuffix(host, ".amazonaws.com"); ok {
		if i := max(strings.LastIndex(service, ".s3."), strings.LastIndex(service, ".s3-")); i > 0 {
			return service[:i]
		}
		if bucket, ok := strings.CutSuffix(service, ".s3"); ok {
			return bucket
		}
	}
	return ""
}

// bucketLabel rejects what is too short for a bucket and is rather the name of the service, as in s3.localhost.
func bucketLabel(label string) string {
	label = strings.TrimSuffix(label, ".s3")
	if len(label) < 3 {
		return ""
	}
	return label
}

// operation names the API call of a request.
func operation(r *http.Request, bucket, key string) string {
	query := r.URL.Query()
	switch {
	case !utf8.ValidString(key):
		return "InvalidKey"
	case bucket == "" && key == "" && r.Method == http.MethodGet:
		return "ListBuckets"
	case bucket == "":
		return "Unknown"
	case query.Has("uploadId") || query.Has("uploads"):
		return uploadOperation(r, query)
	case key == "":
		return bucketOperation(r, query)
	default:
		return objectOperation(r, query)
	}
}

func uploadOperation(r *http.Request, query url.Values) string {
	switch {
	case query.Has("uploads") && r.Method == http.MethodGet:
		return "ListMultipartUploads"
	case query.Has("uploads") && r.Method == http.MethodPost:
		return "CreateMultipartUpload"
	case r.Method == http.MethodGet:
		return "ListParts"
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return "UploadPartCopy"
	case r.Method == http.MethodPut:
		return "UploadPart"
	case r.Method == http.MethodPost:
		return "CompleteMultipartUpload"
	case r.Method == http.MethodDelete:
		return "AbortMultipartUpload"
	default:
		return "Unknown"
	}
}

func bucketOperation(r *http.Request, query url.Values) string {
	resource := subresource(query)
	switch {
	case r.Method == http.MethodGet && resource == "Versions":
		return "ListObjectVersions"
	case r.Method == http.MethodPost && resource == "Delete":
		return "DeleteObjects"
	case r.Method == http.MethodPost:
		return "PostObject" + resource
	case resource != "":
		return verb(r.Method) + "Bucket" + resource
	case r.Method == http.MethodGet && query.Get("list-type") == "2":
		return "ListObjectsV2"
	case r.Method == http.MethodGet:
		return "ListObjects"
	case r.Method == http.MethodPut:
		return "CreateBucket"
	default:
		return verb(r.Method) + "Bucket"
	}
}

func objectOperation(r *http.Request, query url.Values) string {
	if r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" {
		return "CopyObject"
	}
	return verb(r.Method) + "Object" + subresource(query)
}

func verb(method string) string {
	return method[:min(1, len(method))] + strings.ToLower(method[min(1, len(method)):])
}

// subresource names the part of a bucket or object that a query selects: "Tagging" for ?tagging, "PublicAccessBlock" for
// ?publicAccessBlock; empty for the thing itself. Any parameter that is not known to be harmless counts as one.
func subresource(query url.Values) string {
	name := ""
	for parameter := range query {
		if !harmless(parameter) && (name == "" || parameter < name) {
			name = parameter
		}
	}
	var camel strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			camel.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return camel.String()
}

// harmless reports whether a query parameter qualifies an operation rather than selecting another.
func harmless(parameter string) bool {
	switch parameter {
	case "x-id", "list-type", "prefix", "delimiter", "max-keys", "marker", "start-after", "continuation-token", "encoding-type",
		"fetch-owner", "partNumber", "versionId", "max-uploads", "max-parts", "part-number-marker", "key-marker", "upload-id-marker",
		"max-buckets", "bucket-region":
		return true
	}
	return strings.HasPrefix(parameter, "response-") || strings.HasPrefix(parameter, "X-Amz-")
}
