package s3

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRouteOf(t *testing.T) {
	cases := []struct {
		method, url string
		want        Route
	}{
		{"GET", "http://127.0.0.1:4566/", Route{"ListBuckets", "", ""}},
		{"PUT", "http://127.0.0.1:4566/bucket", Route{"CreateBucket", "bucket", ""}},
		{"PUT", "http://127.0.0.1:4566/bucket/", Route{"CreateBucket", "bucket", ""}},
		{"HEAD", "http://127.0.0.1/bucket", Route{"HeadBucket", "bucket", ""}},
		{"DELETE", "http://127.0.0.1/bucket", Route{"DeleteBucket", "bucket", ""}},
		{"GET", "http://127.0.0.1/bucket?location", Route{"GetBucketLocation", "bucket", ""}},
		{"GET", "http://127.0.0.1/bucket?list-type=2&prefix=a", Route{"ListObjectsV2", "bucket", ""}},
		{"GET", "http://127.0.0.1/bucket?prefix=a&encoding-type=url", Route{"ListObjects", "bucket", ""}},
		{"GET", "http://127.0.0.1/bucket?versions", Route{"ListObjectVersions", "bucket", ""}},
		{"POST", "http://127.0.0.1/bucket?delete", Route{"DeleteObjects", "bucket", ""}},
		{"POST", "http://127.0.0.1/bucket", Route{"PostObject", "bucket", ""}},
		{"PUT", "http://127.0.0.1/bucket?publicAccessBlock", Route{"PutBucketPublicAccessBlock", "bucket", ""}},
		{"PUT", "http://127.0.0.1/bucket?object-lock", Route{"PutBucketObjectLock", "bucket", ""}},
		{"GET", "http://127.0.0.1/bucket?uploads", Route{"ListMultipartUploads", "bucket", ""}},
		{"PUT", "http://127.0.0.1/bucket/a/b%3D1?x-id=PutObject", Route{"PutObject", "bucket", "a/b=1"}},
		{"PUT", "http://127.0.0.1/bucket/k?tagging", Route{"PutObjectTagging", "bucket", "k"}},
		{"PUT", "http://127.0.0.1/bucket/k?acl", Route{"PutObjectAcl", "bucket", "k"}},
		{"DELETE", "http://127.0.0.1/bucket/k?tagging&versionId=null", Route{"DeleteObjectTagging", "bucket", "k"}},
		{"GET", "http://127.0.0.1/bucket/k?response-content-type=text%2Fplain&X-Amz-Date=1", Route{"GetObject", "bucket", "k"}},
		{"HEAD", "http://127.0.0.1/bucket/k?partNumber=1", Route{"HeadObject", "bucket", "k"}},
		{"POST", "http://127.0.0.1/bucket/k?uploads", Route{"CreateMultipartUpload", "bucket", "k"}},
		{"PUT", "http://127.0.0.1/bucket/k?partNumber=1&uploadId=2", Route{"UploadPart", "bucket", "k"}},
		{"GET", "http://127.0.0.1/bucket/k?uploadId=2", Route{"ListParts", "bucket", "k"}},
		{"POST", "http://127.0.0.1/bucket/k?uploadId=2", Route{"CompleteMultipartUpload", "bucket", "k"}},
		{"DELETE", "http://127.0.0.1/bucket/k?uploadId=2", Route{"AbortMultipartUpload", "bucket", "k"}},
		{"PATCH", "http://127.0.0.1/bucket/k?uploadId=2", Route{"Unknown", "bucket", "k"}},
		{"PUT", "http://127.0.0.1/", Route{"Unknown", "", ""}},
		{"GET", "http://127.0.0.1/bucket/%ff", Route{"InvalidKey", "bucket", "\xff"}},
		{"GET", "http://127.0.0.1/bucket//k", Route{"GetObject", "bucket", "/k"}},
		// virtual hosts
		{"PUT", "http://bucket.localhost:4566/k", Route{"PutObject", "bucket", "k"}},
		{"PUT", "http://bucket.127.0.0.1:4566/a/b", Route{"PutObject", "bucket", "a/b"}},
		{"GET", "http://bucket.s3.localhost:4566/?list-type=2", Route{"ListObjectsV2", "bucket", ""}},
		{"PUT", "http://dotted.bucket.localhost/k", Route{"PutObject", "dotted.bucket", "k"}},
		{"PUT", "http://Bucket.LocalHost/k", Route{"PutObject", "bucket", "k"}},
		{"GET", "http://bucket.s3.eu-west-1.amazonaws.com/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://bucket.s3-eu-west-1.amazonaws.com/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://bucket.s3.amazonaws.com/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://s3.eu-west-1.amazonaws.com/bucket/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://s3.localhost/bucket/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://localhost:4566/bucket/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://[::1]:4566/bucket/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://streamrec:4566/bucket/k", Route{"GetObject", "bucket", "k"}},
		{"GET", "http://bucket.localhost/", Route{"ListObjects", "bucket", ""}},
	}
	for _, c := range cases {
		if got := RouteOf(httptest.NewRequest(c.method, c.url, nil)); got != c.want {
			t.Errorf("%s %s: got %+v, want %+v", c.method, c.url, got, c.want)
		}
	}
}

func TestRouteOfCopies(t *testing.T) {
	for url, want := range map[string]string{"/bucket/k": "CopyObject", "/bucket/k?partNumber=1&uploadId=2": "UploadPartCopy"} {
		r := httptest.NewRequest(http.MethodPut, "http://127.0.0.1"+url, nil)
		r.Header.Set("x-amz-copy-source", "bucket/from")
		if got := RouteOf(r).Operation; got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}
