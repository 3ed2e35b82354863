// Package chaintest has what tests of the log need: a chain.Bucket in memory, whose requests can be made to fail in every way in which S3 can, and an Env on a
// clock of its own, whose sleeps take no time.
//
// Env starts what runs concurrently at once, or holds it (Env.Hold) until somebody waits for it: so a test decides what happens while an upload is under way, in
// one goroutine and without waiting.
package chaintest
