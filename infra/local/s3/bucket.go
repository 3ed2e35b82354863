package s3

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// bucket is the index of a bucket: every object by key, and the keys in order.
type bucket struct {
	name    string
	created time.Time
	shelf   shelf

	mu      sync.RWMutex
	retired bool
	objects map[string]*object
	keys    []string // of objects, in the order of their bytes
}

func newBucket(name string, created time.Time, shelf shelf) *bucket {
	return &bucket{name: name, created: created, shelf: shelf, objects: map[string]*object{}}
}

// put publishes a draft as o if the condition holds. It decides and acts under one lock, so of several writers that each
// require the key to be absent, one succeeds.
func (b *bucket) put(o *object, d draft, condition writeCondition) error {
	defer d.drop()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.retired {
		return errNoSuchBucket
	}
	current := b.objects[o.Key]
	if err := condition.check(current); err != nil {
		return err
	}
	content, err := b.shelf.publish(d, o, current)
	if err != nil {
		return fmt.Errorf("publish object: %w", err)
	}
	o.content = content
	b.insert(o)
	return nil
}

// insert adds or replaces an object in the index.
func (b *bucket) insert(o *object) {
	if b.objects[o.Key] == nil {
		i, _ := slices.BinarySearch(b.keys, o.Key)
		b.keys = slices.Insert(b.keys, i, o.Key)
	}
	b.objects[o.Key] = o
}

// remove deletes an object, if there is one and the condition holds.
func (b *bucket) remove(key string, condition writeCondition) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	current := b.objects[key]
	if err := condition.check(current); err != nil || current == nil {
		return err
	}
	if err := b.shelf.discard(current); err != nil {
		return fmt.Errorf("discard object: %w", err)
	}
	delete(b.objects, key)
	i, _ := slices.BinarySearch(b.keys, key)
	b.keys = slices.Delete(b.keys, i, i+1)
	return nil
}

// open returns an object and its bytes as they are now; the caller closes the reader.
func (b *bucket) open(key string) (*object, contentReader, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	o := b.objects[key]
	if o == nil {
		return nil, nil, errNoSuchKey
	}
	reader, err := o.content.open()
	if err != nil {
		return nil, nil, fmt.Errorf("open object: %w", err)
	}
	return o, reader, nil
}

// retire closes an empty bucket to writers that found it before it was deleted.
func (b *bucket) retire() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.keys) > 0 {
		return errBucketNotEmpty
	}
	b.retired = true
	return nil
}

// selection is what a listing asks for.
type selection struct {
	prefix, delimiter string
	after             string // only what comes after this key, or after this rolled-up prefix
	limit             int    // entries at most; 0 is none
}

// page is a piece of a listing.
type page struct {
	objects  []*object
	prefixes []string // keys rolled up at the delimiter
	next     string   // the last entry, where to go on after; empty when the listing is complete
}

// list returns a page of the bucket's objects in the order of their keys' bytes. Keys that share a part up to the first
// delimiter behind the prefix are rolled up into one entry, which is jumped over, not walked through.
func (b *bucket) list(s selection) page {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var p page
	last := ""
	for i := b.seek(s); i < len(b.keys); {
		key := b.keys[i]
		if !strings.HasPrefix(key, s.prefix) {
			break
		}
		group := s.group(key)
		if group != "" && group == s.after {
			i = b.behind(group)
			continue
		}
		if len(p.objects)+len(p.prefixes) >= s.limit {
			p.next = last
			break
		}
		if group == "" {
			p.objects, last = append(p.objects, b.objects[key]), key
			i++
			continue
		}
		p.prefixes, last = append(p.prefixes, group), group
		i = b.behind(group)
	}
	return p
}

// seek finds the first key that a listing may contain.
func (b *bucket) seek(s selection) int {
	if s.after < s.prefix {
		i, _ := slices.BinarySearch(b.keys, s.prefix)
		return i
	}
	i, found := slices.BinarySearch(b.keys, s.after)
	if found {
		i++
	}
	return i
}

// behind finds the first key behind all that begin with prefix. No UTF-8 text contains the byte 0xff.
func (b *bucket) behind(prefix string) int {
	i, _ := slices.BinarySearch(b.keys, prefix+"\xff")
	return i
}

// group is the common prefix that key is rolled up into, or empty.
func (s selection) group(key string) string {
	if s.delimiter == "" {
		return ""
	}
	i := strings.Index(key[len(s.prefix):], s.delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(s.prefix)+i+len(s.delimiter)]
}
