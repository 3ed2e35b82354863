package transport

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// TestAnswers tells what AWS says from what others do, as far as the answer shows it.
func TestAnswers(t *testing.T) {
	html, id := http.Header{"Content-Type": {"text/html; charset=utf-8"}}, http.Header{"X-Amz-Request-Id": {"17"}}
	xml := http.Header{"Content-Type": {"application/xml"}}
	api := func(code, message string) error { return &smithy.GenericAPIError{Code: code, Message: message} }
	for _, c := range []struct {
		status  int
		header  http.Header
		err     error
		foreign bool
		text    string
	}{
		{403, html, &smithy.DeserializationError{Err: errors.New("invalid character '<'")}, true, "S3, status 403"},
		{502, nil, api("BadGateway", "Bad Gateway"), true, "S3, status 502"},
		{403, id, api("Forbidden", "Forbidden"), false, "S3, status 403 Forbidden"}, // of a HEAD
		{403, xml, api("Forbidden", "Forbidden"), false, "S3, status 403 Forbidden"},
		{500, nil, api("InternalFailure", "We are sorry."), false, "S3, status 500 InternalFailure: We are sorry"},
		{404, html, api("NotFound", "Not Found"), false, "S3, status 404 NotFound"},
	} {
		err := &smithy.OperationError{ServiceID: "S3", Err: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: c.status, Header: c.header}}, Err: c.err,
		}}
		if a, ok := AnswerOf(err); !ok || a.Foreign != c.foreign || a.Error() != c.text || a.Failed() != (c.status >= 500) {
			t.Errorf("%d %v %v: %+v %q", c.status, c.header, c.err, a, a.Error())
		}
	}
	if _, ok := AnswerOf(errors.New("connection refused")); ok {
		t.Error("nobody has answered")
	}
}
