package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// environment is a place in which nothing can be done, and what has to be said about it.
type environment struct {
	name     string
	flags    []string // of the stack
	stream   bool     // there is a stream
	bucket   bool     // there is a bucket
	endpoint func(*testing.T) string
	settings []string // of the commands, NAME=value, beside or instead of those of the stack
	denied   string   // the service that denies access
	commands []string
	extra    []string       // flags of the worker
	subject  *regexp.Regexp // what is wrong
	remedy   *regexp.Regexp // what to do about it
}

func environments() []environment {
	all, readers := []string{"worker", "produce", "audit", "status"}, []string{"worker", "audit"}
	credentials := []string{"--credentials", testKey + ":" + testSecret}
	create := regexp.MustCompile(`create|name another|--(stream|bucket|app|no-create-tables)`)
	faults, permit := []string{"--faults"}, regexp.MustCompile(`AWS_ACCESS_KEY_ID|AWS_PROFILE|what they may do|permission|policy`)
	reach, keys := regexp.MustCompile(`AWS_ENDPOINT_URL`), regexp.MustCompile(`AWS_ACCESS_KEY_ID|AWS_PROFILE`)
	return []environment{
		{name: "no stream", bucket: true, commands: all, subject: regexp.MustCompile(`stream.*` + Stream), remedy: create},
		{name: "no bucket", stream: true, commands: readers, subject: regexp.MustCompile(`bucket.*` + Bucket), remedy: create},
		{
			name: "no table", stream: true, bucket: true, commands: append(readers, "status"), extra: []string{"--no-create-tables"},
			subject: regexp.MustCompile(`table.*` + App), remedy: create,
		},
		{
			name: "a bucket that ignores conditions", flags: []string{"--ignore-conditions"}, stream: true, bucket: true, commands: []string{"worker"},
			subject: regexp.MustCompile(`bucket.*` + Bucket), remedy: regexp.MustCompile(`If-None-Match|conditional`),
		},
		{name: "an endpoint that refuses connections", endpoint: closedPort, commands: all[1:], subject: regexp.MustCompile(`endpoint`), remedy: reach},
		{name: "an endpoint that is a proxy", endpoint: proxy, commands: all, subject: regexp.MustCompile(`not of the AWS protocol.*403`), remedy: reach},
		{name: "an endpoint that never answers", endpoint: silentPort, commands: all, subject: regexp.MustCompile(`endpoint|answer`), remedy: reach},
		{name: "an endpoint that is no host", endpoint: nowhere, commands: all, subject: regexp.MustCompile(`endpoint`), remedy: reach},
		{
			name: "a wrong secret", flags: credentials, stream: true, bucket: true, settings: []string{"AWS_SECRET_ACCESS_KEY=another"}, commands: all,
			subject: regexp.MustCompile(`credentials`), remedy: keys,
		},
		{
			name: "an unknown access key", flags: credentials, stream: true, bucket: true, settings: []string{"AWS_ACCESS_KEY_ID=nobody"}, commands: all,
			subject: regexp.MustCompile(`credentials`), remedy: keys,
		},
		{
			name: "no credentials", stream: true, bucket: true, settings: []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}, commands: all,
			subject: regexp.MustCompile(`no AWS credentials`), remedy: keys,
		},
		{
			name: "no region", stream: true, bucket: true, settings: []string{"AWS_REGION="}, commands: all,
			subject: regexp.MustCompile(`no AWS region`), remedy: regexp.MustCompile(`AWS_REGION`),
		},
		{
			name: "a stream that denies access", flags: faults, stream: true, bucket: true, denied: "kinesis", commands: all,
			subject: regexp.MustCompile(`stream.*` + Stream), remedy: permit,
		},
		{
			name: "a bucket that denies access", flags: faults, stream: true, bucket: true, denied: "s3", commands: readers,
			subject: regexp.MustCompile(`bucket.*` + Bucket), remedy: permit,
		},
		{
			name: "a table that denies access", flags: faults, stream: true, bucket: true, denied: "dynamodb", commands: append(readers, "status"),
			subject: regexp.MustCompile(`table.*` + App), remedy: permit,
		},
	}
}

