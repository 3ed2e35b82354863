package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// child is a worker process.
type child struct {
	name    string
	started time.Time
	command *exec.Cmd
	leash   io.Closer // its stdin: when this is closed, it ends
	log     *os.File
	diary   diaryReader
	sent    bool // a signal was sent to end it
	exited  chan struct{}
	ended   time.Time // set before exited is closed, as is failure
	failure error
}

// startChild starts a worker process. Its diary and its log are files in dir.
func startChild(a assignment, dir string) (*child, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own executable: %w", err)
	}
	a.Diary = filepath.Join(dir, a.Name+".diary")
	text, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("write assignment: %w", err)
	}
	c := &child{name: a.Name, command: exec.Command(path, workerCommand, string(text)), diary: diaryReader{path: a.Diary, worker: a.Name}, exited: make(chan struct{})}
	if c.log, err = os.Create(filepath.Join(dir, a.Name+".log")); err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	c.command.Stderr = c.log
	if c.leash, err = c.command.StdinPipe(); err == nil {
		c.started = time.Now()
		err = c.command.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start worker: %w", err), c.log.Close())
	}
	go func() {
		c.failure = c.command.Wait()
		c.ended = time.Now()
		close(c.exited)
	}()
	return c, nil
}

// kill ends the process as a crash does, and returns when.
func (c *child) kill() time.Time { return c.signal(syscall.SIGKILL) }

// terminate asks the process to leave, and returns when.
func (c *child) terminate() time.Time { return c.signal(syscall.SIGTERM) }

func (c *child) signal(s syscall.Signal) time.Time {
	c.sent = true
	at := time.Now()
	_ = c.command.Process.Signal(s) // it has ended already: whoever waits for the effect sees that
	return at
}

// running reports whether the process has neither ended nor been asked to.
func (c *child) running() bool { return !c.sent && !c.gone() }

func (c *child) gone() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// check returns an error when the process has ended and nobody asked for it.
func (c *child) check() error {
	if c.sent || !c.gone() {
		return nil
	}
	text, _ := os.ReadFile(c.log.Name()) // without it the error says less
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return fmt.Errorf("%s has ended by itself (%v), and said last: %s", c.name, c.failure, lines[len(lines)-1])
}

// end kills what is left of the process and waits until it is gone.
func (c *child) end() {
	c.kill()
	<-c.exited
	_ = c.leash.Close() // closed already by the end of the process
	_ = c.log.Close()   // for people; nothing was buffered
}
