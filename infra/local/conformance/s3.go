package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// s3Check is a claim about S3.
type s3Check = check[*s3Bucket]

func s3Checks() []s3Check {
	return slices.Concat(s3BucketChecks(), s3ObjectChecks(), s3ConditionChecks(), s3ListingChecks(), s3MultipartChecks())
}

// S3 runs every check against an S3, each in a bucket of its own that is deleted afterwards.
func S3(t *testing.T, target Target[*s3.Client]) {
	t.Helper()
	once := s3.New(target.Client.Options(), func(o *s3.Options) { o.RetryMaxAttempts = 1 })
	probe := func(t *testing.T) *s3Bucket { return newS3Bucket(t, once) }
	hold(t, suite[*s3Bucket]{service: "s3", checks: s3Checks(), probe: probe}, target)
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
