package chaintest

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/streamrec/streamrec/processor/chain"
)

// Fault is what happens to one request.
type Fault int

// Faults. A late request takes effect when Settle is called.
const (
	None   Fault = iota
	Fail         // no effect, and no answer
	Lose         // takes effect, but the answer is lost
	Late         // takes effect much later, and the answer is lost
	Refuse       // chain.ErrRefused
)

// ErrLost is what a caller sees of a request without answer.
var ErrLost = errors.New("connection reset")

// Bucket is a chain.Bucket in memory. The zero value is empty and works.
type Bucket struct {
	// Decide, if not nil, says what happens to a request: op is put, head, get or list.
	Decide func(op, key string) Fault
	// IgnoreConditions makes PutIfAbsent overwrite, like a store without conditional writes.
	IgnoreConditions bool

	mu      sync.Mutex
	objects map[string]object
	late    []func()
	puts    int
}

type object struct {
	body     []byte
	metadata map[string]string
}

var _ chain.Swapper = (*Bucket)(nil)

func (b *Bucket) fault(op, key string) Fault {
	if b.Decide == nil {
		return None
	}
	return b.Decide(op, key)
}

// PutIfAbsent implements chain.Bucket.
func (b *Bucket) PutIfAbsent(ctx context.Context, key string, body []byte, metadata map[string]string) error {
	o := object{bytes.Clone(body), maps.Clone(metadata)}
	return b.write(ctx, key, func() error { return b.put(key, o) })
}

// Swap implements chain.Swapper.
func (b *Bucket) Swap(ctx context.Context, key string, body []byte, tag string) error {
	o := object{body: bytes.Clone(body)}
	return b.write(ctx, key, func() error { return b.swap(key, o, tag) })
}

// write lets a PUT meet its fate.
func (b *Bucket) write(ctx context.Context, key string, do func() error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	switch b.fault("put", key) {
	case None:
		return do()
	case Refuse:
		return fmt.Errorf("put %s: %w", key, chain.ErrRefused)
	case Lose:
		_ = do()
	case Late:
		b.mu.Lock()
		b.late = append(b.late, func() { _ = do() })
		b.mu.Unlock()
	}
	return fmt.Errorf("put %s: %w", key, ErrLost)
}

func (b *Bucket) put(key string, o object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.puts++
	if _, ok := b.objects[key]; ok && !b.IgnoreConditions {
		return fmt.Errorf("put %s: %w", key, chain.ErrExists)
	}
	if b.objects == nil {
		b.objects = map[string]object{}
	}
	b.objects[key] = o
	return nil
}

func (b *Bucket) swap(key string, o object, tag string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.puts++
	if old, ok := b.objects[key]; !ok || old.tag() != tag {
		return fmt.Errorf("swap %s: %w", key, chain.ErrExists)
	}
	b.objects[key] = o
	return nil
}

// tag is the ETag that S3 gives an object.
func (o object) tag() string { return fmt.Sprintf("%x", md5.Sum(o.body)) }

// Settle lets late requests take effect.
func (b *Bucket) Settle() {
	b.mu.Lock()
	late := b.late
	b.late = nil
	b.mu.Unlock()
	for _, do := range late {
		do()
	}
}

// Head implements chain.Bucket.
func (b *Bucket) Head(ctx context.Context, key string) (chain.Object, error) {
	_, o, err := b.read(ctx, "head", key)
	return o, err
}

// Get implements chain.Bucket.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, chain.Object, error) {
	return b.read(ctx, "get", key)
}

func (b *Bucket) read(ctx context.Context, op, key string) ([]byte, chain.Object, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, chain.Object{}, err
	}
	if f := b.fault(op, key); f == Refuse {
		return nil, chain.Object{}, chain.ErrRefused
	} else if f != None {
		return nil, chain.Object{}, fmt.Errorf("%s %s: %w", op, key, ErrLost)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[key]
	if !ok {
		return nil, chain.Object{}, fmt.Errorf("%s %s: %w", op, key, chain.ErrNotFound)
	}
	return bytes.Clone(o.body), chain.Object{Key: key, Size: int64(len(o.body)), Metadata: maps.Clone(o.metadata), Tag: o.tag()}, nil
}

// List implements chain.Bucket.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[chain.Object, error] {
	return func(yield func(chain.Object, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(chain.Object{}, err)
			return
		}
		if b.fault("list", prefix) != None {
			yield(chain.Object{}, fmt.Errorf("list %s: %w", prefix, ErrLost))
			return
		}
		for _, key := range b.Keys(prefix) {
			if !yield(chain.Object{Key: key, Size: b.size(key)}, nil) {
				return
			}
		}
	}
}

func (b *Bucket) size(key string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.objects[key].body))
}

// Keys returns the keys that begin with prefix, in order.
func (b *Bucket) Keys(prefix string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(b.objects)), func(k string) bool { return !strings.HasPrefix(k, prefix) })
}

// Delete removes an object, as an operator's mistake would.
func (b *Bucket) Delete(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, key)
}

// Puts returns how many PUTs have reached the store.
func (b *Bucket) Puts() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.puts
}
