// Package telemetry builds what streamrec is observed with: one logger for a process, and one set of metrics, both made by the command and passed down.
//
//	logger.go     NewLogger: text on a terminal, else JSON with times in UTC
//	metrics.go    Metrics: what is counted and timed when it happens, and the handler of /metrics
//	state.go      State: what is asked of the worker when somebody scrapes
//	measured.go   Stream and Terms go around a worker's stream and factory, and count
//	reference.go  infra/metrics.md, the tables of all metrics and fields of the log, which tests hold to the code
//
// A metric is a line in one of three tables, with its help and the name that the Java KCL has for it: gauges (state.go), counted and timed (metrics.go).
// Neither a label nor a line of the log has what a shopper sent.
package telemetry
