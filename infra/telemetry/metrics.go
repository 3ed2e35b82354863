package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/sirupsen/logrus"
)

// Metrics are the metrics of one process, in a registry of their own.
type Metrics struct {
	registry *prometheus.Registry
}

// NewMetrics returns the metrics of the runtime and of the process.
func NewMetrics() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

// Handler serves the metrics to Prometheus.
func (m *Metrics) Handler(log logrus.FieldLogger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: scrapeLog{log}, EnableOpenMetrics: true, MaxRequestsInFlight: 4})
}

// scrapeLog takes the errors of scrapes.
type scrapeLog struct{ log logrus.FieldLogger }

// Println implements promhttp.Logger.
func (l scrapeLog) Println(v ...any) { l.log.WithField("component", "metrics").Warn(v...) }
