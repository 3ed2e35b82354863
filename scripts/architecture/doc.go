// Package architecture has the rules of the project's structure as tests: which package may import which, that every package
// explains itself, and what is not written in production code. Run go test ./scripts/architecture.
package architecture
