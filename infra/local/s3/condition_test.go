package s3

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestIgnoreConditions(t *testing.T) {
	s := open(t, Options{IgnoreConditions: true})
	client, ctx := sdk(s), t.Context()
	put := func(body string, condition func(*awss3.PutObjectInput)) {
		t.Helper()
		input := &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), Body: strings.NewReader(body)}
		condition(input)
		if _, err := client.PutObject(ctx, input); err != nil {
			t.Errorf("put %s: %v", body, err)
		}
	}
	put("1", func(input *awss3.PutObjectInput) { input.IfMatch = aws.String(`"missing"`) })
	put("2", func(input *awss3.PutObjectInput) { input.IfNoneMatch = aws.String("*") })
	put("3", func(input *awss3.PutObjectInput) { input.IfNoneMatch = aws.String("*") })
	if got := send(t, s, http.MethodGet, object1, ""); got.body != "3" {
		t.Errorf("got %q", got.body)
	}
	send(t, s, http.MethodGet, object1, "", "if-match", `"x"`).want(t, "reads keep their conditions", 412, "PreconditionFailed")
	send(t, s, http.MethodDelete, object1, "", "if-match", `"x"`).want(t, "delete", 204, "")
	send(t, s, http.MethodGet, object1, "").want(t, "after the delete", 404, "NoSuchKey")
}

func TestConditionalReads(t *testing.T) {
	s := open(t, Options{Now: func() time.Time { return testTime.Add(500 * time.Millisecond) }})
	etag := send(t, s, http.MethodPut, object1, "x").header.Get("ETag")
	at, before, after := testTime.Format(http.TimeFormat), testTime.Add(-time.Second).Format(http.TimeFormat), testTime.Add(time.Second).Format(http.TimeFormat)
	for _, c := range []struct {
		header []string
		status int
	}{
		{[]string{"if-match", etag}, 200},
		{[]string{"if-match", strings.Trim(etag, `"`)}, 200},
		{[]string{"if-match", `"a", ` + etag}, 200},
		{[]string{"if-match", "*"}, 200},
		{[]string{"if-match", `"a"`}, 412},
		{[]string{"if-none-match", etag}, 304},
		{[]string{"if-none-match", "*"}, 304},
		{[]string{"if-none-match", `"a"`}, 200},
		{[]string{"if-modified-since", at}, 304},
		{[]string{"if-modified-since", before}, 200},
		{[]string{"if-modified-since", "yesterday"}, 200},
		{[]string{"if-unmodified-since", at}, 200},
		{[]string{"if-unmodified-since", before}, 412},
		{[]string{"if-match", etag, "if-unmodified-since", before}, 200},
		{[]string{"if-none-match", `"a"`, "if-modified-since", after}, 200},
		{[]string{"if-match", etag, "if-none-match", etag}, 304},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if got := send(t, s, method, object1, "", c.header...); got.status != c.status {
				t.Errorf("%s %v: got %d, want %d", method, c.header, got.status, c.status)
			}
		}
	}
}
