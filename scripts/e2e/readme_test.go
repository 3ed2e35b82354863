package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCommandsOfTheReadme pastes what the README says under "Run it as separate processes" into a shell, with another port and less time: what a newcomer does
// first has to work, word for word, and the audit at its end has to find nothing wrong. What was put when the workers left may not be committed yet.
func TestCommandsOfTheReadme(t *testing.T) {
	needProcesses(t)
	script := block(t, "## Run it as separate processes", "```sh\n")
	for _, change := range [][2]string{
		{"go build -o streamrec ./scripts/streamrec\n", fmt.Sprintf("ln -s %q streamrec\n", os.Getenv(binaryVariable))},
		{"./streamrec local ", "./streamrec local --listen 127.0.0.1:4566 "},
		{" --duration 1m ", " --duration 5s "},
		{"4566", freePort(t)},
	} {
		if !strings.Contains(script, change[0]) {
			t.Fatalf("the README does not say %q any more:\n%s", change[0], script)
		}
		script = strings.ReplaceAll(script, change[0], change[1])
	}
	out, err := pasted(t, script)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"CLEAN: every record", " 0 missing, 0 more than once"} {
		if !strings.Contains(out, want) {
			t.Errorf("the audit does not say %q", want)
		}
	}
	if strings.Contains(out, "  records            0\n") {
		t.Error("there were no records")
	}
	if t.Failed() {
		t.Log(out)
	}
}

// block is the first block of code below a heading of the README, which begins so.
func block(t *testing.T, heading, fence string) string {
	t.Helper()
	content, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, below, ok := strings.Cut(string(content), heading)
	_, below, ok2 := strings.Cut(below, fence)
	text, _, ok3 := strings.Cut(below, "```")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("the README has no block of code below %q", heading)
	}
	return text
}

// pasted runs a script in an empty folder, and ends whatever it leaves.
func pasted(t *testing.T, script string) (out string, err error) {
	t.Helper()
	var all bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	shell.Dir, shell.Stdout, shell.Stderr = t.TempDir(), &all, &all
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + shell.Dir, "AWS_EC2_METADATA_DISABLED=true"}
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) }
	shell.Cancel, shell.WaitDelay = end, 10*time.Second
	err = shell.Run()
	if shell.Process != nil {
		_ = end() // of a group that is gone, mostly
	}
	return all.String(), err
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l := listen(t)
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
