// Command streamrec is the one binary of the project: the worker, its tools, and everything that runs them locally.
//
// Data goes to stdout, everything else to stderr. Every flag --some-flag has the environment twin STREAMREC_SOME_FLAG (infra/configuration.md has all).
// Exit codes: 0 done, 1 failed, 2 usage, 3 refused.
//
// A command is in the file of its name, and what only that command needs in files that begin with it:
//
//	worker.go       one worker: flags to configurations; service.go puts it together with what runs beside it, preflight.go looks whether it can work;
//	                admin.go, http.go and dashboard.go have its servers, state.go, tally.go and throttles.go what its metrics and its page say
//	demo.go         everything in one process: a fleet, shoppers, a scenario, a picture, and a judge
//	local.go        Kinesis, DynamoDB and S3 on one port
//	produce.go      package scripts/produce with flags
//	status.go       one look at an application: sighting.go reads it, lag.go measures how far checkpoints are behind
//	audit.go        package processor/audit with flags
//	reset.go        rewinds a fleet and replays; replay.go does so beside live traffic
//	reshard.go      package scripts/reshard with flags
//	recommend.go    asks the fleet
//	evaluate.go     measures recommendations on an event file
//	deadletters.go  what could not be decoded; erase.go erases customers
//
// All of them: main.go has the errors and exit codes, flags.go the flags and their twins, clients.go the AWS clients, screen.go a picture on a terminal, waiting.go
// when somebody who waits is told how far things are.
package main
