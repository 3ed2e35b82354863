// Command corpus keeps what fuzzing has learnt: of the inputs in Go's cache it chooses few that cover what all of them cover, and writes those to the package's
// testdata/fuzz, where go test runs them and fuzzing begins with them. What is there already stays.
//
//	bash scripts/fuzz.sh --list table | go run ./scripts/corpus        # or, of all targets that are given foreign bytes: scripts/fuzz.sh --keep
package main
