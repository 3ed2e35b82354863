package fault

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCallOf(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "http://bucket.localhost/a%3D1?X-Amz-Credential=w1%2F20261123%2Feu-west-1%2Fs3%2Faws4_request", nil)
	got := CallOf(r)
	if got.Service != S3 || got.Operation != "GetObject" || got.AccessKey != "w1" || got.Key != "a=1" || !slices.Equal(got.Resources, []string{"bucket"}) {
		t.Errorf("got %+v", got)
	}
	r.Header.Set("X-Amz-Target", "Logs_20140328.PutLogEvents")
	if got := CallOf(r); got.Service != "" || got.Operation != "PutLogEvents" {
		t.Errorf("another service: got %+v", got)
	}
}

// TestReadPassesErrorsOn: reading ahead must not turn a broken body into a shorter one.
func TestReadPassesErrorsOn(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", io.MultiReader(strings.NewReader(`{"Stre`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	c := Call{Service: Kinesis}
	c.read(r)
	if got, err := io.ReadAll(r.Body); string(got) != `{"Stre` || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v", got, err)
	}
}

// FuzzResources checks that no body stops the script, and that only names come out.
func FuzzResources(f *testing.F) {
	f.Add([]byte(`{"StreamARN":"arn:aws:kinesis:r:1:stream/s","RequestItems":{"t":[]},"TransactItems":[{"Put":{"TableName":"u"}}]}`))
	f.Add([]byte(`{"TableName":7}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if names := resources(body); slices.Contains(names, "") {
			t.Errorf("%q names %q", body, names)
		}
	})
}
