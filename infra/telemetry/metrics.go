package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/sirupsen/logrus"

	"github.com/streamrec/streamrec/processor/chain"
	"github.com/streamrec/streamrec/processor/table"
)

// Metrics are the metrics of one process, in a registry of their own. Its methods may be called by any goroutine, and cost some nanoseconds.
type Metrics struct {
	registry *prometheus.Registry
	counters map[string]prometheus.Counter
	times    map[string]*prometheus.HistogramVec

	rows, bad, duplicates prometheus.Counter // of counters, for those who count each record
}

// event is a metric that grows when something happens.
type event struct{ name, help, kcl string }

// counted is the table of what is counted when it happens.
var counted = []event{
	{"rows_total", "user records that were processed; a record that is processed again counts again", ""},
	{"dead_letters_total", "of those, the ones that could not be decoded", ""},
	{"duplicates_total", "of those, the ones whose event id had been seen", ""},
	{"data_bytes_processed_total", "bytes of the records that were read", "DataBytesProcessed"},
	{"get_records_failures_total", "reads of the stream that failed, throttled ones included", "KinesisDataFetcher.getRecords.Success"},
	{"objects_total", "Parquet objects that were committed", ""},
	{"object_bytes_total", "their bytes", ""},
	{"committed_rows_total", "their rows", ""},
	{"taken_leases_total", "terms of leases that have begun here", "TakenLeases"},
	{"lost_leases_total", "terms that ended because another worker has the lease, or may have it", "LostLeases"},
	{"replanned_terms_total", "terms that ended because a plan begins the shard anew (streamrec reset)", ""},
	{"handed_off_leases_total", "terms that ended in favour of another worker, or because this one leaves", ""},
	{"ended_shards_total", "terms that ended with the shard", ""},
	{"failed_terms_total", "terms that ended because a shard could not be processed", ""},
	{"reopened_shards_total", "shards that were opened again within a term, from the log", ""},
}

// timed is the table of what takes time, and the label of each.
var timed = []struct {
	event
	label   string
	buckets []float64
}{
	{event{"get_records_seconds", "time of a read of the stream", "KinesisDataFetcher.getRecords.Time"}, "", prometheus.ExponentialBuckets(.001, 2, 14)},
	{event{"commit_seconds", "time from sealing a batch to its object being in the log", ""}, "", prometheus.ExponentialBuckets(.005, 2, 14)},
	{event{"question_seconds", "time of an answer over HTTP; way: live, forwarded, merged, stale, problem", ""}, "way", prometheus.ExponentialBuckets(.0001, 2, 14)},
}

// NewMetrics returns the metrics of the runtime, of the process and of a worker. state is asked at each scrape; nil when there is no worker.
func NewMetrics(state func() State) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), counters: map[string]prometheus.Counter{}, times: map[string]*prometheus.HistogramVec{}}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	for _, e := range counted {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + e.name, Help: e.help})
		m.counters[e.name] = c
		m.registry.MustRegister(c)
	}
	for _, h := range timed {
		var labels []string
		if h.label != "" {
			labels = []string{h.label}
		}
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: prefix + h.name, Help: h.help, Buckets: h.buckets}, labels)
		m.times[h.name] = v
		m.registry.MustRegister(v)
	}
	m.rows, m.bad, m.duplicates = m.counters["rows_total"], m.counters["dead_letters_total"], m.counters["duplicates_total"]
	if state != nil {
		m.registry.MustRegister(newStateCollector(state))
	}
	return m
}

// Processed implements processor.Observer.
func (m *Metrics) Processed(_ string, row *table.Row) {
	m.rows.Inc()
	if row.Error != nil {
		m.bad.Inc()
	}
	if row.Duplicate {
		m.duplicates.Inc()
	}
}

// Committed implements processor.Observer.
func (m *Metrics) Committed(_ string, link chain.Batch, took time.Duration) {
	m.counters["objects_total"].Inc()
	m.counters["object_bytes_total"].Add(float64(len(link.Body)))
	m.counters["committed_rows_total"].Add(float64(link.Rows))
	m.observe("commit_seconds", took)
}

// Answered notes how a question was answered.
func (m *Metrics) Answered(way string, took time.Duration) { m.observe("question_seconds", took, way) }

func (m *Metrics) observe(name string, took time.Duration, labels ...string) {
	m.times[name].WithLabelValues(labels...).Observe(took.Seconds())
}

// Handler serves the metrics to Prometheus.
func (m *Metrics) Handler(log logrus.FieldLogger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: scrapeLog{log}, EnableOpenMetrics: true, MaxRequestsInFlight: 4})
}

// scrapeLog takes the errors of scrapes.
type scrapeLog struct{ log logrus.FieldLogger }

// Println implements promhttp.Logger.
func (l scrapeLog) Println(v ...any) { l.log.WithField("component", "metrics").Warn(v...) }
