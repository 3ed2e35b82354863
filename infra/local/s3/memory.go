package s3

import (
	"bytes"
	"io"
	"time"
)

// memory is a vault whose objects end with the process.
type memory struct{}

func (memory) createBucket(string, time.Time) (shelf, error) { return memory{}, nil }
func (memory) deleteBucket(string) error                     { return nil }

func (memory) stage(body io.Reader, size int64) (draft, error) {
	all, err := readAll(body, size)
	return memoryContent(all), err
}

func (memory) publish(d draft, _, _ *object) (content, error) { return d.(memoryContent), nil }
func (memory) discard(*object) error                          { return nil }

// memoryContent is both a draft and the bytes of an object.
type memoryContent []byte

func (memoryContent) drop() {}

func (m memoryContent) open() (contentReader, error) {
	return memoryReader{bytes.NewReader(m)}, nil
}

type memoryReader struct{ *bytes.Reader }

func (memoryReader) Close() error { return nil }
