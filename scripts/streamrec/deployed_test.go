package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// TestEnvironmentOfWhatIsDeployed holds that every STREAMREC_ variable in a manifest or template is a flag of the worker, or its privacy key.
func TestEnvironmentOfWhatIsDeployed(t *testing.T) {
	twins := map[string]bool{privacyKeyVariable: true}
	worker, _, err := newRootCommand(streams{}).Find([]string{"worker"})
	if err != nil {
		t.Fatal(err)
	}
	worker.Flags().VisitAll(func(f *pflag.Flag) { twins[environmentName(f)] = true })
	for path, least := range map[string]int{"../../infra/kubernetes/workers.yaml": 10, "../../infra/cloudformation/workers.yaml": 10} {
		found := regexp.MustCompile(`\bSTREAMREC_[A-Z_]+`).FindAllString(readText(t, path), -1)
		for _, name := range found {
			if !twins[name] {
				t.Errorf("%s: %s is no flag of streamrec worker", path, name)
			}
		}
		if len(found) < least {
			t.Errorf("%s has only %v", path, found)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents are the YAML documents of a file.
func documents(t *testing.T, path string) (all []map[string]any) {
	t.Helper()
	for d := yaml.NewDecoder(bytes.NewReader([]byte(readText(t, path)))); ; {
		var one map[string]any
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, one)
	}
}

// alarms are the names of all alerts and alarms.
func alarms(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, name := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(readText(t, "../../infra/prometheus/rules.yaml"), -1) {
		names[name[1]] = true
	}
	for _, file := range []string{"data.yaml", "workers.yaml"} {
		for _, d := range documents(t, "../../infra/cloudformation/"+file) {
			for name, resource := range d["Resources"].(map[string]any) {
				if resource.(map[string]any)["Type"] == "AWS::CloudWatch::Alarm" {
					names[name] = true
				}
			}
		}
	}
	if len(names) < 30 {
		t.Fatalf("only %d alarms", len(names))
	}
	return names
}

// TestRunbookHasAnEntryForEachAlarm holds that there is one, of three parts, and none for anything else.
func TestRunbookHasAnEntryForEachAlarm(t *testing.T) {
	left := alarms(t)
	for _, entry := range strings.Split(readText(t, "../../infra/runbook.md"), "\n## ")[1:] {
		title, body, _ := strings.Cut(entry, "\n")
		for name := range strings.SplitSeq(title, ", ") {
			if !left[name] {
				t.Errorf("%s is no alarm, or has two entries", name)
			}
			delete(left, name)
		}
		for _, part := range []string{"**Means:**", "**Look:**", "**Do:**"} {
			if strings.Count(body, part) != 1 {
				t.Errorf("%s: no %s", title, part)
			}
		}
	}
	for name := range left {
		t.Errorf("%s has no entry", name)
	}
}

// commandLines are the calls of streamrec in the blocks of a text in Markdown, and, of a runbook, in its spans of code.
func commandLines(text string, spans bool) (lines []string) {
	pattern := regexp.MustCompile("`streamrec [a-z][^`]*`")
	for i, part := range strings.Split(text, "\n```") {
		var found []string
		switch {
		case i%2 == 1:
			found = regexp.MustCompile(`(?m)^(?:\./)?streamrec [a-z].*$`).FindAllString(part, -1)
		case spans:
			found = pattern.FindAllString(part, -1)
		}
		for _, line := range found {
			for _, end := range []string{" #", " | ", " < ", " & "} {
				line, _, _ = strings.Cut(line, end)
			}
			lines = append(lines, strings.TrimSuffix(strings.TrimSpace(strings.Trim(line, "`")), " &"))
		}
	}
	return lines
}

// TestCommandsOfDocumentsExist parses them as the program would.
func TestCommandsOfDocumentsExist(t *testing.T) {
	for path, least := range map[string]int{"../../infra/runbook.md": 30, "../../README.md": 10} {
		lines := commandLines(readText(t, path), strings.HasSuffix(path, "runbook.md"))
		for _, line := range lines {
			if err := parses(strings.Fields(line)[1:]); err != nil {
				t.Errorf("%s: %s: %v", filepath.Base(path), line, err)
			}
		}
		if len(lines) < least {
			t.Errorf("%s has only %d commands", path, len(lines))
		}
	}
	for _, wrong := range [][]string{{"statuss"}, {"status", "--nolag"}, {"status", "--interval", "soon"}} {
		if parses(wrong) == nil {
			t.Errorf("%v is taken for a command", wrong)
		}
	}
}

// parses reports what is wrong with a command line, but for flags that are missing.
func parses(args []string) error {
	cmd, rest, err := newRootCommand(streams{}).Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cobra.NoArgs(cmd, cmd.Flags().Args())
}

// TestFlagsOfTheRunbookExist looks at flags and variables that stand alone.
func TestFlagsOfTheRunbookExist(t *testing.T) {
	flags := map[string]bool{}
	for _, cmd := range newRootCommand(streams{}).Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags["--"+f.Name] = true })
	}
	for _, flag := range regexp.MustCompile("`(--[a-z-]+)`").FindAllStringSubmatch(readText(t, "../../infra/runbook.md"), -1) {
		if !flags[flag[1]] {
			t.Errorf("%s is no flag of any command of %v", flag[1], slices.Sorted(maps.Keys(flags)))
		}
	}
}

// TestScalingAsksForARuleThatExists holds that KEDA asks for a recording rule, and that its minimum is the one that the alert knows.
func TestScalingAsksForARuleThatExists(t *testing.T) {
	rules, scaling := readText(t, "../../infra/prometheus/rules.yaml"), readText(t, "../../infra/kubernetes/scaling.yaml")
	for what, pattern := range map[string]string{
		"query":   `(?m)^ +query: (\S+)$`,
		"minimum": `(?m)^ +minReplicaCount: (\d+)$`,
	} {
		found := regexp.MustCompile(pattern).FindStringSubmatch(scaling)
		if found == nil {
			t.Fatalf("no %s", what)
		}
		want := map[string]string{"query": "- record: " + found[1] + "\n", "minimum": "max(streamrec_num_workers) < " + found[1] + " "}[what]
		if !strings.Contains(rules, want) {
			t.Errorf("the rules have no %q", want)
		}
	}
}
