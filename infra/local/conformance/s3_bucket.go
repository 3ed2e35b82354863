package conformance

import (
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func s3BucketChecks() []s3Check {
	return []s3Check{
		{"CreateBucket, HeadBucket, missing 404", func(b *s3Bucket) error {
			_, err := b.HeadBucket(b.ctx, &s3.HeadBucketInput{Bucket: &b.name})
			if err != nil {
				return err
			}
			_, err = b.HeadBucket(b.ctx, &s3.HeadBucketInput{Bucket: aws.String(b.name + "-missing")})
			return s3Refused("HeadBucket of a missing bucket", err, 404, "NotFound")
		}},
		{"every call on a missing bucket is NoSuchBucket", func(b *s3Bucket) error {
			missing := &s3Bucket{Client: b.Client, ctx: b.ctx, name: b.name + "-missing"}
			_, put := missing.put("k", "")
			_, get := missing.GetObject(b.ctx, &s3.GetObjectInput{Bucket: &missing.name, Key: aws.String("k")})
			_, list := missing.ListObjectsV2(b.ctx, &s3.ListObjectsV2Input{Bucket: &missing.name})
			_, remove := missing.DeleteObject(b.ctx, &s3.DeleteObjectInput{Bucket: &missing.name, Key: aws.String("k")})
			return errors.Join(s3Refused("put", put, 404, "NoSuchBucket"), s3Refused("get", get, 404, "NoSuchBucket"),
				s3Refused("list", list, 404, "NoSuchBucket"), s3Refused("delete", remove, 404, "NoSuchBucket"))
		}},
		{"CreateBucket again is BucketAlreadyOwnedByYou", func(b *s3Bucket) error {
			_, err := b.CreateBucket(b.ctx, &s3.CreateBucketInput{Bucket: &b.name})
			return s3Refused("second CreateBucket", err, 409, "BucketAlreadyOwnedByYou")
		}},
		{"DeleteBucket with an object in it is BucketNotEmpty", func(b *s3Bucket) error {
			if err := b.fill("k"); err != nil {
				return err
			}
			_, err := b.DeleteBucket(b.ctx, &s3.DeleteBucketInput{Bucket: &b.name})
			return s3Refused("DeleteBucket", err, 409, "BucketNotEmpty")
		}},
		{"ListBuckets shows the bucket", func(b *s3Bucket) error {
			list, err := b.ListBuckets(b.ctx, &s3.ListBucketsInput{})
			if err != nil {
				return err
			}
			for _, bucket := range list.Buckets {
				if *bucket.Name == b.name && bucket.CreationDate != nil {
					return nil
				}
			}
			return errors.New("not listed, or without a creation date")
		}},
		{"bucket names that break the rules are refused", func(b *s3Bucket) error {
			var errs []error
			for _, name := range []string{"UPPER-CASE", "under_score", "two..dots"} {
				_, err := b.CreateBucket(b.ctx, &s3.CreateBucketInput{Bucket: &name})
				errs = append(errs, s3Refused(name, err, 400, "InvalidBucketName"))
			}
			return errors.Join(errs...)
		}},
		{"DeleteObjects batch, DeleteObject idempotent", func(b *s3Bucket) error {
			if err := b.fill("a", "b", "c"); err != nil {
				return err
			}
			deleted, err := b.deleteAll("a", "missing", "c")
			if err != nil {
				return err
			}
			_, again := b.DeleteObject(b.ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String("a")})
			left, err := b.keys(s3.ListObjectsV2Input{})
			slices.Sort(deleted)
			return errors.Join(err, again, s3SameKeys("deleted", deleted, "a", "c", "missing"), s3SameKeys("left", left, "b"))
		}},
	}
}
