package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/streamrec/streamrec/processor/deadletter"
	"github.com/streamrec/streamrec/processor/event"
)

// privacyKey writes a key file and returns it with its Privacy.
func privacyKey(t *testing.T) (file string, p *event.Privacy) {
	t.Helper()
	text := event.GenerateKey()
	file = filepath.Join(t.TempDir(), "key")
	key, err := event.ParseKey(text)
	if err == nil {
		p, err = event.NewPrivacy(key)
	}
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file, p
}

// poison is what no decoder takes, and what no terminal should get.
const poison = "\x1b[2Jsecret\xff"

func lettersOf(t *testing.T) (oldFile, newFile string) {
	t.Helper()
	serveLocal(t)
	oldFile, older := privacyKey(t)
	newFile, newer := privacyKey(t)
	writeLog(t, "shardId-000000000000", older, testRecord("100", 0, `{"session_id":"s"}`), testRecord("101", time.Minute, poison), testRecord("102", time.Hour, ""))
	writeLog(t, "shardId-000000000001", newer, testRecord("200", 0, "{\"session_id\":\"s\"}\nsecret 2"))
	return oldFile, newFile
}

func TestListLetters(t *testing.T) {
	lettersOf(t)
	code, out, errs := command(t, "deadletters", "list", "--bucket", testBucket)
	if code != exitDone || strings.Contains(out, "secret") || errs != "" {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	for _, want := range []string{
		"SHARD ", "shardId-000000000000  101 ", "2026-11-23T12:01:00.000Z", "invalid_utf8: ", "shardId-000000000001  200 ", "   0     1  ",
		"         1  empty\n", "         3  of 5 rows in 3 objects",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	_, out, _ = command(t, "deadletters", "list", "--bucket", testBucket, "-o", "json", "--error", "empty,invalid_json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var l listedLetter
	if err := json.Unmarshal([]byte(lines[0]), &l); err != nil || len(lines) != 2 {
		t.Fatalf("%v\n%s", err, out)
	}
	if l.Shard != "shardId-000000000001" || l.Sequence != "200" || l.Line != 1 || l.Class != "invalid_json" || l.Bytes != 8 || l.KeyID == "" {
		t.Errorf("got %+v", l)
	}
	_, out, _ = command(t, "deadletters", "list", "--bucket", testBucket, "-o", "json", "--counts", "--since", "2026-11-23T13")
	var totals deadletter.Totals
	if err := json.Unmarshal([]byte(out), &totals); err != nil || totals.Letters != 1 || totals.Classes["empty"] != 1 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestListLettersRefuses(t *testing.T) {
	serveLocal(t)
	for _, c := range []struct {
		want int
		text string
		args []string
	}{
		{exitUsage, "missing --bucket", []string{"list"}},
		{exitUsage, "--since: want an hour", []string{"list", "--bucket", testBucket, "--since", "yesterday"}},
		{exitUsage, "before --until", []string{"list", "--bucket", testBucket, "--since", "1h", "--until", "2h"}},
		{exitUsage, "unexpected argument", []string{"lsit"}},
		{exitUsage, "streamrec deadletters list --help", []string{"list", "--nope"}},
		{exitRefused, "does not exist", []string{"list", "--bucket", "other-bucket"}},
		{exitUsage, `no class "invalid_jsn"; there are empty, invalid_utf8, invalid_json, `, []string{"list", "--bucket", testBucket, "--error", "empty,invalid_jsn"}},
		{exitUsage, "--generation: must be", []string{"list", "--bucket", testBucket, "--generation", "-1"}},
		{exitRefused, "no log under s3://" + testBucket + "/nope", []string{"list", "--bucket", testBucket, "--prefix", "nope"}},
		{exitUsage, "privacy key", []string{"export", "--bucket", testBucket, "--privacy-key-file", "/none"}},
	} {
		code, out, errs := command(t, append([]string{"deadletters"}, c.args...)...)
		if code != c.want || !strings.Contains(errs, c.text) || out != "" {
			t.Errorf("%v: exit code %d, %s", c.args, code, errs)
		}
	}
}

// exported decodes the lines of an export.
func exported(t *testing.T, text string) (letters []exportedLetter) {
	t.Helper()
	for line := range strings.Lines(text) {
		var x exportedLetter
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		letters = append(letters, x)
	}
	return letters
}

func TestExportOpensWithEachKey(t *testing.T) {
	oldFile, newFile := lettersOf(t)
	code, out, errs := command(t, "deadletters", "export", "--bucket", testBucket, "--privacy-key-file", oldFile, "--privacy-key-file", newFile)
	if code != exitDone || !strings.Contains(errs, "3 records exported") {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	var raw []string
	for _, x := range exported(t, out) {
		raw = append(raw, string(x.Raw))
		if x.Sealed {
			t.Errorf("%+v is sealed", x)
		}
	}
	if want := []string{poison, "secret 2", ""}; !slices.Equal(raw, want) {
		t.Errorf("got %q, want %q", raw, want)
	}
	if strings.ContainsFunc(out, func(r rune) bool { return r < ' ' && r != '\n' || r > '~' }) || !strings.Contains(out, base64.StdEncoding.EncodeToString([]byte(poison))) {
		t.Errorf("the output is not harmless: %q", out)
	}
}

func TestExportSaysWhatStaysSealed(t *testing.T) {
	_, newFile := lettersOf(t)
	code, out, errs := command(t, "deadletters", "export", "--bucket", testBucket, "--privacy-key-file", newFile)
	sealed := 0
	for _, x := range exported(t, out) {
		if x.Sealed {
			sealed++
		}
	}
	if code != exitFailed || sealed != 2 || !strings.Contains(errs, "2 with key") || strings.Contains(out+errs, "secret") {
		t.Errorf("exit code %d, %d sealed\n%s", code, sealed, errs)
	}
	if code, _, errs = command(t, "deadletters", "export", "--bucket", testBucket); code != exitFailed || !strings.Contains(errs, "no key was given") {
		t.Errorf("without a key: exit code %d, %s", code, errs)
	}
}

func TestExportToADirectory(t *testing.T) {
	oldFile, _ := lettersOf(t)
	dir := filepath.Join(t.TempDir(), "letters")
	code, out, errs := command(t, "deadletters", "export", "--bucket", testBucket, "--privacy-key-file", oldFile, "--dir", dir)
	if code != exitFailed || out != "" {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range exported(t, string(index)) {
		names = append(names, x.File)
		if x.Raw != nil {
			t.Error("the index has the bytes too")
		}
	}
	want := []string{"shardId-000000000000-101-0-0.bin", "shardId-000000000001-200-0-1.sealed", "shardId-000000000000-102-0-0.bin"}
	if !slices.Equal(names, want) {
		t.Fatalf("files %v", names)
	}
	raw, err := os.ReadFile(filepath.Join(dir, want[0]))
	info, statErr := os.Stat(filepath.Join(dir, want[0]))
	if err != nil || string(raw) != poison || statErr != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %q, %v, %v", raw, err, statErr)
	}
	if code, _, errs := command(t, "deadletters", "export", "--bucket", testBucket, "--dir", dir); code != exitRefused || !strings.Contains(errs, "not empty") {
		t.Errorf("into a full directory: exit code %d, %s", code, errs)
	}
}

func TestFileNamesStayInTheDirectory(t *testing.T) {
	if got := fileName("../../etc/pass wd\x00å"); got != "______etc_pass_wd__" {
		t.Errorf("got %q", got)
	}
}

// TestLettersOfNothingAreRefused: a slip in a name is told from a log in which everything could be decoded.
func TestLettersOfNothingAreRefused(t *testing.T) {
	lettersOf(t)
	list := func(args ...string) (code int, text string) {
		code, out, errs := command(t, append([]string{"deadletters", "list", "--bucket", testBucket}, args...)...)
		return code, out + errs
	}
	for want, args := range map[string][]string{
		"no objects of shard \"shardId-000000000099\"": {"--shard", "shardId-000000000099"},
		"or nothing is in it yet":                      {"--generation", "7"},
		"no log under s3://":                           {"--prefix", "nope", "--since", "1h"},
	} {
		if code, text := list(args...); code != exitRefused || !strings.Contains(text, want) {
			t.Errorf("%v: exit code %d\n%s", args, code, text)
		}
	}
	for _, args := range [][]string{{"--since", "2026-11-24T00"}, {"--error", "kpl_index"}, {"--shard", "shardId-000000000001", "--until", "2026-11-23T00"}} {
		if code, text := list(args...); code != exitDone || !strings.Contains(text, "0  of ") {
			t.Errorf("%v: exit code %d\n%s", args, code, text)
		}
	}
}
