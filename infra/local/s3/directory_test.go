package s3

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// at is the address of a key whose characters need no escaping.
func at(key string) string { return "http://127.0.0.1/bucket/" + key }

func TestDirectorySurvivesARestart(t *testing.T) {
	options := Options{Dir: t.TempDir()}
	s := open(t, options)
	long := strings.Repeat("x", 1000)
	for _, key := range []string{"a", "a/b", "a/", "gen=0/k.parquet", long} {
		send(t, s, http.MethodPut, at(key), "body of "+key, "content-type", "text/plain", "x-amz-meta-key", "m", "x-amz-checksum-crc32", crc32Of("body of "+key)).want(t, key, 200, "")
	}
	send(t, s, http.MethodPut, at("a"), "second body of a").want(t, "overwrite", 200, "")
	send(t, s, http.MethodPut, at("gone"), "x").want(t, "put", 200, "")
	send(t, s, http.MethodDelete, at("gone"), "").want(t, "delete", 204, "")
	send(t, s, http.MethodPut, "http://127.0.0.1/empty-bucket", "").want(t, "create", 200, "")
	send(t, s, http.MethodPut, "http://127.0.0.1/deleted-bucket", "").want(t, "create", 200, "")
	send(t, s, http.MethodDelete, "http://127.0.0.1/deleted-bucket", "").want(t, "delete", 204, "")
	listed := send(t, s, http.MethodGet, "http://127.0.0.1/bucket?list-type=2", "").body
	head := send(t, s, http.MethodHead, at("gen=0/k.parquet"), "", "x-amz-checksum-mode", "ENABLED").header

	s = open(t, options)
	if got := send(t, s, http.MethodGet, "http://127.0.0.1/bucket?list-type=2", "").body; got != listed {
		t.Errorf("listing before:\n%s\nafter:\n%s", listed, got)
	}
	again := send(t, s, http.MethodHead, at("gen=0/k.parquet"), "", "x-amz-checksum-mode", "ENABLED").header
	for _, name := range []string{"Etag", "Last-Modified", "Content-Type", "Content-Length", "X-Amz-Meta-Key", "X-Amz-Checksum-Crc32"} {
		if again.Get(name) != head.Get(name) || again.Get(name) == "" {
			t.Errorf("%s: before %q, after %q", name, head.Get(name), again.Get(name))
		}
	}
	for key, body := range map[string]string{"a": "second body of a", "a/b": "body of a/b", "a/": "body of a/", long: "body of " + long} {
		if got := send(t, s, http.MethodGet, at(key), ""); got.body != body {
			t.Errorf("%.20s: got %q", key, got.body)
		}
	}
	send(t, s, http.MethodPut, at("a"), "x", "if-none-match", "*").want(t, "conditions know what is there", 412, "PreconditionFailed")
	send(t, s, http.MethodHead, "http://127.0.0.1/empty-bucket", "").want(t, "empty bucket", 200, "")
	send(t, s, http.MethodHead, "http://127.0.0.1/deleted-bucket", "").want(t, "deleted bucket", 404, "")
}

func TestObjectsAreReadableFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	const key = "gen=0/dt=2026-11-23/hour=07/shardId-000000000000-1.parquet"
	send(t, s, http.MethodPut, at(key), "PAR1").want(t, "put", 200, "")
	path := filepath.Join(dir, "bucket", filepath.FromSlash(key))
	if got, err := os.ReadFile(path); err != nil || string(got) != "PAR1" {
		t.Errorf("got %q, %v", got, err)
	}
	send(t, s, http.MethodDelete, at(key), "").want(t, "delete", 204, "")
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("after the delete: %v", err)
	}
}

