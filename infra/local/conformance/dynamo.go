package conformance

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// DynamoTarget is a DynamoDB to be held against the behaviour of Amazon's.
type DynamoTarget struct {
	// Client talks to it. The suite makes one attempt per call, since many checks provoke refusals.
	Client *dynamodb.Client
	// Name is the target's name in the results.
	Name string
	// Known maps the names of checks that are known to fail to the reason. They run all the same, and the suite fails when
	// one of them passes, so that the list stays true.
	Known map[string]string
}

// dynamoCheck is one row of the table: a claim about DynamoDB, as a subtest.
type dynamoCheck struct {
	name string
	run  func(*dynamoProbe) error
}

// dynamoChecks lists all rows. Their names are stable: Known and the results refer to them.
//
// Nothing checks that time to live deletes: the real service may take days, so no client can depend on it.
func dynamoChecks() []dynamoCheck {
	return slices.Concat(
		dynamoTableChecks(), dynamoSettingChecks(), dynamoItemChecks(), dynamoValueChecks(), dynamoConditionChecks(), dynamoUpdateChecks(),
		dynamoRefusalChecks(), dynamoQueryChecks(), dynamoScanChecks(), dynamoBatchChecks(), dynamoTransactionChecks(), dynamoCapacityChecks(),
		dynamoLeaseChecks(), dynamoRaceChecks(), dynamoLegacyChecks(),
	)
}

// Dynamo runs every check against target. Most work on items of their own in one table, which is made first and deleted at
// the end. With STREAMREC_CONFORMANCE_OUT set it appends a line "dynamodb, target, check, result" per check to that file,
// separated by tabs; the result is ok, known difference or failed.
func Dynamo(t *testing.T, target DynamoTarget) {
	t.Helper()
	for _, name := range unknownDynamoNames(target.Known) {
		t.Errorf("Known names a check that does not exist: %q", name)
	}
	suite := newDynamoSuite(t, target.Client)
	t.Run("checks", func(t *testing.T) { // ends when all of the parallel checks have
		for _, check := range dynamoChecks() {
			t.Run(check.name, func(t *testing.T) {
				t.Parallel()
				err := check.run(suite.probe(t))
				reason, known := target.Known[check.name]
				switch {
				case known && err == nil:
					t.Errorf("this difference is gone: %s", reason)
				case known:
					t.Logf("known difference (%s): %v", reason, err)
				case err != nil:
					t.Error(err)
				}
				recordDynamo(t, target.Name, check.name, dynamoResult(err, known))
			})
		}
	})
}

func unknownDynamoNames(known map[string]string) []string {
	var unknown []string
	for name := range known {
		if !slices.ContainsFunc(dynamoChecks(), func(c dynamoCheck) bool { return c.name == name }) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

func dynamoResult(err error, known bool) string {
	switch {
	case err == nil:
		return "ok"
	case known:
		return "known difference"
	default:
		return "failed"
	}
}

// recordDynamo appends a result to the file that the environment names. One write per line keeps lines of tests that run at
// the same time whole.
func recordDynamo(t *testing.T, target, check, result string) {
	t.Helper()
	path := os.Getenv("STREAMREC_CONFORMANCE_OUT")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the file that the caller asks for
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(file, "dynamodb\t%s\t%s\t%s\n", target, check, result)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}
