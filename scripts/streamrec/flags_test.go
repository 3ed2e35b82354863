package main

import (
	"testing"

	"github.com/spf13/cobra"
)

// TestNothingIsArmedByTheEnvironment: a variable that somebody has exported for one command must not let others do what they would only have shown.
func TestNothingIsArmedByTheEnvironment(t *testing.T) {
	t.Setenv("STREAMREC_EXECUTE", "true")
	t.Setenv("STREAMREC_REASON", "a bad model")
	armed := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if f := cmd.Flags().Lookup("execute"); f != nil {
			armed++
			_ = cmd.PreRunE(cmd, nil) // something may be missing besides
			if reason := cmd.Flags().Lookup("reason"); reason != nil && reason.Value.String() != "a bad model" {
				t.Errorf("%s does not heed the environment", cmd.CommandPath())
			}
			if f.Value.String() != "false" {
				t.Errorf("%s is armed", cmd.CommandPath())
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRootCommand(streams{}))
	if armed < 6 {
		t.Errorf("%d commands have --execute", armed)
	}
}
