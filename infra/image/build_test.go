package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// built builds the image from a copy of the source, and returns its file and digest.
func built(t *testing.T, source string) (file, digest string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "streamrec.tar")
	build := exec.CommandContext(t.Context(), "bash", filepath.Join(source, "infra/image/build.sh"), "--out", file)
	build.Env = append(os.Environ(), "STREAMREC_REVISION=test")
	build.Stderr = os.Stderr
	out, err := build.Output()
	if err != nil {
		t.Fatal(err)
	}
	return file, strings.TrimSpace(string(out))
}

// TestBuildIsReproducible builds in two folders.
func TestBuildIsReproducible(t *testing.T) {
	if os.Getenv("STREAMREC_IMAGE") == "" {
		t.Skip("STREAMREC_IMAGE is not set; it builds the image twice")
	}
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	list := exec.CommandContext(t.Context(), "bash", "-c", `git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -C "$0" -xf -`, elsewhere)
	list.Dir = here
	if out, err := list.CombinedOutput(); err != nil {
		t.Fatalf("copy source: %v: %s", err, out)
	}
	first, a := built(t, here)
	second, b := built(t, elsewhere)
	one, errOne := os.ReadFile(first)
	two, errTwo := os.ReadFile(second)
	if errOne != nil || errTwo != nil || a != b || len(a) != 71 || !bytes.Equal(one, two) {
		t.Fatalf("digests %s and %s of %d and %d bytes, %v, %v", a, b, len(one), len(two), errOne, errTwo)
	}
	t.Logf("%s, %d bytes", a, len(one))
	if keep := os.Getenv("STREAMREC_IMAGE_FILE"); keep != "" {
		if err := os.WriteFile(keep, one, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runsAlone(t, first)
}

// rootOf unpacks the image's layer into a folder.
func rootOf(t *testing.T, image string) string {
	t.Helper()
	file, err := os.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	files, _ := unpack(t, file)
	root := t.TempDir()
	for name, body := range files {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil || !strings.HasPrefix(name, "blobs/") {
			continue
		}
		content, modes := unpack(t, z)
		for path, body := range content {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, path), body, os.FileMode(modes[path])); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// alone runs the image's binary as the image would: with nothing but its files, which nobody may write, and as a user without rights. The network
// is that of the machine.
const alone = `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec chroot --userspec=65532:65532 "$0" /streamrec "$@"`

// runsAlone runs local services outside and a worker inside.
func runsAlone(t *testing.T, image string) {
	t.Helper()
	if os.Getuid() != 0 || exec.Command("unshare", "-m", "true").Run() != nil {
		t.Log("not run alone: this needs root and unshare")
		return
	}
	root := rootOf(t, image)
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	if f, err := elf.Open(filepath.Join(root, "streamrec")); err != nil {
		t.Fatal(err)
	} else if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Fatalf("the binary needs %v, %v", libraries, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	services := exec.CommandContext(ctx, filepath.Join(root, "streamrec"), "local", "--listen", "127.0.0.1:0", "-o", "json", "--create-stream", "clicks=1", "--bucket", "shop-log")
	endpoint := &watched{want: `"endpoint":"`, found: make(chan struct{})}
	services.Stdout = endpoint
	if err := services.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = services.Process.Kill(); _ = services.Wait() }()
	<-endpoint.found
	_, url, _ := strings.Cut(endpoint.String(), `"endpoint":"`)
	url, _, _ = strings.Cut(url, `"`)

	inside := func(name string, args ...string) *exec.Cmd {
		c := exec.CommandContext(ctx, "unshare", append([]string{"-m", "sh", "-c", alone, root}, args...)...)
		c.Env = []string{"PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=eu-north-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL=" + name}
		return c
	}
	worker := inside(url, "worker", "--app", "shop", "--stream", "clicks", "--bucket", "shop-log", "--no-privacy", "--failover-time", "1s", "--log-format", "json")
	log := &watched{want: "lease taken", found: make(chan struct{})}
	worker.Stderr = log
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-log.found:
	case <-ctx.Done():
		t.Fatalf("the worker takes no lease\n%s", log)
	}
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err != nil {
		t.Errorf("the worker does not leave in peace: %v\n%s", err, log)
	}
	knowsRoots(t, inside)
}

// knowsRoots asks something that has a certificate of its own: the complaint is about that, not about there being no roots at all.
func knowsRoots(t *testing.T, inside func(string, ...string) *exec.Cmd) {
	t.Helper()
	server := tlsServer(t)
	out, err := inside(server, "status", "--app", "shop", "--stream", "clicks").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "unknown authority") {
		t.Errorf("roots of TLS: %v\n%s", err, out)
	}
}
