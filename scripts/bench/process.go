package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// binaryPath is where scripts/bench.sh puts the streamrec binary: beside this one.
func binaryPath() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own executable: %w", err)
	}
	path := filepath.Join(filepath.Dir(own), "streamrec")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the workers' binary is not there: run scripts/bench.sh (%w)", err)
	}
	return path, nil
}

// startReal starts a real worker: a process of the streamrec binary, with its defaults but for the arguments. Its log is a file in dir.
func startReal(endpoint, dir, name string, args ...string) (*exec.Cmd, error) {
	binary, err := binaryPath()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := exec.Command(binary, append([]string{"worker", "--app", appName, "--stream", streamName, "--bucket", bucketName, "--name", name}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+endpoint, "AWS_REGION="+region, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	return cmd, nil
}

// killReal ends a process that startReal has started.
func killReal(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
	_ = cmd.Wait()                          // killed
}
