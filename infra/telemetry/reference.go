package telemetry

import (
	"fmt"
	"strings"
)

// Reference returns the tables of all metrics and of the fields of the log, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Metrics\n\nGenerated from infra/telemetry: `go test ./infra/telemetry -run Reference -update`. The third column has the name of the Java KCL.\n\n")
	b.WriteString("| metric | type, labels | KCL | what |\n|---|---|---|---|\n")
	row := func(name, kind, label, kcl, help string) {
		if label != "" {
			kind += ", " + label
		}
		fmt.Fprintf(&b, "| `%s%s` | %s | %s | %s |\n", prefix, name, kind, kcl, help)
	}
	for _, g := range gauges {
		kind := "gauge"
		if g.counter {
			kind = "counter"
		}
		row(g.name, kind, strings.Join(g.labels(), ", "), g.kcl, g.help)
	}
	for _, e := range counted {
		row(e.name, "counter", "", e.kcl, e.help)
	}
	for _, h := range timed {
		row(h.name, "histogram", h.label, h.kcl, h.help)
	}
	b.WriteString("\nBesides, `go_*` and `process_*` of the runtime. Series of a shard exist as long as the worker holds its lease.\n")
	b.WriteString("\n# Fields of the log\n\nA line of the log has level, msg, time, and as much of this as belongs to it; one name has one meaning.\n\n| field | what |\n|---|---|\n")
	for _, f := range fields {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.name, f.what)
	}
	return b.String()
}

// Names returns the names of all metrics as Prometheus has them; those of histograms without _bucket, _sum and _count.
func Names() (names []string) {
	for _, g := range gauges {
		names = append(names, prefix+g.name)
	}
	for _, e := range counted {
		names = append(names, prefix+e.name)
	}
	for _, h := range timed {
		names = append(names, prefix+h.name)
	}
	return names
}
