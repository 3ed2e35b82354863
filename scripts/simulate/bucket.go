package main

import (
	"context"
	"iter"
	"path"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/chain/chaintest"
)

// bucket is a node's chain.Bucket: the objects are in memory, the requests go through call. What is put is checked.
type bucket struct {
	*node
	objects *chaintest.Bucket
}

var _ chain.Swapper = bucket{}

// PutIfAbsent implements chain.Bucket.
func (b bucket) PutIfAbsent(ctx context.Context, key string, body []byte, metadata map[string]string) error {
	return b.call(ctx, s3, "PUT "+path.Base(key), func() error {
		if b.overdue(key) {
			return errNoAnswer
		}
		err := b.objects.PutIfAbsent(background, key, body, metadata)
		b.put(b.node, key, body, metadata, err)
		return err
	})
}

// Swap implements chain.Swapper.
func (b bucket) Swap(ctx context.Context, key string, body []byte, tag string) error {
	return b.call(ctx, s3, "PUT "+path.Base(key), func() error {
		err := b.objects.Swap(background, key, body, tag)
		b.put(b.node, key, body, nil, err)
		return err
	})
}

// Head implements chain.Bucket.
func (b bucket) Head(ctx context.Context, key string) (chain.Object, error) {
	return ask(ctx, b.node, s3, "HEAD "+path.Base(key), func() (chain.Object, error) { return b.objects.Head(background, key) })
}

// Get implements chain.Bucket.
func (b bucket) Get(ctx context.Context, key string) ([]byte, chain.Object, error) {
	type answer struct {
		body   []byte
		object chain.Object
	}
	a, err := ask(ctx, b.node, s3, "GET "+path.Base(key), func() (a answer, err error) {
		a.body, a.object, err = b.objects.Get(background, key)
		return a, err
	})
	return a.body, a.object, err
}

// List implements chain.Bucket.
func (b bucket) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		keys, err := ask(ctx, b.node, s3, "LIST "+path.Base(prefix), func() ([]string, error) { return b.objects.Keys(prefix), nil })
		if err != nil {
			yield(chain.Object{}, err)
			return
		}
		for _, k := range keys {
			if !yield(chain.Object{Key: k}, nil) {
				return
			}
		}
	}
}
