package s3

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// Options says what kind of S3 a Service is. The zero value is an empty one in memory.
type Options struct {
	// Now is the clock of Last-Modified and creation dates. Defaults to time.Now.
	Now func() time.Time
	// Dir keeps buckets and objects across restarts, objects as plain files under Dir/<bucket>/<key>. It is created when missing.
	// Nobody else may write there meanwhile. Empty means memory.
	Dir string
	// Buckets are created at the start when they do not exist.
	Buckets []string
	// IgnoreConditions makes every write unconditional, as object stores do that know no conditional writes: If-Match and
	// If-None-Match of PUT, DELETE, copies and completed uploads are accepted and disregarded.
	IgnoreConditions bool
	// MaxObjectBytes is the largest body accepted, in bytes. Defaults to 5 GiB, the limit of one PutObject.
	MaxObjectBytes int64
}

// Service is an S3 endpoint. It is safe for concurrent use and has no goroutines of its own.
type Service struct {
	options  Options
	store    *store
	fallback http.Handler // gofakes3, over the same store
	requests atomic.Uint64
}

// New opens a Service. It fails when Dir cannot be read or holds objects whose bytes contradict their records, or when a
// name in Buckets is not a bucket name.
func New(options Options) (*Service, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.MaxObjectBytes <= 0 {
		options.MaxObjectBytes = 5 << 30
	}
	store, err := openStore(options.Dir, options.Now)
	if err != nil {
		return nil, fmt.Errorf("open S3 store: %w", err)
	}
	s := &Service{options: options, store: store}
	s.fallback = gofakes3.New(&backend{store: store},
		gofakes3.WithTimeSource(clock(options.Now)), gofakes3.WithTimeSkewLimit(0)).Server()
	for _, name := range options.Buckets {
		if err := s.ensureBucket(name); err != nil {
			return nil, fmt.Errorf("create bucket %q: %w", name, err)
		}
	}
	return s, nil
}

func (s *Service) ensureBucket(name string) error {
	err := createBucket(s.store, name)
	if errors.Is(err, errBucketOwned) {
		return nil
	}
	return err
}

// Close ends the service. Everything that was answered is in Dir already.
func (s *Service) Close() error { return nil }

// ServeHTTP answers one S3 request, in path style or virtual-host style.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := fmt.Sprintf("%016X", s.requests.Add(1))
	w.Header().Set("x-amz-request-id", id)
	w.Header().Set("x-amz-id-2", id)
	w.Header().Set("Server", "AmazonS3")
	route := RouteOf(r)
	if err := s.serve(w, r, route); err != nil {
		writeError(w, r, route, asRefusal(err))
	}
}

// serve answers itself what the log depends on and leaves the rest of what it knows to gofakes3. Everything else is
// refused, since gofakes3 would take, for instance, PUT ?tagging for PUT.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, route Route) error {
	if len(route.Key) > gofakes3.KeySizeLimit {
		return errKeyTooLong
	}
	if s.options.IgnoreConditions {
		dropWriteConditions(r)
	}
	switch route.Operation {
	case "PutObject":
		return s.putObject(w, r, route)
	case "GetObject", "HeadObject":
		return s.getObject(w, r, route)
	case "DeleteObject":
		return s.deleteObject(w, r, route)
	case "CopyObject":
		return s.copyObject(w, r, route)
	case "ListObjects", "ListObjectsV2":
		return s.listObjects(w, r, route)
	case "CreateBucket":
		return s.createBucket(w, r, route)
	case "ListBuckets", "HeadBucket", "DeleteBucket", "GetBucketLocation", "GetBucketVersioning", "DeleteObjects",
		"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts", "ListMultipartUploads":
		return s.delegate(w, r, route)
	default:
		return refuseOperation(route.Operation)
	}
}

// createBucket has a case of its own for the answer to an owner who repeats it.
func (s *Service) createBucket(w http.ResponseWriter, r *http.Request, route Route) error {
	if _, err := s.readBody(r, maxDocument); err != nil {
		return err
	}
	if err := createBucket(s.store, route.Bucket); err != nil {
		return err
	}
	w.Header().Set("Location", "/"+route.Bucket)
	w.WriteHeader(http.StatusOK)
	return nil
}

// createBucket creates a bucket whose name follows the rules.
func createBucket(store *store, name string) error {
	if err := gofakes3.ValidateBucketName(name); err != nil {
		return &refusal{http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid."}
	}
	return store.create(name)
}

// clock adapts a function to gofakes3.
type clock func() time.Time

func (c clock) Now() time.Time                  { return c() }
func (c clock) Since(t time.Time) time.Duration { return c().Sub(t) }
