// Package cputime measures the CPU time of a thread, for latencies on machines that are shared: time in which the
// thread did not run does not count.
package cputime
