package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// list reads a whole listing page by page: keys and common prefixes, each in the order received.
func (b *s3Bucket) list(input s3.ListObjectsV2Input) (keys, prefixes []string, pages int, err error) {
	input.Bucket = &b.name
	for {
		output, err := b.ListObjectsV2(b.ctx, &input)
		if err != nil {
			return nil, nil, pages, err
		}
		pages++
		entries := len(output.Contents) + len(output.CommonPrefixes)
		if limit := aws.ToInt32(input.MaxKeys); limit > 0 && entries > int(limit) || output.KeyCount == nil || int(*output.KeyCount) != entries {
			return nil, nil, pages, fmt.Errorf("%d entries, KeyCount %d, MaxKeys %d", entries, aws.ToInt32(output.KeyCount), limit)
		}
		for _, object := range output.Contents {
			keys = append(keys, *object.Key)
		}
		for _, prefix := range output.CommonPrefixes {
			prefixes = append(prefixes, *prefix.Prefix)
		}
		if !aws.ToBool(output.IsTruncated) {
			return keys, prefixes, pages, nil
		}
		if aws.ToString(output.NextContinuationToken) == "" || pages > 1000 {
			return nil, nil, pages, errors.New("a truncated listing without an end")
		}
		input.ContinuationToken = output.NextContinuationToken
	}
}

func (b *s3Bucket) keys(input s3.ListObjectsV2Input) ([]string, error) {
	keys, _, _, err := b.list(input)
	return keys, err
}

func s3SameKeys(what string, got []string, want ...string) error {
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s:\ngot  %q\nwant %q", what, got, want)
	}
	return nil
}

func s3ListingChecks() []s3Check {
	return []s3Check{
		{"ListObjectsV2 paging, prefix, delimiter, StartAfter", func(b *s3Bucket) error {
			if err := b.fill("a/1", "a/2", "a/3", "b/1", "c", "d"); err != nil {
				return err
			}
			all, _, pages, err := b.list(s3.ListObjectsV2Input{MaxKeys: aws.Int32(4)})
			if err != nil {
				return err
			}
			under, err := b.keys(s3.ListObjectsV2Input{Prefix: aws.String("a/")})
			if err != nil {
				return err
			}
			top, folders, _, err := b.list(s3.ListObjectsV2Input{Delimiter: aws.String("/")})
			if err != nil {
				return err
			}
			later, err := b.keys(s3.ListObjectsV2Input{StartAfter: aws.String("a/2")})
			return errors.Join(err, s3SameKeys("all", all, "a/1", "a/2", "a/3", "b/1", "c", "d"), s3Equal("pages", pages, 2),
				s3SameKeys("prefix", under, "a/1", "a/2", "a/3"), s3SameKeys("top", top, "c", "d"),
				s3SameKeys("folders", folders, "a/", "b/"), s3SameKeys("after", later, "a/3", "b/1", "c", "d"))
		}},
		{"pages that end exactly at the last key are not truncated", func(b *s3Bucket) error {
			if err := b.fill("x/1", "x/2", "y/1"); err != nil {
				return err
			}
			keys, _, pages, err := b.list(s3.ListObjectsV2Input{Prefix: aws.String("x/"), MaxKeys: aws.Int32(2)})
			return errors.Join(err, s3SameKeys("keys", keys, "x/1", "x/2"), s3Equal("pages", pages, 1))
		}},
		{"delimiter with every page size: no prefix twice", func(b *s3Bucket) error {
			if err := b.fill("a", "b/1", "b/2", "b/3", "c", "d/1/x", "d/2", "e"); err != nil {
				return err
			}
			var errs []error
			for size := int32(1); size <= 6; size++ {
				keys, folders, _, err := b.list(s3.ListObjectsV2Input{Delimiter: aws.String("/"), MaxKeys: &size})
				what := fmt.Sprintf("pages of %d", size)
				errs = append(errs, err, s3SameKeys(what, keys, "a", "c", "e"), s3SameKeys(what, folders, "b/", "d/"))
			}
			return errors.Join(errs...)
		}},
		{"StartAfter a key that does not exist, with prefix", func(b *s3Bucket) error {
			if err := b.fill("g/1", "g/3", "g/5", "h/1"); err != nil {
				return err
			}
			between, err := b.keys(s3.ListObjectsV2Input{Prefix: aws.String("g/"), StartAfter: aws.String("g/2")})
			if err != nil {
				return err
			}
			before, err := b.keys(s3.ListObjectsV2Input{Prefix: aws.String("g/"), StartAfter: aws.String("a")})
			if err != nil {
				return err
			}
			behind, err := b.keys(s3.ListObjectsV2Input{Prefix: aws.String("g/"), StartAfter: aws.String("z")})
			return errors.Join(err, s3SameKeys("between", between, "g/3", "g/5"),
				s3SameKeys("before", before, "g/1", "g/3", "g/5"), s3SameKeys("behind", behind))
		}},
		{"listing is in the order of UTF-8 bytes", func(b *s3Bucket) error {
			keys := []string{"A", "a-b", "a.b", "a/b", "a=b", "a~", "ab", "z", "é", "ｚ", "日", "\U0001F600"}
			slices.Reverse(keys)
			if err := b.fill(keys...); err != nil {
				return err
			}
			slices.Sort(keys) // Go compares strings by their bytes
			listed, err := b.keys(s3.ListObjectsV2Input{MaxKeys: aws.Int32(5)})
			return errors.Join(err, s3SameKeys("order", listed, keys...))
		}},
		{"read-after-write list (strong consistency)", func(b *s3Bucket) error {
			var errs []error
			for i := range 20 {
				key := fmt.Sprintf("k%02d", i)
				if err := b.fill(key); err != nil {
					return err
				}
				keys, err := b.keys(s3.ListObjectsV2Input{})
				errs = append(errs, err, s3Equal("keys", len(keys), i+1), s3Equal("listed", slices.Contains(keys, key), true))
			}
			return errors.Join(errs...)
		}},
		{"more than 1000 keys come in pages of 1000", func(b *s3Bucket) error {
			var want []string
			for i := range 1001 {
				want = append(want, fmt.Sprintf("%s/%04d", strings.Repeat("p", 10), i))
			}
			if err := b.fill(want...); err != nil {
				return err
			}
			keys, _, pages, err := b.list(s3.ListObjectsV2Input{})
			return errors.Join(err, s3Equal("pages", pages, 2), s3SameKeys("keys", keys, want...))
		}},
		{"ListObjects (version 1) with marker and delimiter", func(b *s3Bucket) error {
			if err := b.fill("a", "b/1", "b/2", "c"); err != nil {
				return err
			}
			input := &s3.ListObjectsInput{Bucket: &b.name, Delimiter: aws.String("/"), MaxKeys: aws.Int32(2)}
			first, err := b.ListObjects(b.ctx, input)
			if err != nil {
				return err
			}
			input.Marker = first.NextMarker
			second, err := b.ListObjects(b.ctx, input)
			if err != nil {
				return err
			}
			if len(first.Contents) != 1 || len(first.CommonPrefixes) != 1 || len(second.Contents) != 1 || len(second.CommonPrefixes) != 0 {
				return fmt.Errorf("pages %d+%d, %d+%d", len(first.Contents), len(first.CommonPrefixes), len(second.Contents), len(second.CommonPrefixes))
			}
			return errors.Join(s3Equal("first", *first.Contents[0].Key, "a"), s3Equal("marker", *first.NextMarker, "b/"),
				s3Equal("second", *second.Contents[0].Key, "c"), s3Equal("truncated", aws.ToBool(second.IsTruncated), false))
		}},
	}
}
