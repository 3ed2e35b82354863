package e2e

// exactlyOnce says what must not be between the tables rows and acked, whatever is in the records: every acknowledged
// record has its rows in one object, nothing else has, and the objects of a shard follow each other.
func exactlyOnce() []Check {
	return []Check{
		{"records that were acknowledged and have no row", `
			SELECT * FROM acked ANTI JOIN rows USING (shard_id, sequence_number)`},
		{"rows of records that nobody acknowledged", `
			SELECT shard_id, sequence_number, filename FROM rows ANTI JOIN acked USING (shard_id, sequence_number)`},
		{"rows that occur more than once", `
			SELECT shard_id, sequence_number, sub_sequence, line, count(*) AS times, list(DISTINCT filename) AS files
			FROM rows GROUP BY ALL HAVING times > 1`},
		{"records that are spread over objects", `
			SELECT shard_id, sequence_number, list(DISTINCT filename) AS files FROM rows GROUP BY ALL HAVING len(files) > 1`},
		{"sequence numbers that are not padded to 56 digits", `
			SELECT sequence_number FROM rows WHERE NOT regexp_full_match(sequence_number, '[0-9]{56}')`},
		{"objects whose key does not name their shard and first record", `
			SELECT filename, min(sequence_number) AS first, list(DISTINCT shard_id) AS shards FROM rows GROUP BY filename
			HAVING NOT (len(shards) = 1 AND ends_with(filename, '/' || shards[1] || '-' || first || '.parquet'))`},
		{"objects that overlap their predecessor, or lie in an earlier hour", `
			SELECT * FROM (
				SELECT filename, first, part, lag(last) OVER chain AS previous, lag(part) OVER chain AS previous_part FROM (
					SELECT filename, any_value(shard_id) AS shard, min(sequence_number) AS first, max(sequence_number) AS last,
						any_value(dt::TIMESTAMP + to_hours(hour)) AS part
					FROM rows GROUP BY filename)
				WINDOW chain AS (PARTITION BY shard ORDER BY first))
			WHERE previous >= first OR previous_part > part`},
		{"rows that arrived after the hour of their object", `
			SELECT filename, sequence_number, arrival_time FROM rows
			WHERE date_trunc('hour', timezone('UTC', arrival_time)) > dt::TIMESTAMP + to_hours(hour)`},
		{"hours that are of two generations", `SELECT dt, hour, list(DISTINCT gen) AS gens FROM rows GROUP BY dt, hour HAVING len(gens) > 1`},
	}
}

// recommended says what every list of recommendations has to be: there for what could be decoded, best first, each
// product once.
func recommended() []Check {
	return []Check{
		{"decoded rows without a list of recommendations, or undecoded ones with one", `
			SELECT shard_id, sequence_number FROM rows WHERE (recommendations IS NULL) <> (error IS NOT NULL)`},
		{"recommendations that name a product twice", `
			SELECT shard_id, sequence_number, recommendations FROM rows
			WHERE len(recommendations) <> len(list_distinct([r.product_code FOR r IN recommendations]))`},
		{"recommendations that are not in order of their scores", `
			SELECT shard_id, sequence_number, recommendations FROM rows
			WHERE [r.score FOR r IN recommendations] <> list_reverse_sort([r.score FOR r IN recommendations])`},
	}
}

// eventFile compares rows with the table input, which has the events of a CSV file, and acked with the numbers of its events. Each
// session has to have its events with their values and in the order of the file.
func eventFile() []Check {
	return []Check{
		{"rows that are no single decoded event", `
			SELECT shard_id, sequence_number, error, extra FROM rows
			WHERE error IS NOT NULL OR raw IS NOT NULL OR extra IS NOT NULL OR duplicate OR len(browse_history) IS DISTINCT FROM 1
				OR partition_key IS DISTINCT FROM session_id OR sub_sequence <> 0 OR line <> 0`},
		{"events that were not put exactly once", `
			SELECT n, count(a.shard_id) AS times FROM input LEFT JOIN acked a USING (n) GROUP BY n HAVING times <> 1`},
		{"rows in the place of another event", `
			SELECT n, id, key, event_id, partition_key FROM acked JOIN rows USING (shard_id, sequence_number) LEFT JOIN input USING (n)
			WHERE event_id IS DISTINCT FROM id OR partition_key IS DISTINCT FROM key`},
		{"sessions whose events differ from the file in value or order", `
			SELECT * FROM (
				SELECT session, list({'id': id, 'event': event, 'item': item, 'category': category, 'brand': brand,
					'price': price::DECIMAL(18, 4), 'quantity': 1::BIGINT, 'cart': event <> 'view'} ORDER BY n) AS put
				FROM input GROUP BY session) p
			FULL JOIN (
				SELECT session_id AS session, list({'id': event_id, 'event': h.event, 'item': h.product_code, 'category': h.category,
					'brand': h.brand, 'price': h.price, 'quantity': h.quantity, 'cart': h.in_shopping_cart} ORDER BY sequence_number) AS stored
				FROM (SELECT event_id, session_id, sequence_number, browse_history[1] AS h FROM rows) GROUP BY session_id) s
			USING (session)
			WHERE put IS DISTINCT FROM stored`},
	}
}

// steady says what a stream that is never resharded does not have.
func steady() []Check {
	return []Check{
		{"sessions that are on more than one shard", `
			SELECT session_id, list(DISTINCT shard_id) AS shards FROM rows GROUP BY session_id HAVING len(shards) > 1`},
	}
}

// resharded says what must not be when sessions go on from shard to shard, and none is silent for long. A shard that is read before
// the end of one that it follows does not know the open visits of that one, and begins them anew.
func resharded() []Check {
	return []Check{
		{"sessions whose visit began more than once", `
			SELECT session_id, list(DISTINCT visit_started) AS visits, list(DISTINCT shard_id) AS shards FROM rows
			WHERE visit_started IS NOT NULL GROUP BY session_id HAVING len(visits) > 1`},
	}
}
