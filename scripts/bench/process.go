package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
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
	defer log.Close() // the process has its own
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

// consumption is what a process has used since it began.
type consumption struct {
	CPU  time.Duration // of all cores
	Peak int64         // bytes of resident memory
}

// clockTick is the unit of CPU time in /proc, which is the same on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// consumed reads what a process has used. Only Linux tells.
func consumed(pid int) (c consumption, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return c, fmt.Errorf("read CPU time: %w", err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the name, which may be anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return c, errors.New("read CPU time: /proc is not as expected")
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return c, fmt.Errorf("read CPU time: %w", err)
		}
		c.CPU += time.Duration(ticks) * clockTick
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return c, fmt.Errorf("read memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			if err != nil {
				return c, fmt.Errorf("read memory: %w", err)
			}
			c.Peak = kib << 10
		}
	}
	return c, nil
}
