package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	infras3 "github.com/streamrec/streamrec/infra/s3"
	"github.com/streamrec/streamrec/processor/erasure"
)

func TestEraseWritesATombstoneForEachKey(t *testing.T) {
	serveLocal(t)
	oldFile, older := privacyKey(t)
	newFile, newer := privacyKey(t)
	args := []string{"erase", "--bucket", testBucket, "--privacy-key-file", oldFile, "--privacy-key-file", newFile}
	erase := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, streams{strings.NewReader("4129876543\n\n 413.0 \n"), &out, &errs})
		return code, out.String(), errs.String()
	}
	c, err := loadClients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := erasure.NewList(logTestEnv{}, infras3.NewBucket(c.s3, testBucket), "events")
	if code, out, errs := erase(args...); code != exitDone || strings.Count(out, "\n") != 5 || !strings.HasPrefix(out, "CUSTOMER ") || !strings.Contains(errs, "nothing was written") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	if err := list.Refresh(t.Context()); err != nil || list.Len() != 0 {
		t.Fatalf("%d tombstones without --execute, %v", list.Len(), err)
	}
	code, out, errs := erase(append(args, "--execute", "-o", "json")...)
	if code != exitDone || strings.Contains(out+errs, "4129876543") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	var first erasure.Tombstone
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &first); err != nil {
		t.Fatal(err)
	}
	if err := list.Refresh(t.Context()); err != nil || list.Len() != 4 {
		t.Fatalf("%d tombstones, %v", list.Len(), err)
	}
	for _, id := range []string{older.Pseudonym("4129876543"), newer.Pseudonym("4129876543"), older.Pseudonym("413"), newer.Pseudonym("413")} {
		if !list.Erased(id, first.ErasedAt) || list.Erased(id, first.ErasedAt.Add(time.Second)) {
			t.Errorf("%s is not erased until %s", id, first.ErasedAt)
		}
	}
}

func TestEraseRefuses(t *testing.T) {
	serveLocal(t)
	file, _ := privacyKey(t)
	for text, args := range map[string][]string{
		"missing --bucket":    {"erase"},
		"no privacy key":      {"erase", "--bucket", testBucket},
		"no customer number":  {"erase", "--bucket", testBucket, "--privacy-key-file", file},
		"--file: open":        {"erase", "--bucket", testBucket, "--privacy-key-file", file, "--file", "none"},
		"want 32 bytes as 64": {"erase", "--bucket", testBucket, "--privacy-key-file", "main.go"},
	} {
		if code, _, errs := command(t, args...); code != exitUsage || !strings.Contains(errs, text) {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
}
