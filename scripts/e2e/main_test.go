package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The environment of the tests.
const (
	switchVariable = "STREAMREC_E2E"  // 1 runs them
	dataVariable   = "STREAMREC_DATA" // the folder with the event files of real shops
)

// TestMain builds the binary once.
func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if os.Getenv(switchVariable) != "1" || os.Getenv(binaryVariable) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "streamrec-e2e-")
	if err != nil {
		return 0, fmt.Errorf("make folder for the binary: %w", err)
	}
	defer func() {
		if removeErr := os.RemoveAll(dir); err == nil {
			err = removeErr
		}
	}()
	binary := filepath.Join(dir, "streamrec")
	if out, err := exec.Command("go", "build", "-o", binary, "../streamrec").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build binary: %w\n%s", err, out)
	}
	if err := os.Setenv(binaryVariable, binary); err != nil {
		return 0, fmt.Errorf("name binary: %w", err)
	}
	return m.Run(), nil
}

// needProcesses skips a test that starts processes unless they were asked for.
func needProcesses(t *testing.T) {
	t.Helper()
	if os.Getenv(switchVariable) != "1" {
		t.Skipf("set %s=1 to run real processes", switchVariable)
	}
}
