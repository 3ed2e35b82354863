// Command corpus keeps what fuzzing has learnt: of the inputs in Go's cache it chooses few that cover what all of them cover, and writes those to the package's
// testdata/fuzz, where go test runs them and fuzzing begins with them. What is there already stays. It reads lines of PACKAGE TARGET.
//
//	bash scripts/fuzz.sh --keep table        # without a pattern: of all targets that are given something from outside
package main
