package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// S3Target is an S3 to be held against the behaviour of Amazon's.
type S3Target struct {
	// Client talks to it. Its retries should be few: some checks provoke refusals.
	Client *s3.Client
	// Name is the target's name in the results.
	Name string
	// Known maps the names of checks that are known to fail to the reason. They run all the same, and the suite fails when one
	// of them passes, so that the list stays true.
	Known map[string]string
}

// s3Check is one row of the table: a claim about S3, as a subtest.
type s3Check struct {
	name string
	run  func(*s3Bucket) error
}

// s3Checks lists all rows. Their names are stable: Known and the results refer to them.
func s3Checks() []s3Check {
	return slices.Concat(s3BucketChecks(), s3ObjectChecks(), s3ConditionChecks(), s3ListingChecks(), s3MultipartChecks())
}

// S3 runs every check against target, each in a bucket of its own that is deleted afterwards. With
// STREAMREC_CONFORMANCE_OUT set it appends a line "s3, target, check, result" per check to that file, separated by tabs; the
// result is ok, FAIL or known difference.
func S3(t *testing.T, target S3Target) {
	t.Helper()
	checks := s3Checks()
	for name := range target.Known {
		if !slices.ContainsFunc(checks, func(c s3Check) bool { return c.name == name }) {
			t.Errorf("Known names a check that does not exist: %q", name)
		}
	}
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			err := check.run(newS3Bucket(t, target.Client))
			result := "ok"
			reason, known := target.Known[check.name]
			switch {
			case known && err == nil:
				t.Errorf("this difference is gone: %s", reason)
			case known:
				result = "known difference"
				t.Logf("known difference (%s): %v", reason, err)
			case err != nil:
				result = "FAIL"
				t.Error(err)
			}
			recordS3(t, target.Name, check.name, result)
		})
	}
}

// recordS3 appends a result to the file that the environment names. One write per line keeps lines of tests that run at the
// same time whole.
func recordS3(t *testing.T, target, check, result string) {
	t.Helper()
	path := os.Getenv("STREAMREC_CONFORMANCE_OUT")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the file that the caller asks for
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, "s3\t%s\t%s\t%s\n", target, check, result)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

// s3Bucket is a bucket for one check.
type s3Bucket struct {
	*s3.Client
	ctx  context.Context
	name string
}

func newS3Bucket(t *testing.T, client *s3.Client) *s3Bucket {
	t.Helper()
	b := &s3Bucket{Client: client, ctx: t.Context(), name: "conformance-" + strings.ToLower(rand.Text())}
	if _, err := client.CreateBucket(b.ctx, &s3.CreateBucketInput{Bucket: &b.name}); err != nil {
		t.Fatalf("create bucket: %v", err)
	}
	t.Cleanup(func() {
		b.ctx = context.WithoutCancel(b.ctx)
		if err := b.destroy(); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	return b
}

// destroy deletes the bucket with all that is in it.
func (b *s3Bucket) destroy() error {
	pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(b.ctx)
		if err != nil {
			return err
		}
		for _, object := range page.Contents {
			if _, err := b.DeleteObject(b.ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: object.Key}); err != nil {
				return err
			}
		}
	}
	_, err := b.DeleteBucket(b.ctx, &s3.DeleteBucketInput{Bucket: &b.name})
	return err
}

// put stores a small object.
func (b *s3Bucket) put(key, body string, options ...func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
	input := &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: strings.NewReader(body)}
	for _, option := range options {
		option(input)
	}
	return b.PutObject(b.ctx, input)
}

// fill stores an empty object under every key.
func (b *s3Bucket) fill(keys ...string) error {
	for _, key := range keys {
		if _, err := b.put(key, ""); err != nil {
			return fmt.Errorf("put %q: %w", key, err)
		}
	}
	return nil
}

func (b *s3Bucket) head(key string) (*s3.HeadObjectOutput, error) {
	return b.HeadObject(b.ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
}

// s3Refused checks that err is an answer of the service with this status and, unless empty, this error code.
func s3Refused(what string, err error, status int, code string) error {
	if err == nil {
		return fmt.Errorf("%s: accepted, want %d %s", what, status, code)
	}
	answer, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	if !ok || answer.HTTPStatusCode() != status {
		return fmt.Errorf("%s: %w, want status %d", what, err, status)
	}
	problem, ok := errors.AsType[smithy.APIError](err)
	if code != "" && (!ok || problem.ErrorCode() != code) {
		return fmt.Errorf("%s: %w, want code %s", what, err, code)
	}
	return nil
}

// s3Equal is an error when got is not want.
func s3Equal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}
