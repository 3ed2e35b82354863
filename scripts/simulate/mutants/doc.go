// Command mutants measures how strong the simulator is: it plants bugs into the production code, one at a time, and counts those that
// the simulator finds.
//
//	go run ./scripts/simulate/mutants            # all, 500 schedules each at most
//	go run ./scripts/simulate/mutants -list
//	go run ./scripts/simulate/mutants trust hour # those whose names contain one of these
//
// A mutant is a piece of source text and what stands in its place; it is compiled with go build -overlay, so no file is touched. One
// whose text is not found exactly once is an error: the code has moved on, and the table has to follow.
//
// Some mutants cannot be found by the simulator, and say why: a test finds them, which is run instead, or nothing can, and they count neither way. The
// command fails when less than 95 % of those that count are found.
//
// The file bugs.md beside the simulator lists the bugs that this project has had, and which mutant puts each back; a test holds that list to the code.
package main
