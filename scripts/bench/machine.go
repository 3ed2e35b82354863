package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine is where a run took place.
type machine struct {
	Cores       int    `json:"cores"`
	Processor   string `json:"processor,omitempty"`
	System      string `json:"system"`
	Go          string `json:"go"`
	LoadAtStart string `json:"load_average_at_start,omitempty"` // of the last minute
	LoadAtEnd   string `json:"load_average_at_end,omitempty"`
}

func describeMachine() machine {
	return machine{
		Cores: runtime.NumCPU(), Processor: processorModel(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Go: strings.TrimPrefix(runtime.Version(), "go"), LoadAtStart: loadAverage(),
	}
}

// String is one line for people.
func (m machine) String() string {
	text := fmt.Sprintf("%d cores", m.Cores)
	if m.Processor != "" {
		text += " (" + m.Processor + ")"
	}
	text += ", " + m.System + ", Go " + m.Go
	if m.LoadAtStart != "" {
		text += fmt.Sprintf(", load average %s at the start, %s at the end", m.LoadAtStart, m.LoadAtEnd)
	}
	return text
}

// loadAverage returns that of the last minute, or nothing where the system does not tell.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// processorModel returns what the system calls the processor, or nothing.
func processorModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
