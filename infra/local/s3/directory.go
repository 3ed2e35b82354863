package s3

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// private is the folder with everything that is not an object. No bucket can have this name.
const private = ".streamrec"

// directory is a vault in the file system:
//
//	<root>/<bucket>/<key>                               the bytes of an object, under a readable name
//	<root>/.streamrec/buckets/<bucket>/bucket.json      that the bucket exists
//	<root>/.streamrec/buckets/<bucket>/objects/**.json  a record for every object
//	<root>/.streamrec/drafts/                           bodies on their way in
type directory struct {
	root string
}

// openDirectory opens or creates a vault. Drafts of an earlier run are nobody's.
func openDirectory(root string) (*directory, error) {
	d := &directory{root: root}
	if err := os.RemoveAll(d.drafts()); err != nil {
		return nil, fmt.Errorf("remove old drafts: %w", err)
	}
	for _, folder := range []string{d.drafts(), d.buckets()} {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return nil, fmt.Errorf("create folder: %w", err)
		}
	}
	return d, nil
}

func (d *directory) drafts() string  { return filepath.Join(d.root, private, "drafts") }
func (d *directory) buckets() string { return filepath.Join(d.root, private, "buckets") }

// fileDraft is a body in a file of its own.
type fileDraft string

// drop removes the file; after publication there is none.
func (f fileDraft) drop() { _ = os.Remove(string(f)) }

// stage writes a body to a file outside all buckets.
func (d *directory) stage(body io.Reader, _ int64) (draft, error) {
	file, err := os.CreateTemp(d.drafts(), "body-")
	if err != nil {
		return nil, fmt.Errorf("create draft: %w", err)
	}
	f := fileDraft(file.Name())
	_, err = io.Copy(file, body)
	if err := errors.Join(err, file.Close()); err != nil {
		f.drop()
		return nil, err
	}
	return f, nil
}

// bucketRecord says that a bucket exists.
type bucketRecord struct {
	Created time.Time `json:"created"`
}

// createBucket writes the record last: without it there is no bucket.
func (d *directory) createBucket(name string, created time.Time) (shelf, error) {
	s := d.shelf(name)
	for _, folder := range []string{s.root, s.records} {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return nil, err
		}
	}
	return s, d.writeJSON(d.bucketRecord(name), bucketRecord{Created: created})
}

// deleteBucket removes the record first.
func (d *directory) deleteBucket(name string) error {
	if err := os.Remove(d.bucketRecord(name)); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Dir(d.bucketRecord(name))); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(d.root, name))
}

func (d *directory) bucketRecord(name string) string {
	return filepath.Join(d.buckets(), name, "bucket.json")
}

func (d *directory) shelf(name string) *directoryShelf {
	return &directoryShelf{
		directory: d, root: filepath.Join(d.root, name), records: filepath.Join(d.buckets(), name, "objects"),
		files: map[string]string{}, owners: map[string]string{},
	}
}

// load reads every bucket that has a record.
func (d *directory) load() ([]*bucket, error) {
	entries, err := os.ReadDir(d.buckets())
	if err != nil {
		return nil, err
	}
	var loaded []*bucket
	for _, entry := range entries {
		var record bucketRecord
		err := readJSON(d.bucketRecord(entry.Name()), &record)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b := newBucket(entry.Name(), record.Created, nil)
		s := d.shelf(entry.Name())
		b.shelf = s
		if err := s.load(b.insert); err != nil {
			return nil, fmt.Errorf("bucket %s: %w", entry.Name(), err)
		}
		loaded = append(loaded, b)
	}
	return loaded, nil
}

// writeJSON replaces a file in one step.
func (d *directory) writeJSON(path string, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(d.drafts(), "record-")
	if err != nil {
		return err
	}
	_, err = file.Write(encoded)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), path)
}

func readJSON(path string, into any) error {
	encoded, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(encoded, into); err != nil {
		return fmt.Errorf("decode %s: %w", path, err)
	}
	return nil
}
