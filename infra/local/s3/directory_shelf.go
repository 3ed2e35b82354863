package s3

import (
	"crypto/md5" // the ETag of S3
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// directoryShelf is the place of one bucket in a directory.
type directoryShelf struct {
	*directory
	root    string            // of the objects
	records string            // of their records
	files   map[string]string // key to file, relative to root
	owners  map[string]string // lower-case file to key: some file systems do not tell A from a
}

// record is what is known about an object besides its bytes. It is written before the bytes are moved into place, and that
// move is what makes a write take effect. So a record has the version that is being replaced as well, and the bytes tell
// which of the two is in force.
type record struct {
	Key      string    `json:"key"`
	File     string    `json:"file"`     // relative to the bucket's folder
	Versions []*object `json:"versions"` // the newest last
}

func (s *directoryShelf) recordPath(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(s.records, name[:2], name[2:]+".json")
}

// publish writes the record, then renames the draft.
func (s *directoryShelf) publish(d draft, next, current *object) (content, error) {
	file, err := s.place(next.Key)
	if err != nil {
		return nil, err
	}
	r := record{Key: next.Key, File: file, Versions: []*object{next}}
	if current != nil {
		r.Versions = []*object{current, next}
	}
	path := s.recordPath(next.Key)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	if err := s.writeJSON(path, r); err != nil {
		return nil, err
	}
	body := filepath.Join(s.root, file)
	if err := os.Rename(string(d.(fileDraft)), body); err != nil {
		return nil, err
	}
	s.claim(next.Key, file)
	return fileContent(body), nil
}

func (s *directoryShelf) claim(key, file string) {
	s.files[key] = file
	s.owners[strings.ToLower(file)] = key
}

// place chooses the file of a key and makes its folder: the one it has, else one of the same name, else (another key's file
// or folder is in the way, or the name is more than a file system takes) one named by a hash.
func (s *directoryShelf) place(key string) (string, error) {
	if file, ok := s.files[key]; ok {
		return file, nil
	}
	if file, ok := fileName(key); ok && s.vacant(file) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(s.root, file)), 0o750); err == nil {
			return file, nil
		}
	}
	sum := sha256.Sum256([]byte(key))
	file := filepath.Join(unnamed, hex.EncodeToString(sum[:]))
	return file, os.MkdirAll(filepath.Join(s.root, unnamed), 0o750)
}

// vacant reports whether no other key's file and no folder has this name.
func (s *directoryShelf) vacant(file string) bool {
	if _, taken := s.owners[strings.ToLower(file)]; taken {
		return false
	}
	info, err := os.Lstat(filepath.Join(s.root, file))
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular()
}

// discard removes the bytes, which ends the object, then the record.
func (s *directoryShelf) discard(o *object) error {
	file := s.files[o.Key]
	if err := removeFile(filepath.Join(s.root, file)); err != nil {
		return err
	}
	delete(s.files, o.Key)
	delete(s.owners, strings.ToLower(file))
	return removeFile(s.recordPath(o.Key))
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// load reads the records and yields the objects that are in force.
func (s *directoryShelf) load(yield func(*object)) error {
	return filepath.WalkDir(s.records, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		var r record
		if err := readJSON(path, &r); err != nil {
			return err
		}
		o, err := s.inForce(r)
		if err != nil {
			return fmt.Errorf("object %q: %w", r.Key, err)
		}
		if o == nil {
			return removeFile(path)
		}
		o.Key, o.content = r.Key, fileContent(filepath.Join(s.root, r.File))
		s.claim(r.Key, r.File)
		yield(o)
		return nil
	})
}

// inForce finds the version of a record that the bytes belong to, nil when there are none: a write that never took effect,
// or a delete that did.
func (s *directoryShelf) inForce(r record) (*object, error) {
	path := filepath.Join(s.root, r.File)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(r.Versions) == 1 && r.Versions[0].Size == info.Size() {
		return r.Versions[0], nil
	}
	etag, err := fileMD5(path)
	if err != nil {
		return nil, err
	}
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if r.Versions[i].ETag == etag {
			return r.Versions[i], nil
		}
	}
	return nil, fmt.Errorf("the %d bytes in %s belong to no version that the record knows", info.Size(), r.File)
}

func fileMD5(path string) (etag string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := md5.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// fileContent is the bytes of an object in a file.
type fileContent string

func (f fileContent) open() (contentReader, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return nil, err
	}
	return file, nil
}
