package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// Command says what to run.
type Command struct {
	Name string   // how logs and failures call it
	Path string   // the executable
	Args []string // without the name of the executable
	Env  []string // the whole environment, NAME=value
	// Stdout and Stderr get what the process says, instead of its logs. May be nil.
	Stdout, Stderr io.Writer
}

// Process is one command that runs, or has run. It is safe for concurrent use.
type Process struct {
	Name string
	Out  *Log // stdout
	Err  *Log // stderr; either is empty when it goes elsewhere

	command *exec.Cmd
	started time.Time
	exited  chan struct{}
	ended   time.Time // these two are set before exited is closed
	failure error     // of Wait
}

// Start starts a command.
func Start(c Command) (*Process, error) {
	p := &Process{Name: c.Name, Out: NewLog(), Err: NewLog(), exited: make(chan struct{})}
	p.command = exec.Command(c.Path, c.Args...)
	p.command.Env, p.command.Stdout, p.command.Stderr = c.Env, p.Out, p.Err
	if c.Stdout != nil {
		p.command.Stdout = c.Stdout
	}
	if c.Stderr != nil {
		p.command.Stderr = c.Stderr
	}
	p.command.WaitDelay = 5 * time.Second
	p.started = time.Now()
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	go func() {
		p.failure = p.command.Wait()
		p.ended = time.Now()
		close(p.exited)
	}()
	return p, nil
}

// String is the name with the process id.
func (p *Process) String() string { return fmt.Sprintf("%s[%d]", p.Name, p.PID()) }

// PID is the process id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Started is when it was started.
func (p *Process) Started() time.Time { return p.started }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.exited }

// Exited reports whether the process has ended.
func (p *Process) Exited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Lasted is how long a process that has ended has run.
func (p *Process) Lasted() time.Duration { return p.ended.Sub(p.started) }

// Signal sends a signal, and returns when it did so. A process that has ended gets none.
func (p *Process) Signal(s syscall.Signal) (time.Time, error) {
	at := time.Now()
	if err := p.command.Process.Signal(s); err != nil && !p.Exited() {
		return at, fmt.Errorf("send %s to %s: %w", s, p, err)
	}
	return at, nil
}

// Kill ends the process as a crash does (SIGKILL), whatever state it is in, waits until it is gone, and returns when the signal was sent.
func (p *Process) Kill() (time.Time, error) {
	at, err := p.Signal(syscall.SIGKILL)
	if err == nil {
		<-p.exited
	}
	return at, err
}

// Wait returns the exit code once the process has ended. A process that ended by a signal has the code -1.
func (p *Process) Wait(ctx context.Context) (code int, err error) {
	select {
	case <-p.exited:
	case <-ctx.Done():
		return 0, fmt.Errorf("%s has not ended after %s: %w", p, time.Since(p.started).Round(time.Millisecond), context.Cause(ctx))
	}
	if _, exit := errors.AsType[*exec.ExitError](p.failure); p.failure != nil && !exit {
		return 0, fmt.Errorf("wait for %s: %w", p, p.failure)
	}
	return p.Code(), nil
}

// Code is the exit code of a process that has ended, -1 when a signal ended it.
func (p *Process) Code() int { return p.command.ProcessState.ExitCode() }

// Outcome says how a process that has ended did so.
func (p *Process) Outcome() string {
	if p.failure != nil {
		return p.failure.Error()
	}
	return p.command.ProcessState.String()
}

// Tail is the last n lines of each stream.
func (p *Process) Tail(n int) string {
	return fmt.Sprintf("--- stdout of %s\n%s--- stderr of %s\n%s", p, p.Out.Tail(n), p, p.Err.Tail(n))
}
