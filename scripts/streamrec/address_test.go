package main

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sirupsen/logrus/hooks/test"
)

// TestMistakesInValuesOfFlags has values that were taken, or refused in words of a service.
func TestMistakesInValuesOfFlags(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(strings.Repeat("a", 64)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(token, 0o666); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	worker := []string{"worker", "--app", "shop", "--stream", "clicks", "--bucket", "log", "--no-privacy"}
	for _, c := range []struct {
		args []string
		says string
	}{
		{append(worker, "--recommendations", "-2"), "--recommendations: must be from 1 to 1000, or -1 for none, not -2"},
		{append(worker, "--recommendations", "0"), "--recommendations: must be from 1"},
		{append(worker, "--failover-time", "0"), "--failover-time: must be positive, not 0s; leave it out for the default"},
		{append(worker, "--snapshot-every", "0"), "--snapshot-every: must be positive"},
		{append(worker, "--flush-bytes", "0"), "--flush-bytes: must be positive, not 0"},
		{append(worker, "--http-advertise", "a b"), "--http-advertise: want a host or host:port"},
		{append(worker, "--http-advertise", "a:0"), "--http-advertise: want a host or host:port"},
		{append(worker, "--http", "127.0.0.1"), "--http: want host:port"},
		{append(worker, "--admin", "127.0.0.1:99999"), "--admin: want host:port or :port, with a port from 0 to 65535"},
		{append(worker, "--admin-token-file", token), "everybody on this machine can replace it"},
		{[]string{"local", "--listen", "nonsense"}, "--listen: want host:port"},
		{[]string{"local", "--listen", "127.0.0.1:-1"}, "--listen: want host:port"},
		{[]string{"local", "--listen", "no host:0"}, "neither the name of a host"},
		{[]string{"local", "--create-stream", "clicks=0"}, "--create-stream: clicks needs 1 to 10000 shards, not 0: clicks=4"},
		{[]string{"local", "--create-stream", "a b=1"}, `--create-stream: "a b" cannot name a stream`},
		{[]string{"local", "--bucket", "b2"}, `--bucket: "b2" cannot name a bucket: use 3 to 63`},
		{[]string{"demo", "--dashboard", "nonsense"}, "--dashboard: want host:port"},
		{[]string{"demo", "--dashboard", "0.0.0.0:1"}, "--dashboard 0.0.0.0:1 can be reached from other machines"},
		{[]string{"recommend", "--session", "s"}, "missing --app"},
	} {
		if code, out, errs := command(t, c.args...); code != exitUsage || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit code %d, %s", strings.Join(c.args, " "), code, errs)
		}
	}
}

// TestPortThatIsTakenIsNoMistake refuses what another process has: the command line is right.
func TestPortThatIsTakenIsNoMistake(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	address := taken.Addr().String()
	code, _, errs := command(t, "local", "--listen", address)
	if code != exitRefused || !strings.Contains(errs, "address already in use: choose another address with --listen") {
		t.Errorf("exit code %d, %s", code, errs)
	}
}

func TestAdvertisedHosts(t *testing.T) {
	for given, ok := range map[string]bool{
		"": true, "10.0.0.1": true, "10.0.0.1:80": true, "::1": true, "[::1]": true, "[fe80::1%eth0]:80": true, "worker_1.shop.svc": true, "h:80": true,
		"a b": false, ":80": false, "h:": false, "h:x:y": false, "h/": false, "-h": false, "h:70000": false,
	} {
		if err := checkAdvertised(t.Context(), "--http-advertise", given); (err == nil) != ok {
			t.Errorf("%q: %v", given, err)
		}
	}
}

// TestSecretsThatOthersReadAreToldOf has files as container engines mount them, and as an owner alone reads them.
func TestSecretsThatOthersReadAreToldOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(strings.Repeat("a", 64)), 0o600); err != nil {
		t.Fatal(err)
	}
	o := adminOptions{address: "127.0.0.1:0", tokenFile: path}
	for _, mode := range []os.FileMode{0o600, 0o440, 0o444, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		log, hook := test.NewNullLogger()
		o.warn(log)
		if _, err := o.config(t.Context()); err != nil {
			t.Errorf("%o: %v", mode, err)
		}
		if told := len(hook.AllEntries()) > 0; told != slices.Contains([]os.FileMode{0o444, 0o644}, mode) {
			t.Errorf("%o: told of: %v", mode, told)
		}
	}
}

// TestRecommendChecksTheStream names a stream that does not exist. Nobody has to name one.
func TestRecommendChecksTheStream(t *testing.T) {
	serveLocal(t)
	for says, args := range map[string][]string{`stream "nope": there is no such stream`: {"--stream", "nope"}, "shop": nil} {
		code, _, errs := command(t, append([]string{"recommend", "--app", "shop", "--session", "s"}, args...)...)
		if code != exitRefused || !strings.Contains(errs, says) {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
}
