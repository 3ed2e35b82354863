package main

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/streamrec/streamrec/scripts/process"
)

// member is a place in the fleet, which one process after the other has. All of them have its name and its access key.
type member struct {
	name  string
	elder bool // its process is never ended
	busy  bool // something happens to its process, guarded by the fleet

	mu      sync.Mutex
	proc    *process.Process // nil when there is none
	journal *journal
	leaves  bool // it was told to end
	gone    bool // there is to be no other one
	starts  int
}

// accessKey tells the requests of the member's processes from others.
func (m *member) accessKey() string { return "worker-" + m.name }

// current returns the process, nil when there is none, and the address at which its operators are served, empty while that is not known.
func (m *member) current() (p *process.Process, admin string, start int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.proc == nil || m.proc.Exited() {
		return nil, "", m.starts
	}
	return m.proc, m.journal.found(), m.starts
}

// signal sends a signal to the process, if there is one. One that ends it is noted.
func (m *member) signal(s syscall.Signal) (*process.Process, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.proc == nil {
		return nil, nil
	}
	m.leaves = m.leaves || s == syscall.SIGKILL || s == syscall.SIGTERM
	_, err := m.proc.Signal(s)
	return m.proc, err
}

// dismiss lets the member go for good: nobody starts its process again.
func (m *member) dismiss() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = true
}

func (m *member) dismissed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone
}

// told reports whether a process was told to end, or another one has taken its place.
func (m *member) told(p *process.Process) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leaves || m.proc != p
}

// journal is the log of all processes of a member, in a file. It finds the address of the operators' server in it.
type journal struct {
	file *os.File
	mu   sync.Mutex
	head *process.Log // until the address has been found
	at   string
}

func openJournal(dir, name string) (*journal, error) {
	f, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &journal{file: f, head: process.NewLog()}, err
}

// Write implements io.Writer.
func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	if j.at == "" {
		_, _ = j.head.Write(b) // to memory
		for _, e := range j.head.Entries("operators are served") {
			j.at, j.head = e.Text("address"), nil
		}
	}
	j.mu.Unlock()
	return j.file.Write(b)
}

func (j *journal) found() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.at
}

// last is what a process that never got so far said last.
func (j *journal) last() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.head == nil {
		return ""
	}
	return j.head.Last()
}
