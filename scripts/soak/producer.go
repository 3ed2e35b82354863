package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/streamrec/streamrec/scripts/process"
)

const producerKey = "producer-1"

// producer is a `streamrec produce` of shoppers at work.
type producer struct {
	proc *process.Process
	acks string // path of its acknowledgement log

	mu    sync.Mutex
	read  int64 // bytes of the log
	lines int64
}

func openShop(s *stack, o options) (*producer, error) {
	p := &producer{acks: filepath.Join(s.dir, "acks.jsonl")}
	var err error
	p.proc, err = s.start("produce", producerKey, nil, nil, "produce", "--stream", streamName, "--shop", "--rate", strconv.FormatFloat(o.rate, 'f', -1, 64),
		"--shoppers", strconv.Itoa(o.shoppers), "--seed", strconv.FormatUint(o.seed, 10), "--ack-log", p.acks, "-o", "json")
	return p, err
}

// acknowledged is how many records the stream has acknowledged, by the log.
func (p *producer) acknowledged() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	f, err := os.Open(p.acks)
	if err != nil {
		return p.lines // not there yet
	}
	defer func() { _ = f.Close() }() // it was only read
	buffer := make([]byte, 1<<20)
	for {
		n, err := f.ReadAt(buffer, p.read)
		p.read += int64(n)
		p.lines += int64(bytes.Count(buffer[:n], []byte("\n")))
		if err != nil { // the end, mostly
			return p.lines
		}
	}
}

// stop closes the shop, and returns when everything that was put is acknowledged.
func (p *producer) stop(ctx context.Context) error {
	if p.proc.Exited() {
		return fmt.Errorf("the producer has ended by itself: %s\n%s", p.proc.Outcome(), p.proc.Tail(10))
	}
	if _, err := p.proc.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("it was told to stop"))
	defer cancel()
	code, err := p.proc.Wait(limited)
	if err == nil && code != 0 {
		err = fmt.Errorf("the producer ended with exit code %d\n%s", code, p.proc.Tail(10))
	}
	return err
}

// forge appends an acknowledgement of a record that nobody has put, to see whether anybody notices.
func (p *producer) forge() error {
	content, err := os.ReadFile(p.acks)
	if err != nil {
		return err
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	shard := bytes.LastIndex(line, []byte(`","sha256":"`)) // the digit before it is the last of the sequence number
	if shard < 1 {
		return io.ErrUnexpectedEOF
	}
	line[shard-1] = '0' + (line[shard-1]-'0'+1)%10
	f, err := os.OpenFile(p.acks, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}
