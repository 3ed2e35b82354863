package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goodRows is a table of eight rows as two shards would write them, in four objects. object is the place in which a row lies: the number of the first record of a row.
const goodRows = `
	SELECT shard_id, lpad(n::VARCHAR, 56, '0') AS sequence_number, 0 AS sub_sequence, 0 AS line, session AS session_id, session AS partition_key,
		TIMESTAMPTZ '2026-11-23 09:00:00+00' + to_hours(n // 5) + to_minutes(6 * n) AS arrival_time,
		[{'product_code': 'P' || n, 'quantity': 1::BIGINT, 'in_shopping_cart': n % 2 = 0, 'event': if(n % 2 = 0, 'cart', 'view'), 'category': 'c',
			'brand': NULL::VARCHAR, 'price': (n * 1.5)::DECIMAL(18, 4)}] AS browse_history,
		[{'product_code': 'P8', 'score': 2.5::DOUBLE}, {'product_code': 'P9', 'score': 1.5::DOUBLE}] AS recommendations,
		NULL::VARCHAR AS error, NULL::BLOB AS raw, NULL::VARCHAR AS extra, false AS duplicate, 'events.csv:' || (n + 1) AS event_id,
		TIMESTAMPTZ '2026-11-23 09:06:00+00' AS visit_started, 9 + n // 5 AS hour, object
	FROM (VALUES (1, 'shardId-0', 's-1', 1), (2, 'shardId-0', 's-1', 1), (5, 'shardId-0', 's-1', 5), (6, 'shardId-0', 's-2', 5),
		(3, 'shardId-1', 's-3', 3), (4, 'shardId-1', 's-3', 3), (7, 'shardId-1', 's-3', 7), (8, 'shardId-1', 's-4', 7)) v (n, shard_id, session, object)`

// goodInput is the event file behind goodRows.
const goodInput = `
	SELECT n, 'events.csv:' || (n + 1) AS id, if(n IN (1, 2, 5), 's-1', if(n = 6, 's-2', if(n = 8, 's-4', 's-3'))) AS session,
		if(n % 2 = 0, 'cart', 'view') AS event, 'P' || n AS item, 'c' AS category, NULL::VARCHAR AS brand, n * 1.5 AS price
	FROM range(1, 9) r (n)`

// mutant is a way in which the objects can be wrong, and the checks that have to notice.
type mutant struct {
	name    string
	sql     string // changes the table made
	noticed []string
}

