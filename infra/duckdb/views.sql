-- The views of the log for DuckDB. Set the variable log before: SET VARIABLE log = 's3://my-bucket/events';

-- All generations. Columns are matched by name: files of older schema versions have null where they lack a column.
CREATE OR REPLACE VIEW events_all AS
SELECT * FROM read_parquet(getvariable('log') || '/gen=*/**/*.parquet',
  union_by_name = true, hive_partitioning = true, hive_types = {gen: INTEGER, dt: DATE, hour: VARCHAR});

-- Which generation is current in which hours; hours in no interval are of generation 1.
CREATE OR REPLACE VIEW generations AS
SELECT line->>'from' AS from_hour, line->>'to' AS to_hour, (line->>'generation')::INTEGER AS generation
FROM (SELECT unnest(string_split(trim(content, chr(10)), chr(10)))::JSON AS line FROM read_text(getvariable('log') || '/generations/*.json'));

-- Customers who have been erased, by pseudonym.
CREATE OR REPLACE VIEW erasures AS
SELECT line->>'customer_id' AS customer_id, max((line->>'erased_at')::TIMESTAMPTZ) AS erased_at
FROM (SELECT unnest(string_split(trim(content, chr(10)), chr(10)))::JSON AS line FROM read_text(getvariable('log') || '/erasures/*.json'))
GROUP BY 1;

-- What analysts should read: the current generation of every hour, without what erased customers did before they were erased.
CREATE OR REPLACE VIEW events AS
SELECT e.*
FROM events_all e
LEFT JOIN generations g ON e.dt || 'T' || e.hour >= g.from_hour AND (g.to_hour IS NULL OR e.dt || 'T' || e.hour < g.to_hour)
LEFT JOIN erasures x ON x.customer_id = e.customer_id AND e.arrival_time <= x.erased_at
WHERE e.gen = coalesce(g.generation, 1) AND x.customer_id IS NULL;
