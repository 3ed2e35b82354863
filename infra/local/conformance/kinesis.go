package conformance

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// KinesisTarget is a Kinesis to be held against the behaviour of Amazon's.
type KinesisTarget struct {
	// Client talks to it. The suite lowers its retries and bounds the time of every call, so that a server that hangs is a
	// check that fails.
	Client *kinesis.Client
	// Name is the target's name in the results.
	Name string
	// Known maps the names of checks that are known to fail to the reason. They run all the same, and the suite fails when
	// one of them passes, so that the list stays true.
	Known map[string]string
	// Fatal maps the names of checks that end the server to the reason. They are not run.
	Fatal map[string]string
}

// kinesisCheck is one row of the table: a claim about Kinesis, as a subtest.
type kinesisCheck struct {
	name  string
	run   func(*kinesisProbe) error
	alone bool // so heavy that a slow server would let other checks time out
}

// errKinesisNotApplicable is in the error of a check that could not even begin, since the server lacks what it builds on.
var errKinesisNotApplicable = errors.New("not applicable")

// kinesisChecks lists all rows. Their names are stable: Known and the results refer to them.
func kinesisChecks() []kinesisCheck {
	return slices.Concat(
		kinesisStreamChecks(), kinesisShardChecks(), kinesisPutChecks(), kinesisReadChecks(), kinesisIteratorChecks(),
		kinesisReshardChecks(), kinesisScalingChecks(), kinesisFilterChecks(), kinesisSettingChecks(), kinesisConsumerChecks(), kinesisLimitChecks(),
	)
}

// Kinesis runs every check against target, each with streams of its own that are deleted afterwards. With
// STREAMREC_CONFORMANCE_OUT set it appends a line "kinesis, target, check, result" per check to that file, separated by tabs;
// the result is ok, failed, known difference or n/a.
func Kinesis(t *testing.T, target KinesisTarget) {
	t.Helper()
	if unknown := target.unknownNames(); len(unknown) > 0 {
		t.Errorf("Known and Fatal name checks that do not exist: %q", unknown)
	}
	for _, check := range kinesisChecks() {
		t.Run(check.name, func(t *testing.T) {
			if !check.alone {
				t.Parallel()
			}
			if reason, fatal := target.Fatal[check.name]; fatal {
				recordKinesis(t, target.Name, check.name, "n/a")
				t.Skip(reason)
			}
			target.hold(t, check)
		})
	}
}

// hold runs one check and compares its result with what is known.
func (target KinesisTarget) hold(t *testing.T, check kinesisCheck) {
	t.Helper()
	err := check.run(newKinesisProbe(t, target.Client))
	reason, known := target.Known[check.name]
	switch {
	case known && err == nil:
		t.Errorf("this difference is gone: %s", reason)
	case known:
		t.Logf("known difference (%s): %v", reason, err)
	case err != nil:
		t.Error(err)
	}
	recordKinesis(t, target.Name, check.name, kinesisResult(err, known))
}

func (target KinesisTarget) unknownNames() []string {
	var unknown []string
	for _, name := range slices.Concat(slices.Collect(maps.Keys(target.Known)), slices.Collect(maps.Keys(target.Fatal))) {
		if !slices.ContainsFunc(kinesisChecks(), func(c kinesisCheck) bool { return c.name == name }) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

func kinesisResult(err error, known bool) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errKinesisNotApplicable):
		return "n/a"
	case known:
		return "known difference"
	default:
		return "failed"
	}
}

// recordKinesis logs a result and appends it to the file that the environment names. One write per line keeps lines of tests
// that run at the same time whole.
func recordKinesis(t *testing.T, target, check, result string) {
	t.Helper()
	t.Logf("kinesis | %s | %s | %s", target, check, result)
	path := os.Getenv("STREAMREC_CONFORMANCE_OUT")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the file that the caller asks for
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, "kinesis\t%s\t%s\t%s\n", target, check, result)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}