// patience is how long a command may take to refuse. An endpoint that never answers may use up all of it.
const patience = 25 * time.Second

// TestEnvironment runs every command in every place in which it cannot work. It has to say so at once, in one sentence that
// helps, with an exit code that says whose mistake it is, and must not have touched anything.
func TestEnvironment(t *testing.T) {
	needProcesses(t)
	for _, e := range environments() {
		t.Run(strings.ReplaceAll(e.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			ctx := Bounded(t, time.Minute)
			stack := NewStack(ctx, t, e.flags...)
			e.furnish(ctx, stack)
			before := stack.Keys(ctx, "")
			var refused []*Process
			for _, name := range e.commands {
				refused = append(refused, Start(t, e.command(t, stack, name)))
			}
			for _, p := range refused {
				e.assertRefused(t, p)
			}
			assertUntouched(ctx, stack, before)
		})
	}
}

func (e environment) furnish(ctx context.Context, s *Stack) {
	if e.stream {
		s.CreateStream(ctx, 2)
	}
	if e.bucket {
		s.CreateBucket(ctx)
	}
	if e.denied != "" {
		code := map[string]string{"s3": "AccessDenied", "kinesis": "AccessDeniedException", "dynamodb": "AccessDeniedException"}[e.denied]
		s.Break(ctx, Fault{Services: []string{e.denied}, AccessKey: operatorKey, Effect: "error", Code: code})
	}
}

// operatorKey is the access key of who runs the commands where access is denied.
const operatorKey = "NOBODY"

// command is a call that would work in a good environment.
func (e environment) command(t *testing.T, s *Stack, name string) Command {
	t.Helper()
	args := map[string][]string{
		"worker":  slices.Concat(deployment(App), []string{"--no-privacy", "--log-format", "json"}, e.extra),
		"produce": {"--stream", Stream, "--file", EventFile(t, 10, 1)},
		"audit":   deployment(App),
		"status":  {"--app", App, "--stream", Stream},
	}
	key := testKey
	if e.denied != "" {
		key = operatorKey
	}
	c := s.Command(name, key, append([]string{name}, args[name]...)...)
	if e.endpoint != nil {
		c.Env = append(c.Env, "AWS_ENDPOINT_URL="+e.endpoint(t))
	}
	c.Env = append(c.Env, e.settings...)
	return c
}

func (e environment) assertRefused(t *testing.T, p *Process) {
	t.Helper()
	code := p.Wait(Bounded(t, patience))
	t.Logf("%s, exit code %d after %s: %s", p.Name, code, p.Lasted().Round(time.Millisecond), p.Err.Text())
	if code != 2 && code != 3 {
		t.Errorf("%s ended with exit code %d, want 2 or 3", p.Name, code)
	}
	if out := p.Out.Text(); out != "" {
		t.Errorf("%s wrote to stdout: %s", p.Name, out)
	}
	assertSentence(t, p.Name, p.Err.Lines(), e.subject, e.remedy)
}

// chatter is what a person should not have to read: how the SDK and Go put things.
var chatter = regexp.MustCompile(`operation error|https response error|RequestID|exceeded maximum number of attempts|goroutine|context deadline|%!|\{"level"`)

// sentenceOf returns what a line says: that of a worker whose log is JSON has it in the field error.
func sentenceOf(line string) string {
	var entry struct{ Error string }
	if json.Unmarshal([]byte(line), &entry) == nil && entry.Error != "" {
		return entry.Error
	}
	return line
}

func assertSentence(t *testing.T, name string, lines []string, subject, remedy *regexp.Regexp) {
	t.Helper()
	if len(lines) != 1 {
		t.Errorf("%s said %d lines, want one: %q", name, len(lines), lines)
		return
	}
	text := sentenceOf(lines[0])
	switch {
	case len(text) > 400:
		t.Errorf("%s said %d characters, want a sentence: %s", name, len(text), text)
	case !subject.MatchString(text):
		t.Errorf("%s does not say what is wrong (%s): %s", name, subject, text)
	case !remedy.MatchString(text):
		t.Errorf("%s does not say what to do (%s): %s", name, remedy, text)
	case chatter.MatchString(text):
		t.Errorf("%s talks like a program (%s): %s", name, chatter.FindString(text), text)
	case repetition(text) != "":
		t.Errorf("%s says %q twice: %s", name, repetition(text), text)
	}
}

