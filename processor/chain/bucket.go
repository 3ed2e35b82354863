package chain

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Bucket is the object store that holds the log. Its conditional PUT has to be linearizable per key, and its LIST
// consistent with completed PUTs, as those of Amazon S3 are.
//
// An error is one of the sentinels below or an unknown outcome: the request may have taken effect, or may yet.
type Bucket interface {
	// PutIfAbsent creates an object in one request with If-None-Match: *. ErrExists: there is an object with this key.
	PutIfAbsent(ctx context.Context, key string, body []byte, metadata map[string]string) error
	// Head returns an object's user metadata and size in bytes, or ErrNotFound.
	Head(ctx context.Context, key string) (Object, error)
	// Get returns a whole object, or ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, Object, error)
	// List yields the objects whose keys begin with prefix, in the order of their keys (UTF-8), without metadata.
	// The sequence ends after the first error.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
}

// Object describes an object of the bucket. Metadata keys are lower case.
type Object struct {
	Key      string            // in the bucket, with the prefix of the log
	Size     int64             // bytes
	Metadata map[string]string // without x-amz-meta-; nil in listings
	Tag      string            // ETag: another one when the content is another; empty in listings
}

// Sentinels of the Bucket and of the protocol.
var (
	// ErrExists says that a conditional PUT found an object (412).
	ErrExists = errors.New("object exists")
	// ErrNotFound says that there is no such object (404).
	ErrNotFound = errors.New("object not found")
	// ErrRefused says that the store will not do this however often it is asked: no permission, no such bucket, no conditions.
	ErrRefused = errors.New("object store refuses")
	// ErrAdopted says that another writer's link stands where this one should, and is now the end of the chain.
	ErrAdopted = errors.New("another writer's link was adopted")
	// ErrBroken says that the log contradicts itself, so that going on could lose or repeat records. The shard has to stop.
	ErrBroken = errors.New("log contradicts itself")
)

// Env is what the protocol needs of its surroundings, so that a simulator can take their place.
type Env interface {
	// Now returns the time on the machine's monotonic clock: only differences of it mean anything.
	Now() time.Time
	// Wall returns the time of day. When it is wrong a takeover may see less of the chain, and finds out at its first PUT.
	Wall() time.Time
	// Sleep returns after d, or earlier with the cause of ctx's end.
	Sleep(ctx context.Context, d time.Duration) error
	// Join runs the functions concurrently and returns when all have returned.
	Join(fs ...func())
	// Rand returns a number in [0, 1).
	Rand() float64
	// Trouble is told of each request that failed and is tried again. It returns at once and is for logs only.
	Trouble(err error)
	// Answered is told of each request that was answered. It returns at once; who watches over progress wants to know.
	Answered()
}

// Definite reports whether an answer of the store is certain, so that asking again is pointless.
func Definite(err error) bool {
	return err == nil || errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrRefused)
}

// Retry repeats a request until its outcome is definite or ctx ends, backing off from 50 ms to 5 s with full jitter.
// It returns the last error joined with the cause of ctx's end when that comes first.
func Retry(ctx context.Context, env Env, request func(context.Context) error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := request(ctx)
		if Definite(err) {
			env.Answered()
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		env.Trouble(err)
		if stop := env.Sleep(ctx, time.Duration(env.Rand()*float64(wait))); stop != nil {
			return errors.Join(stop, err)
		}
	}
}

// Each calls f for 0..n-1, at most limit at a time, and returns the errors of all.
func Each(env Env, n, limit int, f func(i int) error) error {
	errs := make([]error, n)
	lanes := make([]func(), min(n, limit))
	for lane := range lanes {
		lanes[lane] = func() {
			for i := lane; i < n; i += limit {
				errs[i] = f(i)
			}
		}
	}
	env.Join(lanes...)
	return errors.Join(errs...)
}
