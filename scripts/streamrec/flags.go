package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environmentName returns the environment twin of a flag, or "" when it has none.
func environmentName(f *pflag.Flag) string {
	name := f.Name
	if other := f.Annotations[twinOf]; len(other) > 0 {
		name = other[0]
	}
	if name == "" {
		return ""
	}
	return "STREAMREC_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// twinOf is the annotation of a flag whose name means something else in an environment that is made for workers: its twin is named after this one. Empty: it has
// none.
const twinOf = "twin-of"

// bindEnvironment lets every flag that is not on the command line take its value from the environment, and says so in the help.
func bindEnvironment(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if name := environmentName(f); name != "" {
			f.Usage += " [" + name + "]"
		}
	})
	next := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		var errs []error
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			name := environmentName(f)
			value := os.Getenv(name)
			if name == "" || f.Changed || value == "" {
				return
			}
			if err := cmd.Flags().Set(f.Name, value); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		})
		if err := errors.Join(errs...); err != nil {
			return usageError{err}
		}
		if next != nil {
			return next(cmd, args)
		}
		return nil
	}
}

// executeFlag adds the flag without which a command only shows what it would do. It has no environment twin: one that somebody has exported would arm all commands.
func executeFlag(flags *pflag.FlagSet, to *bool, usage string) {
	const name = "execute"
	flags.BoolVar(to, name, false, usage)
	flags.Lookup(name).Annotations = map[string][]string{twinOf: {""}}
}

// fromHere says in the help what the default of a flag is taken from, where that is another one on each machine.
func fromHere(flags *pflag.FlagSet, name, source string) { flags.Lookup(name).DefValue = source }

// nameFlag adds the flag for the name of a worker, which is the host's if nobody says otherwise.
func nameFlag(flags *pflag.FlagSet, to *string, name string) {
	flags.StringVar(to, name, defaultName(), "name of this worker; a random part is added at every start")
	fromHere(flags, name, "the name of the host")
}

// budgetFlag adds the flag for the memory of the open batches.
func budgetFlag(flags *pflag.FlagSet, to *int64, usage string) {
	const name = "memory-budget"
	flags.Int64Var(to, name, defaultBudget(memoryLimit()), usage)
	fromHere(flags, name, "a quarter of GOMEMLIMIT or of the container's memory, else 1 GiB")
}

// operatorFlag adds the flag for who has done something.
func operatorFlag(flags *pflag.FlagSet, to *string) {
	const name = "operator"
	flags.StringVar(to, name, defaultOperator(), "who does this; it is recorded")
	fromHere(flags, name, "user@host")
}

// tableName is what DynamoDB allows.
var tableName = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

// required returns a usage error that names every flag of the list without a value, or an application that cannot be one.
func required(flags map[string]string) error {
	var missing []string
	for name, value := range flags {
		if value == "" {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return usageError{fmt.Errorf("missing %s", strings.Join(sorted(missing), ", "))}
	}
	if app, ok := flags["app"]; ok && !tableName.MatchString(app) {
		return usageError{fmt.Errorf("--app: %q cannot name the lease table: use 3 to 255 letters, digits, dots, hyphens and underscores", app)}
	}
	return nil
}

// positive says that the value of a flag is not.
func positive[T ~int64](flag string, value T) error {
	if value > 0 {
		return nil
	}
	return fmt.Errorf("%s: must be positive, not %v; leave it out for the default", flag, value)
}

// checkLists says what is wrong with the length of the lists in rows.
func checkLists(length int) error {
	if length == -1 || length >= 1 && length <= 1000 {
		return nil
	}
	return fmt.Errorf("--recommendations: must be from 1 to 1000, or -1 for none, not %d", length)
}

// output is the format of data on stdout.
type output string

const (
	outputTable output = "table"
	outputJSON  output = "json"
)

func outputFlag(cmd *cobra.Command, to *output) {
	*to = outputTable
	cmd.Flags().VarP(to, "output", "o", "format of what goes to stdout: table or json")
}

// String implements pflag.Value.
func (o *output) String() string { return string(*o) }

// Set implements pflag.Value.
func (o *output) Set(s string) error {
	if s != string(outputTable) && s != string(outputJSON) {
		return fmt.Errorf("must be table or json, not %q", s)
	}
	*o = output(s)
	return nil
}

// Type implements pflag.Value.
func (o *output) Type() string { return "format" }
