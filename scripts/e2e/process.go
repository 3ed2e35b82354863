package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/streamrec/streamrec/scripts/process"
)

// What is shared with other tools that run processes.
type (
	Command = process.Command
	Log     = process.Log
	Entry   = process.Entry
)

// Process is one command that runs, or has run, outside the test. Its output is captured; when the test fails, the end of
// it is printed. Its methods are called from the goroutine of the test, which they end when something is wrong.
type Process struct {
	*process.Process
	t *testing.T
}

// tailLines is how much of each stream of a process a failed test prints.
const tailLines = 40

// Start runs a command until it exits or the test is over, then kills what is left of it: nothing outlives the test.
func Start(t *testing.T, c Command) *Process {
	t.Helper()
	started, err := process.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{Process: started, t: t}
	t.Cleanup(p.end)
	return p
}

// end kills the process, whatever state it is in, and prints what it said if the test has failed.
func (p *Process) end() {
	if !p.Exited() {
		p.signal(syscall.SIGKILL)
	}
	<-p.Done()
	if p.t.Failed() {
		p.t.Logf("%s, %s\n%s", p, p.Outcome(), p.tail())
	}
	if dir := os.Getenv(logsVariable); dir != "" {
		p.keep(filepath.Join(dir, p.t.Name()))
	}
}

// logsVariable names a folder in the environment of the test that keeps the whole output of all processes.
const logsVariable = "STREAMREC_E2E_LOGS"

func (p *Process) keep(dir string) {
	err := os.MkdirAll(dir, 0o700)
	for name, log := range map[string]*Log{"stdout": p.Out, "stderr": p.Err} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, p.String()+"."+name), []byte(log.Text()), 0o600))
	}
	if err != nil {
		p.t.Errorf("keep output of %s: %v", p, err)
	}
}

// Kill ends the process as a crash does (SIGKILL), waits until it is gone, and returns when the signal was sent.
func (p *Process) Kill() time.Time {
	p.t.Helper()
	at, err := p.Process.Kill()
	if err != nil {
		p.t.Error(err)
	}
	return at
}

// Terminate asks the process to leave (SIGTERM) and returns when it did so.
func (p *Process) Terminate() time.Time {
	p.t.Helper()
	return p.signal(syscall.SIGTERM)
}

// Freeze stops the process where it is (SIGSTOP): it neither works nor knows of it.
func (p *Process) Freeze() time.Time {
	p.t.Helper()
	return p.signal(syscall.SIGSTOP)
}

// Thaw lets a frozen process go on (SIGCONT).
func (p *Process) Thaw() time.Time {
	p.t.Helper()
	return p.signal(syscall.SIGCONT)
}

func (p *Process) signal(s syscall.Signal) time.Time {
	p.t.Helper()
	at, err := p.Signal(s)
	if err != nil {
		p.t.Error(err)
	}
	return at
}

// Wait returns the exit code once the process has ended, and fails the test when ctx ends first. A process that ended by a
// signal has the code -1.
func (p *Process) Wait(ctx context.Context) int {
	p.t.Helper()
	code, err := p.Process.Wait(ctx)
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// Succeed fails the test unless the process ends with exit code 0.
func (p *Process) Succeed(ctx context.Context) {
	p.t.Helper()
	if code := p.Wait(ctx); code != 0 {
		p.t.Fatalf("%s ended with exit code %d, want 0\n%s", p, code, p.tail())
	}
}

// Await returns the first entry of the process's stderr, at or after since, that has this message and for which match, if
// not nil, is true. It fails the test when the process or ctx ends first.
func (p *Process) Await(ctx context.Context, since time.Time, message string, match func(Entry) bool) Entry {
	p.t.Helper()
	var found Entry
	Until(ctx, p.t, fmt.Sprintf("%s logs %q", p, message), func() (bool, string) {
		gone := p.Exited() // before the search: what it said last is there by then
		for _, e := range p.Err.Entries(message) {
			if !e.At.Before(since) && (match == nil || match(e)) {
				found = e
				return true, ""
			}
		}
		if gone {
			p.t.Fatalf("%s has ended, %s, and never logged %q\n%s", p, p.Outcome(), message, p.tail())
		}
		return false, p.Err.Last()
	})
	return found
}

func (p *Process) tail() string { return p.Tail(tailLines) }

// glance is the time between two looks at something that is awaited.
const glance = 20 * time.Millisecond

// Until looks at cond until it is true, and fails the test when ctx ends first, with what cond said last.
func Until(ctx context.Context, t *testing.T, what string, cond func() (done bool, state string)) {
	t.Helper()
	began, last := time.Now(), ""
	look := func() (done bool) {
		done, last = cond()
		return done
	}
	if !Before(ctx, look) {
		t.Fatalf("waited %s in vain until %s: %v; last seen: %s", time.Since(began).Round(time.Millisecond), what, context.Cause(ctx), last)
	}
}

// Before looks at cond until it is true, or false when ctx ends first.
func Before(ctx context.Context, cond func() bool) bool {
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
	}
	return true
}
