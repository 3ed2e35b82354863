package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// runBare asks for all pages of all shards by plain HTTP and drops them: what any reader has to pay.
func runBare(ctx context.Context, a assignment, c clients) error {
	var done atomic.Int64
	if err := answer(ctx, a.Admin, &done); err != nil {
		return err
	}
	listed, err := c.kinesis.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &a.Stream})
	if err != nil {
		return fmt.Errorf("list shards: %w", err)
	}
	for _, shard := range listed.Shards {
		if err := dropAll(ctx, a, c, aws.ToString(shard.ShardId), &done); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// dropAll drops the pages of a shard up to its tip. What it knows of a page is how many records it has and which is the next.
func dropAll(ctx context.Context, a assignment, c clients, shard string, done *atomic.Int64) error {
	first, err := c.kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: &a.Stream, ShardId: &shard, ShardIteratorType: "TRIM_HORIZON"})
	if err != nil {
		return fmt.Errorf("get iterator: %w", err)
	}
	for next := aws.ToString(first.ShardIterator); ; {
		body, err := post(ctx, a.Endpoint, "GetRecords", fmt.Sprintf(`{"ShardIterator":%q,"Limit":10000}`, next))
		if err != nil {
			return err
		}
		n := strings.Count(body, `"SequenceNumber"`)
		if n == 0 {
			return nil
		}
		done.Add(int64(n))
		_, rest, _ := strings.Cut(body, `"NextShardIterator":"`)
		next, _, _ = strings.Cut(rest, `"`)
	}
}

func post(ctx context.Context, endpoint, target, body string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202."+target)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=bare/20261126/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("ask: %s: %w", answer.Status, err)
	}
	return string(text), nil
}