func TestKeysThatCollideInTheFileSystem(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	keys := []string{"a", "A", "a/b", "a/b/c", "x/y", "x", "x/y/z"}
	for _, key := range keys {
		send(t, s, http.MethodPut, at(key), "body of "+key).want(t, key, 200, "")
	}
	for range 2 {
		for _, key := range keys {
			if got := send(t, s, http.MethodGet, at(key), ""); got.body != "body of "+key {
				t.Errorf("%s: got %d %q", key, got.status, got.body)
			}
		}
		s = open(t, Options{Dir: dir})
	}
	for _, key := range keys {
		send(t, s, http.MethodDelete, at(key), "").want(t, key, 204, "")
	}
	err := filepath.WalkDir(filepath.Join(dir, "bucket"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("left over: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestEveryCrashPointIsRepaired builds the directory as a crash leaves it after each step of a write or delete.
func TestEveryCrashPointIsRepaired(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	for _, key := range []string{"kept", "replaced", "same", "deleted"} {
		send(t, s, http.MethodPut, at(key), "old").want(t, key, 200, "")
	}
	b, err := s.store.bucket("bucket")
	if err != nil {
		t.Fatal(err)
	}
	shelf := b.shelf.(*directoryShelf)
	write := func(key string, versions ...*object) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(shelf.recordPath(key)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := shelf.writeJSON(shelf.recordPath(key), record{Key: key, File: key, Versions: versions}); err != nil {
			t.Fatal(err)
		}
	}
	old := b.objects["kept"]
	next := &object{Size: 3, ETag: "22af645d1859cb5ca6da0c484f1f37ea", Modified: testTime} // MD5 of "new"
	write("kept", old, next)                                                               // record written, bytes not moved
	write("replaced", old, next)                                                           // bytes moved
	write("same", old, &object{Size: 3, ETag: old.ETag, Modified: testTime})               // either version is right
	write("created", next)                                                                 // record of a new object, no bytes
	for path, body := range map[string]string{
		filepath.Join(dir, "bucket", "replaced"):            "new",
		filepath.Join(dir, private, "drafts", "body-1"):     "half",
		filepath.Join(dir, private, "buckets", "half", "x"): "a bucket without its record",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "bucket", "deleted")); err != nil { // bytes gone, record left
		t.Fatal(err)
	}

	s = open(t, Options{Dir: dir})
	for key, want := range map[string]string{"kept": "old", "replaced": "new", "same": "old", "created": "", "deleted": ""} {
		got := send(t, s, http.MethodGet, at(key), "")
		if want == "" {
			got.want(t, key, 404, "NoSuchKey")
			if _, err := os.Stat(shelf.recordPath(key)); !os.IsNotExist(err) {
				t.Errorf("%s: record is left: %v", key, err)
			}
		} else if got.body != want {
			t.Errorf("%s: got %d %q, want %q", key, got.status, got.body, want)
		}
	}
	if got := send(t, s, http.MethodHead, at("kept"), "").header.Get("Last-Modified"); got != old.Modified.Format(http.TimeFormat) {
		t.Errorf("kept: Last-Modified %s", got)
	}
	send(t, s, http.MethodHead, "http://127.0.0.1/half", "").want(t, "half a bucket", 404, "")
	if drafts, err := os.ReadDir(filepath.Join(dir, private, "drafts")); err != nil || len(drafts) != 0 {
		t.Errorf("drafts left: %v, %v", drafts, err)
	}
}

func TestBytesThatContradictTheirRecordAreReported(t *testing.T) {
	dir := t.TempDir()
	send(t, open(t, Options{Dir: dir}), http.MethodPut, object1, "12345").want(t, "put", 200, "")
	if err := os.WriteFile(filepath.Join(dir, "bucket", "k"), []byte("1234"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), `object "k"`) {
		t.Errorf("got %v", err)
	}
}

// TestFailingDisk puts a plain file in the place of folders that are in use: requests fail, and what was there stays as it was.
func TestFailingDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	send(t, s, http.MethodPut, at("k"), "old").want(t, "put", 200, "")
	obstruct := func(path, method, url string) {
		t.Helper()
		if err := errors.Join(os.Rename(path, path+"-away"), os.WriteFile(path, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		send(t, s, method, url, "new").want(t, method+" without "+filepath.Base(path), 500, "InternalError")
		if err := errors.Join(os.Remove(path), os.Rename(path+"-away", path)); err != nil {
			t.Fatal(err)
		}
	}
	obstruct(filepath.Join(dir, private, "drafts"), http.MethodPut, at("k"))
	obstruct(filepath.Join(dir, private, "buckets"), http.MethodPut, at("new"))
	obstruct(filepath.Join(dir, private, "buckets"), http.MethodPut, "http://127.0.0.1/another")
	obstruct(filepath.Join(dir, "bucket"), http.MethodPut, at("k"))
	obstruct(filepath.Join(dir, "bucket"), http.MethodPut, at("new"))
	obstruct(filepath.Join(dir, "bucket"), http.MethodGet, at("k"))
	obstruct(filepath.Join(dir, "bucket"), http.MethodDelete, at("k"))
	for range 2 {
		if got := send(t, s, http.MethodGet, at("k"), ""); got.body != "old" {
			t.Errorf("got %d %q", got.status, got.body)
		}
		send(t, s, http.MethodGet, at("new"), "").want(t, "new", 404, "NoSuchKey")
		send(t, s, http.MethodHead, "http://127.0.0.1/another", "").want(t, "another", 404, "")
		s = open(t, Options{Dir: dir})
	}
}

func TestUnreadableDirectoryIsReported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: file}); err == nil {
		t.Error("accepted a file as a directory")
	}
}