func mutants() []mutant {
	nth := func(n int) string { return fmt.Sprintf("sequence_number::INTEGER = %d", n) }
	const (
		lost, invented, twice, spread = "records that were acknowledged and have no row", "rows of records that nobody acknowledged",
			"rows that occur more than once", "records that are spread over objects"
		digits, key, overlap = "sequence numbers that are not padded to 56 digits", "objects whose key does not name their shard and first record",
			"objects that overlap their predecessor, or lie in an earlier hour"
		late, single, moved = "rows that arrived after the hour of their object", "rows that are no single decoded event",
			"sessions that are on more than one shard"
		unput   = "events that were not put exactly once"
		place   = "rows in the place of another event"
		differs = "sessions whose events differ from the file in value or order"
		list    = "decoded rows without a list of recommendations, or undecoded ones with one"
		again   = "recommendations that name a product twice"
		order   = "recommendations that are not in order of their scores"
		anew    = "sessions whose visit began more than once"
	)
	return []mutant{
		{"nothing", "SELECT 1", nil},
		{"a lost row", "DELETE FROM made WHERE " + nth(6), []string{lost, differs}},
		{"a lost object", "DELETE FROM made WHERE object = 7", []string{lost, differs}},
		{"a doubled row", "INSERT INTO made SELECT * FROM made WHERE " + nth(2), []string{twice, differs}},
		{
			"a row in two objects", "INSERT INTO made SELECT * REPLACE (5 AS object, 10 AS hour) FROM made WHERE " + nth(2),
			[]string{twice, spread, key, overlap, differs},
		},
		{"an invented row", "INSERT INTO made SELECT * REPLACE (lpad('9', 56, '0') AS sequence_number) FROM made WHERE " + nth(8), []string{invented, differs}},
		{"a record under a number of another", "UPDATE made SET sequence_number = lpad('9', 56, '0') WHERE " + nth(8), []string{lost, invented}},
		{
			"events in another order", "UPDATE made SET browse_history = if(" + nth(1) + ", (SELECT browse_history FROM made WHERE " + nth(2) +
				"), (SELECT browse_history FROM made WHERE " + nth(1) + ")) WHERE object = 1", []string{differs},
		},
		{"another price", "UPDATE made SET browse_history = [struct_update(browse_history[1], price := 1.5001::DECIMAL(18, 4))] WHERE " + nth(1), []string{differs}},
		{"a brand out of nowhere", "UPDATE made SET browse_history = [struct_update(browse_history[1], brand := 'acme')] WHERE " + nth(8), []string{differs}},
		{"another id", "UPDATE made SET event_id = 'events.csv:77' WHERE " + nth(8), []string{differs, place}},
		{"two events in a row", "UPDATE made SET browse_history = browse_history || browse_history WHERE " + nth(8), []string{single}},
		{"an event that is marked", "UPDATE made SET duplicate = true WHERE " + nth(8), []string{single}},
		{"an event that is not decoded", "UPDATE made SET error = 'empty: x' WHERE " + nth(8), []string{single, list}},
		{
			"a session on two shards", "UPDATE made SET session_id = 's-1', partition_key = 's-1' WHERE " + nth(8),
			[]string{moved, differs, place},
		},
		{"a visit that begins anew", "UPDATE made SET visit_started = arrival_time WHERE " + nth(7), []string{anew}},
		{"a number without padding", "UPDATE made SET sequence_number = '8' WHERE " + nth(8), []string{lost, invented, digits}},
		{"a key of another record", "UPDATE made SET object = 8 WHERE object = 7", []string{key}},
		{"overlapping objects", "UPDATE made SET object = 5, hour = 10 WHERE " + nth(2) + "; UPDATE made SET object = 1, hour = 9 WHERE " + nth(5), []string{key, overlap, late}},
		{"an hour that goes back", "UPDATE made SET hour = 11 WHERE object = 3", []string{overlap}},
		{"an hour before its records", "UPDATE made SET hour = 9 WHERE object = 7", []string{late}},
		{"an event that was not put", "DELETE FROM acked WHERE n = 8", []string{invented, unput}},
		{"an event that was put twice", "INSERT INTO acked SELECT n, key, shard_id, lpad('9', 56, '0') FROM acked WHERE n = 8", []string{lost, unput}},
		{"two events in each other's place", "UPDATE acked SET n = 14 - n WHERE n IN (6, 8)", []string{place}},
		{"no recommendations", "UPDATE made SET recommendations = NULL WHERE " + nth(8), []string{list}},
		{"a product recommended twice", "UPDATE made SET recommendations = [recommendations[1], recommendations[1]] WHERE " + nth(8), []string{again}},
		{"the worst first", "UPDATE made SET recommendations = list_reverse(recommendations) WHERE " + nth(8), []string{order}},
	}
}

// TestOracle plants every kind of mistake into good objects: the oracle has to notice each, and nothing else.
func TestOracle(t *testing.T) {
	needDuckDB(t)
	for _, m := range mutants() {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			oracle := &Oracle{t: t, dir: t.TempDir()}
			oracle.make(m)
			found := oracle.Violations(t.Context(), slices.Concat(exactlyOnce(), recommended(), eventFile(), steady(), resharded())...)
			slices.Sort(m.noticed)
			if names := slices.Sorted(maps.Keys(found)); !slices.Equal(names, m.noticed) {
				t.Errorf("noticed %q, want %q\n%v", names, m.noticed, found)
			}
		})
	}
}

// make writes the objects of a mutant, and the other tables.
func (o *Oracle) make(m mutant) {
	o.Table("made", goodRows)
	o.Table("input", goodInput)
	o.Table("acked", "SELECT sequence_number::INTEGER AS n, session_id AS key, shard_id, sequence_number FROM made")
	o.setup = append(o.setup, m.sql)
	for _, at := range []int{1, 3, 5, 7, 8} {
		shard := 0
		if at == 3 || at >= 7 {
			shard = 1
		}
		for hour := 9; hour <= 11; hour++ {
			path := o.write(fmt.Sprintf("%s/gen=1/dt=2026-11-23/hour=%02d/shardId-%d-%056d.parquet", App, hour, shard, at), nil)
			o.setup = append(o.setup, fmt.Sprintf("COPY (SELECT * EXCLUDE (hour, object) FROM made WHERE object = %d AND hour = %d) TO %s (FORMAT parquet)", at, hour, quote(path)))
		}
	}
	o.Rows(filepath.Join(o.dir, App))
}
