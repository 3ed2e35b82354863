package telemetry

import "github.com/prometheus/client_golang/prometheus"

// prefix is that of all names.
const prefix = "streamrec_"

// stateCollector reads a State at each scrape: what is not in it any more has no series.
type stateCollector struct {
	state func() State
	descs []*prometheus.Desc // by gauge
}

func newStateCollector(state func() State) *stateCollector {
	c := &stateCollector{state: state}
	for _, g := range gauges {
		c.descs = append(c.descs, prometheus.NewDesc(prefix+g.name, g.help, g.labels(), nil))
	}
	return c
}

func (g *gauge) labels() []string {
	switch {
	case g.shard:
		return []string{"shard"}
	case g.label != "":
		return []string{g.label}
	}
	return nil
}

func (g *gauge) kind() prometheus.ValueType {
	if g.counter {
		return prometheus.CounterValue
	}
	return prometheus.GaugeValue
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(out chan<- prometheus.Metric) {
	state := c.state()
	for i := range gauges {
		g := &gauges[i]
		g.each(&state, func(v float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(c.descs[i], g.kind(), v, labels...)
		})
	}
}

// each gives the values of a state.
func (g *gauge) each(state *State, give func(v float64, labels ...string)) {
	switch {
	case g.shard:
		for s := range state.Shards {
			if v := g.readShard(&state.Shards[s]); v >= 0 {
				give(v, state.Shards[s].Shard)
			}
		}
	case g.label != "":
		for label, n := range g.readEach(state) {
			give(float64(n), label)
		}
	default:
		give(g.read(state))
	}
}
