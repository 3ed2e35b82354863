package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/streamrec/streamrec/processor/chain"
)

// Bucket is a chain.Swapper.
type Bucket struct {
	client *s3.Client
	name   string
}

var _ chain.Swapper = (*Bucket)(nil)

// NewBucket returns the bucket with this name.
func NewBucket(client *s3.Client, name string) *Bucket { return &Bucket{client: client, name: name} }

// attempt bounds one request, so that a hung connection is an unknown outcome and not the end: 10 s, and the time that the
// body needs at 1 MB/s.
func attempt(ctx context.Context, bytes int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 10*time.Second+time.Duration(bytes)*time.Microsecond)
}

// Exists returns nil when the bucket is there and may be listed, and an error that wraps chain.ErrNotFound when it is not there.
func (b *Bucket) Exists(ctx context.Context) error {
	ctx, cancel := attempt(ctx, 0)
	defer cancel()
	_, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.name})
	return b.wrap("find", "", err)
}

// PutIfAbsent implements chain.Bucket.
func (b *Bucket) PutIfAbsent(ctx context.Context, key string, body []byte, metadata map[string]string) error {
	ctx, cancel := attempt(ctx, len(body))
	defer cancel()
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))), IfNoneMatch: new("*"), Metadata: metadata,
	})
	return b.wrap("put", key, err)
}

// Swap implements chain.Swapper. An object that has been removed meanwhile answers 404, which means the same here.
func (b *Bucket) Swap(ctx context.Context, key string, body []byte, tag string) error {
	ctx, cancel := attempt(ctx, len(body))
	defer cancel()
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))), IfMatch: &tag,
	})
	if err = b.wrap("swap", key, err); errors.Is(err, chain.ErrNotFound) {
		return fmt.Errorf("%w: %w", chain.ErrExists, err)
	}
	return err
}

// Head implements chain.Bucket.
func (b *Bucket) Head(ctx context.Context, key string) (chain.Object, error) {
	ctx, cancel := attempt(ctx, 0)
	defer cancel()
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return chain.Object{}, b.wrap("head", key, err)
	}
	return chain.Object{Key: key, Size: aws.ToInt64(out.ContentLength), Metadata: out.Metadata, Tag: aws.ToString(out.ETag)}, nil
}

// Get implements chain.Bucket.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, chain.Object, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(idleTime, func() { cancel(errIdle) })
	defer idle.Stop()
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, chain.Object{}, b.wrap("get", key, err)
	}
	defer out.Body.Close()
	size := aws.ToInt64(out.ContentLength)
	body := make([]byte, size)
	if _, err := io.ReadFull(&watched{out.Body, idle}, body); err != nil {
		return nil, chain.Object{}, b.wrap("get", key, fmt.Errorf("read body: %w", err))
	}
	return body, chain.Object{Key: key, Size: size, Metadata: out.Metadata, Tag: aws.ToString(out.ETag)}, nil
}

// idleTime is how long an answer may bring no byte. Nothing is known of its length beforehand, so time as such is no bound.
const idleTime = 10 * time.Second

var errIdle = errors.New("no byte came for " + idleTime.String())

// watched resets a timer whenever something has been read.
type watched struct {
	io.Reader
	idle *time.Timer
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.idle.Reset(idleTime)
	return n, err
}

// Delete removes an object. That there is none is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	ctx, cancel := attempt(ctx, 0)
	defer cancel()
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
	return b.wrap("delete", key, err)
}

// List implements chain.Bucket.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := b.page(ctx, pages)
			if err != nil {
				yield(chain.Object{}, b.wrap("list", prefix, err))
				return
			}
			for _, o := range page.Contents {
				if !yield(chain.Object{Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size)}, nil) {
					return
				}
			}
		}
	}
}

func (b *Bucket) page(ctx context.Context, pages *s3.ListObjectsV2Paginator) (*s3.ListObjectsV2Output, error) {
	ctx, cancel := attempt(ctx, 0)
	defer cancel()
	return pages.NextPage(ctx)
}

func (b *Bucket) wrap(doing, key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s s3://%s/%s: %w", doing, b.name, key, classify(err))
}
