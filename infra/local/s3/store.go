package s3

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// vault is where the bytes and records of objects live: memory or a directory.
type vault interface {
	// stage takes in a body of size bytes, out of everyone's sight.
	stage(body io.Reader, size int64) (draft, error)
	// createBucket makes a place for a bucket's objects.
	createBucket(name string, created time.Time) (shelf, error)
	// deleteBucket removes the place of an empty bucket.
	deleteBucket(name string) error
}

// shelf is the place of one bucket. Its methods are called under the bucket's lock.
type shelf interface {
	// publish makes a draft the bytes of next, at once or not at all. current is the object that it replaces, or nil.
	publish(d draft, next, current *object) (content, error)
	// discard deletes an object.
	discard(o *object) error
}

// draft is a body that has been taken in and belongs to no object yet.
type draft interface {
	// drop gives up the draft. It does nothing once the draft is published.
	drop()
}

// store is all buckets. Lock order: store, bucket.
type store struct {
	now   func() time.Time
	vault vault

	mu      sync.RWMutex
	buckets map[string]*bucket
}

// openStore opens the store in dir, or an empty one in memory when dir is empty.
func openStore(dir string, now func() time.Time) (*store, error) {
	s := &store{now: now, vault: memory{}, buckets: map[string]*bucket{}}
	if dir == "" {
		return s, nil
	}
	directory, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	s.vault = directory
	loaded, err := directory.load()
	if err != nil {
		return nil, fmt.Errorf("load buckets: %w", err)
	}
	for _, b := range loaded {
		s.buckets[b.name] = b
	}
	return s, nil
}

// bucket finds a bucket.
func (s *store) bucket(name string) (*bucket, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	return nil, errNoSuchBucket
}

// create creates an empty bucket.
func (s *store) create(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return errBucketOwned
	}
	created := s.now().UTC()
	shelf, err := s.vault.createBucket(name, created)
	if err != nil {
		return fmt.Errorf("create bucket: %w", err)
	}
	s.buckets[name] = newBucket(name, created, shelf)
	return nil
}

// drop deletes an empty bucket.
func (s *store) drop(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return errNoSuchBucket
	}
	if err := b.retire(); err != nil {
		return err
	}
	delete(s.buckets, name)
	if err := s.vault.deleteBucket(name); err != nil {
		return fmt.Errorf("delete bucket: %w", err)
	}
	return nil
}

// all returns the buckets by name.
func (s *store) all() []*bucket {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]*bucket, 0, len(s.buckets))
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		list = append(list, s.buckets[name])
	}
	return list
}
