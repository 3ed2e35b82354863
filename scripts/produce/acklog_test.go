package produce

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/streamrec/streamrec/infra/kinesis"
)

func ackOf(n int64, key string) kinesis.Ack {
	return kinesis.Ack{Record: kinesis.Record{Key: key, Data: []byte("abc"), Number: n}, Shard: "shardId-000000000000", Sequence: "49", Attempts: 1}
}

func TestAckLogLine(t *testing.T) {
	const want = `{"n":7,"key":"s-1","shard":"shardId-000000000000","seq":"49","sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}` + "\n"
	if got := string(appendAck(nil, ackOf(7, "s-1"))); got != want {
		t.Errorf("line %s, want %s", got, want)
	}
	for _, key := range []string{`"`, `\`, "\n", "\x00", "<Luleå> ", "\u2028"} {
		var line ackLine
		if err := json.Unmarshal(appendAck(nil, ackOf(1, key)), &line); err != nil || line.Key != key {
			t.Errorf("key %q is read back as %q: %v", key, line.Key, err)
		}
	}
}

func TestAckLogIsContinued(t *testing.T) {
	line := string(appendAck(nil, ackOf(1, "a")))
	tests := []struct {
		name, before string
		want         int    // lines, of which one is new
		problem      string // instead
	}{
		{"new", "", 1, ""},
		{"whole lines", line + line, 3, ""},
		{"cut in the last line", line + line[:40], 2, ""},
		{"cut in the only line", line[:3], 1, ""},
		{"a byte", line[:1], 1, ""},
		{"another file", "ts_ms,session\n", 0, "something else"},
		{"another file of JSON", `{"session_id":"s"}`, 0, "something else"},
		{"a last line that is too long", line + strings.Repeat("x", maxAckLine), 0, "no acknowledgement"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, "acks", tt.before)
			l, err := openAckLog(path)
			if tt.problem != "" {
				if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), tt.problem) || !strings.Contains(err.Error(), path) {
					t.Errorf("error %v, want %q and the path", err, tt.problem)
				}
				if content, err := os.ReadFile(path); err != nil || string(content) != tt.before {
					t.Errorf("the file became %q: %v", content, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l.add(ackOf(2, "b"))
			if err := l.close(); err != nil {
				t.Fatal(err)
			}
			acks := readAcks(t, path)
			if len(acks) != tt.want || acks[len(acks)-1].Key != "b" {
				t.Errorf("log %+v, want %d lines, the last the new one", acks, tt.want)
			}
		})
	}
}

func TestAckLogKeepsItsFirstError(t *testing.T) {
	l, err := openAckLog(writeFile(t, "acks", ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.file.Close(); err != nil {
		t.Fatal(err)
	}
	l.add(ackOf(1, "a"))
	for range 2 {
		if err := l.flush(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("flush: %v, want %v", err, os.ErrClosed)
		}
		l.add(ackOf(2, "b"))
	}
	if err := l.close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("close: %v, want %v", err, os.ErrClosed)
	}
}

func TestNoAckLog(t *testing.T) {
	l, err := openAckLog("")
	if err != nil {
		t.Fatal(err)
	}
	l.add(ackOf(1, "a"))
	if err := errors.Join(l.flush(), l.close()); err != nil {
		t.Error(err)
	}
}
