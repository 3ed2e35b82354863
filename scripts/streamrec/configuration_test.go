package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestConfigurationIsCurrent compares the document with the flags of all commands.
func TestConfigurationIsCurrent(t *testing.T) {
	const path = "../../infra/configuration.md"
	want := configuration()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != want {
		t.Errorf("%s is not what the flags say (%v): go test ./scripts/streamrec -run Configuration -update", path, err)
	}
}

// TestConfigurationNamesNoMachine wants the same document everywhere: what a default is taken from, not what that is here.
func TestConfigurationNamesNoMachine(t *testing.T) {
	text := configuration()
	t.Setenv("GOMEMLIMIT", "64MiB")
	if configuration() != text {
		t.Error("defaults depend on the environment")
	}
	if name := defaultName(); strings.Contains(text, name+"` |") {
		t.Errorf("the name of this machine, %s, is a default", name)
	}
	for _, want := range []string{
		"| `--failover-time` | `STREAMREC_FAILOVER_TIME` | duration | `5s` |", "| `--flush-bytes` | `STREAMREC_FLUSH_BYTES` | integer | `134217728` (128 MiB) |",
		"| `--app` | `STREAMREC_APP` | text | required |", "\n## streamrec deadletters export\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

// configuration is infra/configuration.md.
func configuration() string {
	var b strings.Builder
	b.WriteString(`# Configuration

Generated from the flags: ` + "`go test ./scripts/streamrec -run Configuration -update`" + `. Every flag but ` + "`--execute`" + ` has a twin in the environment, which counts when the
flag is not on the command line. Durations are written as ` + "`500ms`, `5s`, `1h30m`" + `; times of day with their zone, as ` + "`2026-11-26T14:05:00+01:00`" + `. A flag without default is empty or off.

Besides the flags, the environment may have ` + "`" + privacyKeyVariable + "`" + `, the privacy key itself, in place of the file; and what the AWS SDK reads: ` +
		"`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`" + ` and so on.
`)
	for _, cmd := range newRootCommand(streams{}).Commands() {
		describe(&b, cmd)
	}
	return b.String()
}

// describe adds a command and those below it, if it is ours: cobra has some of its own.
func describe(b *strings.Builder, cmd *cobra.Command) {
	if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
		return
	}
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(b, "\n## %s\n\n%s.\n\n| flag | environment | type | default | what |\n|---|---|---|---|---|\n", cmd.CommandPath(), cmd.Short)
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden || f.Name == "help" {
				return
			}
			twin := environmentName(f)
			kind, usage := pflag.UnquoteUsage(f)
			usage, needed := strings.CutSuffix(strings.TrimSuffix(usage, " ["+twin+"]"), " (required)")
			if twin != "" {
				twin = "`" + twin + "`"
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", flagNames(f), twin, flagType(kind), flagDefault(f, needed), strings.ReplaceAll(usage, "|", `\|`))
		})
	}
	for _, sub := range cmd.Commands() {
		describe(b, sub)
	}
}

func flagNames(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return fmt.Sprintf("`--%s`, `-%s`", f.Name, f.Shorthand)
	}
	return "`--" + f.Name + "`"
}

// flagType names what pflag calls a type for people who do not write Go.
func flagType(kind string) string {
	switch kind {
	case "string":
		return "text"
	case "":
		return "yes or no"
	case "int", "uint":
		return "integer"
	case "float":
		return "number"
	case "strings":
		return "list"
	default:
		return kind
	}
}

func flagDefault(f *pflag.Flag, needed bool) string {
	text := f.DefValue
	if needed {
		return "required"
	}
	switch f.Value.Type() {
	case "duration":
		d, err := time.ParseDuration(text)
		if err == nil && d == 0 {
			return ""
		}
		text = strings.TrimSuffix(text, "m0s") + strings.Repeat("m", min(1, strings.Count(text, "m0s")))
		text = strings.TrimSuffix(text, "h0m") + strings.Repeat("h", min(1, strings.Count(text, "h0m")))
	case "stringSlice", "stringArray", "stringToInt64":
		text = strings.Trim(text, "[]")
	case "bool":
		if text == "false" {
			return ""
		}
	}
	switch n, err := strconv.ParseInt(text, 10, 64); {
	case text == "":
		return ""
	case strings.Contains(text, " "):
		return text // a sentence
	case err == nil && n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("`%d` (%d MiB)", n, n>>20)
	}
	return "`" + text + "`"
}
