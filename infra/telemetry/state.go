package telemetry

import (
	"github.com/streamrec/streamrec/processor/upstream"
)

// State is what a worker is doing at the moment of a scrape. Series of a shard are there as long as the shard is in it.
type State struct {
	Ready            bool
	Shards           []ShardState
	TotalLeases      int  // of shards that have not ended
	UnownedLeases    int  // of those, without an owner
	StoppedShards    int  // of those, nobody takes before an operator has looked
	Hole             bool // a part of the hash range has no lease of a shard without children
	Workers          int  // with a heartbeat row
	RetentionSeconds float64

	ModelFacts, ModelItems int64
	ModelStaleSeconds      float64 // -1 when other shards are not followed
	Predictions, Hits      int64
	BudgetBytes, HeldBytes int64
	Streams                int64

	Throttled map[string]int64 // requests, by service
	Catalogue CatalogueState

	Upstream upstream.Totals
}

// CatalogueState is what is known of the catalogue file.
type CatalogueState struct {
	InStock int64 // products that may be recommended, -1 without a catalogue
	Refused bool  // the file has changed and cannot be used
}

// ShardState is a shard whose lease the worker holds.
type ShardState struct {
	Shard         string
	Behind        int64   // ms, -1 before the first read
	Records       int64   // in this term
	OpenVisits    int64   // -1 while it is being opened
	CheckpointAge float64 // seconds, -1 when it has never been moved
	Silence       float64 // seconds, -1 before the first read
	UsualRate     float64 // rows/s, -1 when it is not known
}

// gauge is one metric of a State.
type gauge struct {
	name, help, kcl string
	counter, shard  bool // it only grows; it has the label shard
	read            func(*State) float64
	readShard       func(*ShardState) float64 // negative: not known, no series
	label           string                    // of readEach
	readEach        func(*State) map[string]int64
}

// gauges is the table of what is read at a scrape.
var gauges = []gauge{
	{name: "millis_behind_latest", kcl: "MillisBehindLatest", shard: true, help: "how far the last read was behind the tip of the stream, ms", readShard: func(s *ShardState) float64 { return float64(s.Behind) }},
	{name: "records_processed_total", kcl: "RecordsProcessed", shard: true, counter: true, help: "records that were processed in this term of the lease", readShard: func(s *ShardState) float64 { return float64(s.Records) }},
	{name: "checkpoint_age_seconds", shard: true, help: "time since the checkpoint was moved, as the lease table was last read (every --failover-time); grows on a quiet shard", readShard: func(s *ShardState) float64 { return s.CheckpointAge }},
	{name: "open_visits", shard: true, help: "sessions that may go on, in the model of the shard", readShard: func(s *ShardState) float64 { return float64(s.OpenVisits) }},
	{name: "source_silence_seconds", shard: true, help: "how long nothing has arrived in the shard, as far as it has been read; after a takeover it counts from there", readShard: func(s *ShardState) float64 { return s.Silence }},
	{name: "usual_rows_per_second", shard: true, help: "average of what arrives, which forgets within an hour and does not fall during silence; silence times this is how many rows are missed", readShard: func(s *ShardState) float64 { return s.UsualRate }},
	{name: "ready", help: "1 when the worker can work on leases", read: func(s *State) float64 { return bit(s.Ready) }},
	{name: "current_leases", kcl: "CurrentLeases", help: "leases that the worker holds", read: func(s *State) float64 { return float64(len(s.Shards)) }},
	{name: "total_leases", kcl: "TotalLeases", help: "leases of shards that have not ended, as the table was last read", read: func(s *State) float64 { return float64(s.TotalLeases) }},
	{name: "unowned_leases", help: "of those, leases without an owner", read: func(s *State) float64 { return float64(s.UnownedLeases) }},
	{name: "stopped_shards", help: "shards that nobody takes before an operator has looked", read: func(s *State) float64 { return float64(s.StoppedShards) }},
	{name: "coverage_hole", help: "1 when no shard in the table that has no children covers some part of the hash range", read: func(s *State) float64 { return bit(s.Hole) }},
	{name: "throttled_requests_total", counter: true, help: "requests that AWS refused because there were too many, each attempt, by service: kinesis, dynamodb or s3", label: "service", readEach: func(s *State) map[string]int64 { return s.Throttled }},
	{name: "num_workers", kcl: "NumWorkers", help: "workers with a heartbeat row, as the table was last read", read: func(s *State) float64 { return float64(s.Workers) }},
	{name: "retention_seconds", help: "how long the stream keeps records", read: func(s *State) float64 { return s.RetentionSeconds }},
	{name: "model_facts", help: "facts of all shards that are merged", read: func(s *State) float64 { return float64(s.ModelFacts) }},
	{name: "model_items", help: "items with merged facts", read: func(s *State) float64 { return float64(s.ModelItems) }},
	{name: "model_staleness_seconds", help: "age of the newest merged record of the shard that is furthest behind what it has committed; 0: none is behind; -1: shards are not merged", read: func(s *State) float64 { return s.ModelStaleSeconds }},
	{name: "predictions_total", counter: true, help: "events for whose session a list had been made before", read: func(s *State) float64 { return float64(s.Predictions) }},
	{name: "hits_total", counter: true, help: "of those, the ones whose product was in that list: hits/predictions is the live hit rate", read: func(s *State) float64 { return float64(s.Hits) }},
	{name: "memory_budget_bytes", help: "memory for open batches and uploads; 0: not bounded", read: func(s *State) float64 { return float64(s.BudgetBytes) }},
	{name: "memory_held_bytes", help: "what they hold", read: func(s *State) float64 { return float64(s.HeldBytes) }},
	{name: "streams_open", help: "streams of recommendations that are open", read: func(s *State) float64 { return float64(s.Streams) }},
	{name: "catalogue_products_in_stock", help: "products that the catalogue allows to recommend; -1: there is no catalogue", read: func(s *State) float64 { return float64(s.Catalogue.InStock) }},
	{name: "catalogue_refused", help: "1 when the catalogue file has changed and cannot be used: what it said before is in force", read: func(s *State) float64 { return bit(s.Catalogue.Refused) }},
	{name: "unknown_field_rows_total", counter: true, help: "user records with fields that have no column", read: func(s *State) float64 { return float64(s.Upstream.Unknown) }},
	{name: "unknown_field_names", help: "distinct names of such fields, at most 257; streamrec status has the names", read: func(s *State) float64 { return float64(s.Upstream.Names) }},
	{name: "new_field_names_total", counter: true, help: "of those, names that appeared when the worker had seen ten minutes of records: the schema has changed", read: func(s *State) float64 { return float64(s.Upstream.NewNames) }},
	{name: "decode_failures_total", counter: true, label: "class", help: "user records that could not be decoded, by class of the error", readEach: func(s *State) map[string]int64 { return s.Upstream.Failures }},
	{name: "format_rows_total", counter: true, label: "format", help: "user records that were decoded, by the format in which they came", readEach: func(s *State) map[string]int64 { return s.Upstream.Formats }},
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
