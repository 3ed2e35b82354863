package main

import (
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/local"
)

// TestFolderInUseIsOneSentence: who starts the services twice is told so in one line, without the number of an error.
func TestFolderInUseIsOneSentence(t *testing.T) {
	dir := t.TempDir()
	service, err := local.New(local.Options{Dir: dir})
	must(t, err)
	defer func() { must(t, service.Close()) }()
	code, out, errs := command(t, "local", "--listen", "127.0.0.1:0", "--data-dir", dir)
	if code != exitRefused || out != "" || strings.Count(errs, "\n") != 1 || !strings.HasSuffix(errs, "it is in use by another process: stop that one, or choose another folder\n") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// TestLogInJSONEndsInJSON: collectors of logs read all lines alike.
func TestLogInJSONEndsInJSON(t *testing.T) {
	serveLocal(t)
	for format, want := range map[string]string{"json": `{"error":"`, "text": "streamrec: "} {
		code, out, errs := command(t, "worker", "--app", "shop", "--stream", "none", "--bucket", testBucket, "--no-privacy", "--http", "off", "--admin", "off", "--log-format", format)
		lines := strings.Split(strings.TrimSpace(errs), "\n")
		if code != exitRefused || out != "" || !strings.HasPrefix(lines[len(lines)-1], want) || strings.Count(errs, "create it") != 1 {
			t.Errorf("%s: exit code %d\n%s%s", format, code, out, errs)
		}
	}
}
