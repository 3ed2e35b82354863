package conformance

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// Target is a service to be held against the behaviour of Amazon's, by way of a client C of the AWS SDK.
type Target[C any] struct {
	// Client talks to it. The suites make one attempt per call, since many checks provoke refusals.
	Client C
	// Name is the target's name in the results.
	Name string
	// Known maps the names of checks that are known to fail to the reason. They run all the same, and the suite fails when
	// one of them passes, so that the list stays true.
	Known map[string]string
	// Fatal maps the names of checks that end the server to the reason. They are not run.
	Fatal map[string]string
	// Patience is how long a call may take before the server counts as hanging, where a suite bounds calls. 0 is its default.
	Patience time.Duration
}

// check is one row of a service's table: a claim about it, tried with a probe P. Known, Fatal and the results refer to names,
// so these are stable.
type check[P any] struct {
	name string
	run  func(P) error
}

// suite is the table of one service.
type suite[P any] struct {
	service string
	checks  []check[P]
	// heavy checks run one at a time, before the others, which a slow server would else let time out.
	heavy []check[P]
	// probe makes what one check works with.
	probe func(t *testing.T) P
}

// hold runs every check against a target, each as a subtest.
func hold[P, C any](t *testing.T, s suite[P], target Target[C]) {
	t.Helper()
	for _, list := range []map[string]string{target.Known, target.Fatal} {
		for _, name := range s.unknown(list) {
			t.Errorf("Known or Fatal names a check that does not exist: %q", name)
		}
	}
	for _, c := range s.heavy {
		t.Run(c.name, func(t *testing.T) { try(t, s, c, target) })
	}
	for _, c := range s.checks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			try(t, s, c, target)
		})
	}
}

// try runs one check, compares how it ends with what is known, and records it.
func try[P, C any](t *testing.T, s suite[P], c check[P], target Target[C]) {
	t.Helper()
	if reason, fatal := target.Fatal[c.name]; fatal {
		record(t, s.service, target.Name, c.name, notApplicable)
		t.Skip(reason)
	}
	err := c.run(s.probe(t))
	reason, known := target.Known[c.name]
	switch {
	case known && err == nil:
		t.Errorf("this difference is gone: %s", reason)
	case known:
		t.Logf("known difference (%s): %v", reason, err)
	case err != nil:
		t.Error(err)
	}
	record(t, s.service, target.Name, c.name, resultOf(err, known))
}

// unknown are the names in a list of differences that no check has.
func (s suite[P]) unknown(differences map[string]string) []string {
	var names []string
	for name := range differences {
		if !slices.ContainsFunc(slices.Concat(s.heavy, s.checks), func(c check[P]) bool { return c.name == name }) {
			names = append(names, name)
		}
	}
	return names
}

// The results of a check.
const (
	passed        = "ok"
	differs       = "known difference"
	failed        = "failed"
	notApplicable = "n/a"
)

// errNotApplicable is in the error of a check that could not even begin, since the server lacks what it builds on.
var errNotApplicable = errors.New("not applicable")

func resultOf(err error, known bool) string {
	switch {
	case err == nil:
		return passed
	case errors.Is(err, errNotApplicable):
		return notApplicable
	case known:
		return differs
	default:
		return failed
	}
}

// record appends a result to the file that the environment names. One write per line keeps lines of tests that run at the same
// time whole.
func record(t *testing.T, service, target, check, result string) {
	t.Helper()
	path := os.Getenv("STREAMREC_CONFORMANCE_OUT")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, "%s\t%s\t%s\t%s\n", service, target, check, result)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}
