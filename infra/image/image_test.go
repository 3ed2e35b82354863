package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

var sample = Contents{Binary: bytes.Repeat([]byte("ELF"), 10_000), Architecture: "arm64", Tag: "streamrec:1", Revision: "abc"}

// unpack reads a tar, by name.
func unpack(t *testing.T, r io.Reader) (files map[string][]byte, modes map[string]int64) {
	t.Helper()
	files, modes = map[string][]byte{}, map[string]int64{}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, modes
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.ModTime.Unix() != 0 {
			t.Errorf("%s belongs to %d:%d, of %v", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		if files[h.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
		modes[h.Name] = h.Mode
	}
}

func TestImageIsReproducible(t *testing.T) {
	var first, second, other bytes.Buffer
	a, errA := sample.Write(&first)
	b, errB := sample.Write(&second)
	changed := sample
	changed.Binary = append([]byte("x"), sample.Binary...)
	c, errC := changed.Write(&other)
	if err := errors.Join(errA, errB, errC); err != nil {
		t.Fatal(err)
	}
	if a != b || !bytes.Equal(first.Bytes(), second.Bytes()) || a == c {
		t.Errorf("digests %s, %s, and of another binary %s", a, b, c)
	}
}

// TestDigestsHold follows every digest from the top, in both forms that the file has.
func TestDigestsHold(t *testing.T) {
	var image bytes.Buffer
	digest, err := sample.Write(&image)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := unpack(t, &image)
	get := func(digest string) []byte {
		t.Helper()
		body := files["blobs/"+strings.Replace(digest, ":", "/", 1)]
		if sum := sha256.Sum256(body); "sha256:"+hex.EncodeToString(sum[:]) != digest {
			t.Fatalf("%s is not there", digest)
		}
		return body
	}
	type descriptor struct {
		Digest string
		Size   int
	}
	var index struct{ Manifests []descriptor }
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	var config struct {
		Architecture, OS string
		Config           struct {
			User       string
			Entrypoint []string
		}
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	var docker []struct {
		Config string
		Layers []string
	}
	err = errors.Join(json.Unmarshal(files["index.json"], &index), json.Unmarshal(get(index.Manifests[0].Digest), &manifest),
		json.Unmarshal(get(manifest.Config.Digest), &config), json.Unmarshal(files["manifest.json"], &docker))
	if err != nil || index.Manifests[0].Digest != digest {
		t.Fatalf("%v, index names %s, want %s", err, index.Manifests[0].Digest, digest)
	}
	if !strings.HasSuffix(docker[0].Config, manifest.Config.Digest[7:]) || !strings.HasSuffix(docker[0].Layers[0], manifest.Layers[0].Digest[7:]) {
		t.Errorf("Docker's manifest names other blobs: %+v", docker)
	}
	if config.Architecture != "arm64" || config.OS != "linux" || config.Config.User != "65532:65532" || config.Config.Entrypoint[0] != "/streamrec" {
		t.Errorf("config %+v", config)
	}
	layer := get(manifest.Layers[0].Digest)
	if len(layer) != manifest.Layers[0].Size {
		t.Errorf("the layer has %d bytes, not %d", len(layer), manifest.Layers[0].Size)
	}
	z, err := gzip.NewReader(bytes.NewReader(layer))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if sum := sha256.Sum256(plain); err != nil || config.RootFS.DiffIDs[0] != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Errorf("the layer's content is not %v, %v", config.RootFS.DiffIDs, err)
	}
	if content, modes := unpack(t, bytes.NewReader(plain)); !bytes.Equal(content["streamrec"], sample.Binary) || modes["streamrec"] != 0o755 || len(content) != 2 {
		t.Errorf("the layer has %v", modes)
	}
}
