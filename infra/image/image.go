package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Contents is what goes into an image.
type Contents struct {
	Binary       []byte // static, for linux
	Architecture string // as Go calls it
	Tag          string // repository:tag
	Revision     string // of the source; empty when it is not known
}

// user runs the binary; the number is what everything else names.
const user = "65532"

// blob is content that is known by its digest.
type blob struct {
	kind string
	body []byte
}

func (b blob) hex() string {
	sum := sha256.Sum256(b.body)
	return hex.EncodeToString(sum[:])
}

func (b blob) digest() string { return "sha256:" + b.hex() }
func (b blob) path() string   { return "blobs/sha256/" + b.hex() }

// descriptor is how one blob names another.
func (b blob) descriptor() map[string]any {
	return map[string]any{"mediaType": b.kind, "digest": b.digest(), "size": len(b.body)}
}

// Media types of the OCI image specification.
const (
	kindManifest = "application/vnd.oci.image.manifest.v1+json"
	kindConfig   = "application/vnd.oci.image.config.v1+json"
	kindLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// Write writes the image as a tar and returns the digest of its manifest.
func (c Contents) Write(w io.Writer) (digest string, err error) {
	plain, layer, err := c.layer()
	if err != nil {
		return "", fmt.Errorf("pack layer: %w", err)
	}
	config, err := c.config(plain)
	if err != nil {
		return "", err
	}
	manifest, err := document(kindManifest, map[string]any{
		"schemaVersion": 2, "mediaType": kindManifest, "config": config.descriptor(), "layers": []any{layer.descriptor()},
	})
	if err != nil {
		return "", err
	}
	named := manifest.descriptor()
	named["annotations"] = map[string]string{"io.containerd.image.name": c.Tag}
	named["platform"] = map[string]string{"os": "linux", "architecture": c.Architecture}
	index, indexErr := document("", map[string]any{"schemaVersion": 2, "manifests": []any{named}})
	docker, dockerErr := document("", []any{map[string]any{"Config": config.path(), "RepoTags": []string{c.Tag}, "Layers": []string{layer.path()}}})
	if err := errors.Join(indexErr, dockerErr); err != nil {
		return "", err
	}
	t := tar.NewWriter(w)
	for _, f := range []struct {
		path string
		body []byte
	}{
		{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{"index.json", index.body},
		{"manifest.json", docker.body},
		{config.path(), config.body},
		{layer.path(), layer.body},
		{manifest.path(), manifest.body},
	} {
		if err := add(t, f.path, 0o644, f.body); err != nil {
			return "", fmt.Errorf("write image: %w", err)
		}
	}
	return manifest.digest(), t.Close()
}

// document is a blob of JSON. Maps are written in the order of their keys.
func document(kind string, v any) (blob, error) {
	body, err := json.Marshal(v)
	return blob{kind, body}, err
}

// layer returns the layer, and the digest of what is in it before it is compressed.
func (c Contents) layer() (plain string, layer blob, err error) {
	var body, packed bytes.Buffer
	t := tar.NewWriter(&body)
	err = errors.Join(
		add(t, "etc/passwd", 0o644, []byte("streamrec:x:"+user+":"+user+"::/:/none\n")),
		add(t, "streamrec", 0o755, c.Binary),
		t.Close(),
	)
	z := gzip.NewWriter(&packed)
	_, zErr := z.Write(body.Bytes())
	err = errors.Join(err, zErr, z.Close())
	return blob{body: body.Bytes()}.digest(), blob{kindLayer, packed.Bytes()}, err
}

// add adds a file that belongs to root and has no time.
func add(t *tar.Writer, path string, mode int64, body []byte) error {
	err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: mode, Size: int64(len(body)), Format: tar.FormatUSTAR})
	if err != nil {
		return err
	}
	_, err = t.Write(body)
	return err
}

// config says how the image is run.
func (c Contents) config(layer string) (blob, error) {
	labels := map[string]string{"org.opencontainers.image.title": "streamrec", "org.opencontainers.image.licenses": "Apache-2.0"}
	if c.Revision != "" {
		labels["org.opencontainers.image.revision"] = c.Revision
	}
	return document(kindConfig, map[string]any{
		"architecture": c.Architecture, "os": "linux", "created": "1970-01-01T00:00:00Z",
		"config": map[string]any{
			"User": user + ":" + user, "Entrypoint": []string{"/streamrec"}, "Cmd": []string{"--help"}, "WorkingDir": "/", "Labels": labels,
			"ExposedPorts": map[string]any{"8080/tcp": struct{}{}, "9090/tcp": struct{}{}}, "StopSignal": "SIGTERM",
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{layer}},
		"history": []any{map[string]string{"created": "1970-01-01T00:00:00Z", "created_by": "infra/image"}},
	})
}
