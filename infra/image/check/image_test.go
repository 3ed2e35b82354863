package check

import (
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// TestImageIsReadByOthers reads both forms of the file: as docker load does, and as an OCI layout.
func TestImageIsReadByOthers(t *testing.T) {
	file := os.Getenv("STREAMREC_IMAGE_FILE")
	if file == "" {
		t.Skip("STREAMREC_IMAGE_FILE is not set")
	}
	image, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		t.Errorf("as docker load reads it: %v", err)
	}
	config, err := image.ConfigFile()
	if err != nil || config.Config.User != "65532:65532" || len(config.Config.Entrypoint) != 1 {
		t.Errorf("config %+v, %v", config, err)
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "tar", "-xf", file, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("unpack: %v: %s", err, out)
	}
	path, err := layout.FromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	index, err := path.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Errorf("as an OCI layout: %v", err)
	}
}
