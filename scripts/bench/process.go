package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/streamrec/streamrec/scripts/process"
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

// startLocal starts the services in a process of their own, without Kinesis' limits, and returns where they are. They give way to whatever else wants to run, as
// services on other machines do.
func startLocal(ctx context.Context, shards int) (p *process.Process, endpoint string, err error) {
	binary, err := binaryPath()
	if err != nil {
		return nil, "", err
	}
	p, err = process.Start(process.Command{
		Name: "local", Path: "nice", Args: []string{
			"-n", "10", binary, "local", "--listen", "127.0.0.1:0", "-o", "json", "--limits", "off",
			"--create-stream", fmt.Sprintf("%s=%d", streamName, shards), "--bucket", bucketName,
		}, Env: os.Environ(),
	})
	if err != nil {
		return nil, "", err
	}
	if endpoint, err = p.Endpoint(ctx); err != nil {
		_, killed := p.Kill()
		return nil, "", errors.Join(err, killed)
	}
	return p, endpoint, nil
}

// startReal starts a real worker: a process of the streamrec binary, with its defaults but for the arguments. Its log is a file in dir.
func startReal(endpoint, dir, name string, args ...string) (measured, error) {
	binary, err := binaryPath()
	if err != nil {
		return measured{}, err
	}
	admin, err := freeAddress()
	if err != nil {
		return measured{}, err
	}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return measured{}, fmt.Errorf("create log: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := exec.Command(binary, append([]string{"worker", "--app", appName, "--stream", streamName, "--bucket", bucketName, "--name", name, "--admin", admin}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+endpoint, "AWS_REGION="+region, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return measured{}, fmt.Errorf("start worker: %w", err)
	}
	return measured{pid: cmd.Process.Pid, admin: admin, end: func() { killReal(cmd) }}, nil
}

// freeAddress returns a loopback address on which nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// killReal ends a process that startReal has started.
func killReal(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
	_ = cmd.Wait()                          // killed
}

// startPlain starts a process of this binary that does some work and keeps no diary.
func startPlain(s side, work, endpoint, dir, name string) (measured, error) {
	admin, err := freeAddress()
	if err != nil {
		return measured{}, err
	}
	child, err := startChild(assignment{Side: s, Work: work, Name: name, Application: appName, Stream: streamName, Endpoint: endpoint, Admin: admin}, dir)
	if err != nil {
		return measured{}, err
	}
	return measured{pid: child.command.Process.Pid, admin: admin, end: child.end}, nil
}
