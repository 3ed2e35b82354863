-- What analysts should read: the current generation of every hour, without what erased customers did before they were erased.
-- Filter by dt: partitions are pruned by it.
CREATE OR REPLACE VIEW events AS
SELECT e.*
FROM events_all e
LEFT JOIN generations g
  ON CAST(e.dt AS varchar) || 'T' || e.hour >= g."from" AND (g."to" IS NULL OR CAST(e.dt AS varchar) || 'T' || e.hour < g."to")
LEFT JOIN (SELECT customer_id, max(from_iso8601_timestamp(erased_at)) AS erased_at FROM erasures GROUP BY customer_id) x
  ON x.customer_id = e.customer_id AND e.arrival_time <= x.erased_at
WHERE e.gen = coalesce(g.generation, 1) AND x.customer_id IS NULL;
