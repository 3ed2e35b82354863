package produce

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/streamrec/streamrec/infra/kinesis"
)

// ackLog writes the acknowledgement log. A nil *ackLog writes nothing.
type ackLog struct {
	mu   sync.Mutex
	file *os.File
	out  *bufio.Writer
	line []byte
	err  error // the first
}

// ackStart begins every line of an acknowledgement log.
const ackStart = `{"n":`

// openAckLog continues the log at path, or begins it; an empty path is no log. It refuses any other file.
func openAckLog(path string) (*ackLog, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, usage(fmt.Errorf("open acknowledgement log: %w", err))
	}
	if err := mend(f); err != nil {
		return nil, errors.Join(usage(fmt.Errorf("continue acknowledgement log %s: %w", path, err)), f.Close())
	}
	return &ackLog{file: f, out: bufio.NewWriterSize(f, 64<<10)}, nil
}

// mend cuts off a last line that a killed producer did not finish.
func mend(f *os.File) error {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err // a device or a pipe has no past
	}
	start := make([]byte, min(int64(len(ackStart)), info.Size()))
	if _, err := f.ReadAt(start, 0); err != nil && len(start) > 0 {
		return err
	}
	if !strings.HasPrefix(ackStart, string(start)) {
		return errors.New("the file is something else")
	}
	tail := make([]byte, min(maxAckLine, info.Size()))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil && len(tail) > 0 {
		return err
	}
	unfinished := len(tail) - 1 - bytes.LastIndexByte(tail, '\n')
	if unfinished == 0 {
		return nil
	}
	if unfinished == maxAckLine {
		return errors.New("its last line is no acknowledgement")
	}
	return f.Truncate(info.Size() - int64(unfinished))
}

// maxAckLine is more than any line has: a key has at most 256 characters.
const maxAckLine = 16 << 10

// add appends a line for a record that is in the stream.
func (l *ackLog) add(a kinesis.Ack) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.line = appendAck(l.line[:0], a)
	_, l.err = l.out.Write(l.line)
}

// flush hands what was added to the operating system. It returns the first error since the log was opened.
func (l *ackLog) flush() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = l.out.Flush()
	}
	if l.err != nil {
		return fmt.Errorf("write acknowledgement log: %w", l.err)
	}
	return nil
}

// close flushes and closes the file.
func (l *ackLog) close() error {
	if l == nil {
		return nil
	}
	err := l.flush()
	if closed := l.file.Close(); closed != nil {
		err = errors.Join(err, fmt.Errorf("close acknowledgement log: %w", closed))
	}
	return err
}

// appendAck writes one line of the log.
func appendAck(b []byte, a kinesis.Ack) []byte {
	b = append(b, ackStart...)
	b = strconv.AppendInt(b, a.Record.Number, 10)
	b = append(b, `,"key":`...)
	b = appendJSON(b, a.Record.Key)
	b = append(b, `,"shard":`...)
	b = appendJSON(b, a.Shard)
	b = append(b, `,"seq":`...)
	b = appendJSON(b, a.Sequence)
	b = append(b, `,"sha256":"`...)
	sum := sha256.Sum256(a.Record.Data)
	b = hex.AppendEncode(b, sum[:])
	return append(b, "\"}\n"...)
}

// appendJSON writes a JSON string. Keys are UTF-8, or the producer would have refused them.
func appendJSON(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(text) // a string always marshals
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
