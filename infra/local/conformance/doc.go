// Package conformance holds implementations of Kinesis, DynamoDB and S3 against one list of checks each.
//
// A check is a claim about Amazon's service, tried through the AWS SDK for Go:
//
//	conformance.Kinesis(t, conformance.Target[*kinesis.Client]{Client: client, Name: "mine", Known: map[string]string{
//		"RegisterStreamConsumer -> ACTIVE": "enhanced fan-out is not offered",
//	}})
//
// Every check is a subtest and makes what it needs, so that one can be run alone with go test -run. They know nothing of how
// a server is made: the tests of this package run them against the services in infra/local, and against independent servers
// whose endpoints the environment names (STREAMREC_KINESALITE_ENDPOINT and others; a test that is skipped says which). So our
// services do not agree only with themselves, and neither does the suite.
//
// # Differences
//
// Known lists, by the name of the check, what a target is known to do otherwise. Such a check is run all the same, and the
// suite fails when it passes: a list cannot outlive its reason. A check that would end the server is in Fatal, and not run.
//
// # Results
//
// With STREAMREC_CONFORMANCE_OUT set each result is appended to that file as a line of tab-separated values: service, target,
// check, result. Results are ok, known difference, failed, and n/a: a check could not begin, because what it builds on is
// missing, or was not run, because it would end the server.
//
// # Non-obvious
//
// Nothing here was run against Amazon. What is claimed comes from its documentation, from the SDK's models, and from
// messages that others have published.
//
// A server that hangs is a check that fails: calls end after a time. A server that throttles, as Amazon does, is met with
// patience, so the suite needs about half a minute of real time where limits are enforced.
//
// Checks that are heavy run alone, before those that run side by side.
package conformance
