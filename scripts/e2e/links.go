package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Keys lists what the bucket has under a prefix, nothing when there is no bucket.
func (s *Stack) Keys(ctx context.Context, prefix string) (keys []string) {
	s.t.Helper()
	pages := s3.NewListObjectsV2Paginator(s.S3, &s3.ListObjectsV2Input{Bucket: aws.String(Bucket), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if _, missing := errors.AsType[*types.NoSuchBucket](err); missing {
			return nil
		}
		if err != nil {
			s.t.Fatalf("list bucket: %v", err)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
	}
	return keys
}

// Links lists the Parquet objects of an application.
func (s *Stack) Links(ctx context.Context, app string) []string {
	s.t.Helper()
	return slices.DeleteFunc(s.Keys(ctx, app+"/"), func(key string) bool { return !strings.HasSuffix(key, ".parquet") })
}

// LinksOf counts the links of some shards.
func (s *Stack) LinksOf(ctx context.Context, app string, shards []string) (n int) {
	s.t.Helper()
	for _, key := range s.Links(ctx, app) {
		if slices.ContainsFunc(shards, func(shard string) bool { return strings.Contains(key, "/"+shard+"-") }) {
			n++
		}
	}
	return n
}

// AwaitMore waits until there are more links of some shards than n.
func (s *Stack) AwaitMore(ctx context.Context, app string, shards []string, n int) {
	s.t.Helper()
	Until(ctx, s.t, fmt.Sprintf("%v have more than %d links", shards, n), func() (bool, string) {
		have := s.LinksOf(ctx, app, shards)
		return have > n, strconv.Itoa(have)
	})
}

// RecordsOf returns how many Kinesis records an object says that it has.
func (s *Stack) RecordsOf(ctx context.Context, key string) int {
	s.t.Helper()
	head, err := s.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(Bucket), Key: &key})
	if err != nil {
		s.t.Fatalf("head %s: %v", key, err)
	}
	records, err := strconv.Atoi(head.Metadata["records"])
	if err != nil {
		s.t.Fatalf("metadata of %s: %v", key, err)
	}
	return records
}
