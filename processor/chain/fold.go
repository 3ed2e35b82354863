package chain

import "context"

// Bounds of what Fold holds in memory twice: objects that are fetched at a time, and their bytes unless a single one has more.
const (
	foldObjects = 16
	foldBytes   = 64 << 20
)

// Fold gets the objects, whose sizes are known, and passes them to fold in their order. Some are fetched while those before them are folded.
// It returns the first error of fold as it is, or errors of which one is a *GetError.
func Fold(ctx context.Context, env Env, b Bucket, objects []Object, fold func(o Object, body []byte) error) error {
	var held []fetched
	for len(objects) > 0 || len(held) > 0 {
		n := fetchable(objects)
		next := make([]fetched, n)
		var fetchErr, foldErr error
		env.Join(
			func() { fetchErr = fetch(ctx, env, b, objects[:n], next) },
			func() { foldErr = foldAll(held, fold) }, // in this goroutine, whose panics are caught
		)
		if foldErr != nil {
			return foldErr
		}
		if fetchErr != nil {
			return fetchErr
		}
		held, objects = next, objects[n:]
	}
	return nil
}

// GetError says which object could not be got.
type GetError struct {
	Key string
	Err error
}

// Error implements error.
func (e *GetError) Error() string { return "get " + e.Key + ": " + e.Err.Error() }

// Unwrap returns why.
func (e *GetError) Unwrap() error { return e.Err }

type fetched struct {
	Object
	body []byte
}

// fetchable is how many of the objects may be fetched at a time.
func fetchable(objects []Object) (n int) {
	bytes := int64(0)
	for n < min(len(objects), foldObjects) && (n == 0 || bytes+objects[n].Size <= foldBytes) {
		bytes += objects[n].Size
		n++
	}
	return n
}

func fetch(ctx context.Context, env Env, b Bucket, objects []Object, into []fetched) error {
	return Each(env, len(objects), foldObjects, func(i int) error {
		err := Retry(ctx, env, func(ctx context.Context) (err error) {
			into[i].body, into[i].Object, err = b.Get(ctx, objects[i].Key)
			return err
		})
		if err != nil {
			return &GetError{objects[i].Key, err}
		}
		return nil
	})
}

func foldAll(held []fetched, fold func(Object, []byte) error) error {
	for _, f := range held {
		if err := fold(f.Object, f.body); err != nil {
			return err
		}
	}
	return nil
}
