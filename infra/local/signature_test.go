package local

import (
	"net/http/httptest"
	"testing"
)

// FuzzParseSignature checks that no Authorization header stops the guard or is taken for a signature that it is not.
func FuzzParseSignature(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=A/20261123/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00")
	f.Add("AWS4-HMAC-SHA256 Credential=////aws4_request,SignedHeaders=host,Signature=")
	f.Add("Bearer abc")
	f.Fuzz(func(t *testing.T, header string) {
		s, ok := parseSignature(header)
		if !ok {
			return
		}
		r := httptest.NewRequest("GET", "http://127.0.0.1/bucket/key?b=2&a=1", nil)
		if s.verify(r, "UNSIGNED-PAYLOAD", "secret") {
			t.Errorf("%q counts as signed", header)
		}
	})
}

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{"/a b/é": "/a%20b/%C3%A9", "-._~AZaz09": "-._~AZaz09", "=+&%*'()!": "%3D%2B%26%25%2A%27%28%29%21"} {
		if got := escape(text, "/"); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if got := canonicalQuery(map[string][]string{"a-b": {"1"}, "a": {"2", "1"}, "": {""}}); got != "=&a=1&a=2&a-b=1" {
		t.Errorf("query: %s", got)
	}
}
