package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// s3PartSize is the smallest that S3 takes for all parts but the last, in bytes.
const s3PartSize = 5 << 20

// upload uploads the parts of a multipart upload and returns the request that would complete it.
func (b *s3Bucket) upload(key string, parts ...[]byte) (*s3.CompleteMultipartUploadInput, error) {
	created, err := b.CreateMultipartUpload(b.ctx, &s3.CreateMultipartUploadInput{
		Bucket: &b.name, Key: &key, Metadata: map[string]string{"a": "1"},
	})
	if err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	complete := &s3.CompleteMultipartUploadInput{Bucket: &b.name, Key: &key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{}}
	for i, part := range parts {
		number := aws.Int32(int32(i + 1))
		uploaded, err := b.UploadPart(b.ctx, &s3.UploadPartInput{
			Bucket: &b.name, Key: &key, UploadId: created.UploadId, PartNumber: number, Body: bytes.NewReader(part),
		})
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		complete.MultipartUpload.Parts = append(complete.MultipartUpload.Parts, types.CompletedPart{ETag: uploaded.ETag, PartNumber: number})
	}
	return complete, nil
}

func s3MultipartChecks() []s3Check {
	return []s3Check{
		{"multipart 3 parts, ETag -3, body, metadata", func(b *s3Bucket) error {
			parts := [][]byte{bytes.Repeat([]byte("a"), s3PartSize), bytes.Repeat([]byte("b"), s3PartSize), []byte("c")}
			complete, err := b.upload("k", parts...)
			if err != nil {
				return err
			}
			completed, err := b.CompleteMultipartUpload(b.ctx, complete)
			if err != nil {
				return err
			}
			output, body, err := b.read("k", "")
			if err != nil {
				return err
			}
			return errors.Join(s3Equal("body is the same", body == string(bytes.Join(parts, nil)), true),
				s3Equal("ETag ends in -3", strings.HasSuffix(*completed.ETag, `-3"`), true), s3Equal("metadata", output.Metadata["a"], "1"))
		}},
		{"the ETag of a completed upload is that of GET and HEAD", func(b *s3Bucket) error {
			complete, err := b.upload("k", []byte("only"))
			if err != nil {
				return err
			}
			completed, err := b.CompleteMultipartUpload(b.ctx, complete)
			if err != nil {
				return err
			}
			output, err := b.head("k")
			if err != nil {
				return err
			}
			return s3Equal("ETag", *output.ETag, *completed.ETag)
		}},
		{"CompleteMultipart If-None-Match:* new ok / exists 412", func(b *s3Bucket) error {
			complete, err := b.upload("k", []byte("multipart"))
			if err != nil {
				return err
			}
			complete.IfNoneMatch = aws.String("*")
			if _, err := b.CompleteMultipartUpload(b.ctx, complete); err != nil {
				return fmt.Errorf("new key: %w", err)
			}
			again, err := b.upload("k", []byte("overwritten"))
			if err != nil {
				return err
			}
			again.IfNoneMatch = aws.String("*")
			_, exists := b.CompleteMultipartUpload(b.ctx, again)
			_, body, err := b.read("k", "")
			return errors.Join(err, s3Refused("existing key", exists, 412, "PreconditionFailed"), s3Equal("body", body, "multipart"))
		}},
		{"a conditional CompleteMultipart never overwrites", func(b *s3Bucket) error {
			if _, err := b.put("k", "first"); err != nil {
				return err
			}
			complete, err := b.upload("k", []byte("second"))
			if err != nil {
				return err
			}
			complete.IfNoneMatch = aws.String("*")
			if _, err := b.CompleteMultipartUpload(b.ctx, complete); err == nil {
				return errors.New("accepted")
			}
			_, body, err := b.read("k", "")
			return errors.Join(err, s3Equal("body", body, "first"))
		}},
		{"Abort + ListMultipartUploads empty after", func(b *s3Bucket) error {
			complete, err := b.upload("k", []byte("x"))
			if err != nil {
				return err
			}
			before, err := b.ListMultipartUploads(b.ctx, &s3.ListMultipartUploadsInput{Bucket: &b.name})
			if err != nil {
				return err
			}
			_, err = b.AbortMultipartUpload(b.ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: complete.Key, UploadId: complete.UploadId})
			if err != nil {
				return err
			}
			after, err := b.ListMultipartUploads(b.ctx, &s3.ListMultipartUploadsInput{Bucket: &b.name})
			if err != nil {
				return err
			}
			_, missing := b.head("k")
			return errors.Join(s3Equal("before", len(before.Uploads), 1), s3Equal("after", len(after.Uploads), 0), s3Refused("no object", missing, 404, ""))
		}},
	}
}