// repetition returns the first four words that a text says twice.
func repetition(text string) string {
	words, said := strings.Fields(text), map[string]bool{}
	for i := range max(0, len(words)-3) {
		four := strings.Join(words[i:i+4], " ")
		if said[four] {
			return four
		}
		said[four] = true
	}
	return ""
}

// assertUntouched allows for the object with which a worker finds out whether the bucket honours conditions, and nothing else.
func assertUntouched(ctx context.Context, s *Stack, before []string) {
	s.t.Helper()
	for _, key := range s.Keys(ctx, "") {
		if !slices.Contains(before, key) && key != App+"/_log/probe" {
			s.t.Errorf("an object was written: %s", key)
		}
	}
	if n := s.Items(ctx); n > 0 {
		s.t.Errorf("%d items were written", n)
	}
	for _, shard := range s.Records(ctx) {
		s.t.Errorf("a record was put into %s", shard)
	}
}

// closedPort is an endpoint where nobody listens.
func closedPort(t *testing.T) string {
	l := listen(t)
	if err := l.Close(); err != nil {
		t.Fatalf("close listener: %v", err)
	}
	return "http://" + l.Addr().String()
}

// proxy denies everything with a page.
func proxy(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html><h1>Forbidden</h1></html>", http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// silentPort accepts connections and never answers.
func silentPort(t *testing.T) string {
	l := listen(t)
	t.Cleanup(func() { _ = l.Close() }) // nothing depends on how it ends
	return "http://" + l.Addr().String()
}

// nowhere is a name that cannot be resolved.
func nowhere(*testing.T) string { return "http://nowhere.invalid:4566" }

func listen(t *testing.T) net.Listener {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	return l
}

// TestUsage makes mistakes on the command line.
func TestUsage(t *testing.T) {
	needProcesses(t)
	ctx := Bounded(t, time.Minute)
	stack := &Stack{t: t, Endpoint: closedPort(t), secret: testSecret}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an unknown command":        {[]string{"brew"}, `brew.*--help`},
		"an app that is no table":   {[]string{"status", "--app", "a b/", "--stream", Stream}, `--app.*a b/`},
		"an unknown flag":           {[]string{"worker", "--strem", "x"}, `--strem.*--help`},
		"an argument too many":      {[]string{"worker", "clicks"}, `clicks`},
		"nothing that is needed":    {[]string{"worker", "--no-privacy"}, `--app, --bucket, --stream`},
		"a time that is none":       {append([]string{"worker", "--no-privacy", "--failover-time", "soon"}, deployment(App)...), `failover-time`},
		"a failover time too low":   {append([]string{"worker", "--no-privacy", "--failover-time", "1ms"}, deployment(App)...), `failover time.*100ms`},
		"no word on privacy":        {append([]string{"worker"}, deployment(App)...), `--privacy-key-file.*--no-privacy`},
		"a key file that is none":   {append([]string{"worker", "--privacy-key-file", "/nowhere/key"}, deployment(App)...), `privacy key.*/nowhere/key`},
		"an event file not there":   {[]string{"produce", "--stream", Stream, "--file", "/nowhere/events.csv"}, `/nowhere/events.csv`},
		"an event file of a folder": {[]string{"produce", "--stream", Stream, "--file", t.TempDir()}, `is a directory`},
		"a format that is unknown":  {[]string{"produce", "--stream", Stream, "--file", EventFile(t, 1, 1), "--format", "xml"}, `format.*xml|xml.*format`},
		"an output that is none":    {append([]string{"audit", "-o", "xml"}, deployment(App)...), `table or json`},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			p := Start(t, stack.Command(c.args[0], testKey, c.args...))
			if code := p.Wait(ctx); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			if lines := p.Err.Lines(); len(lines) != 1 || !regexp.MustCompile(c.want).MatchString(lines[0]) {
				t.Errorf("got %q, want one line like %q", lines, c.want)
			}
			if out := fmt.Sprint(p.Out.Lines()); out != "[]" {
				t.Errorf("wrote to stdout: %s", out)
			}
		})
	}
}
