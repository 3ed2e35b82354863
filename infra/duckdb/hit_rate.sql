-- How often was the next product in the list that was made for the moment before, by hour?
WITH step AS (
  SELECT dt, hour, browse_history[-1].product_code AS product,
    lag([r.product_code FOR r IN recommendations]) OVER (PARTITION BY session_id ORDER BY sequence_number, sub_sequence, line) AS list
  FROM events
  WHERE error IS NULL AND NOT duplicate
)
SELECT dt, hour, count(*) AS steps, avg(list_contains(list, product)::INT) AS hit_rate
FROM step
WHERE list IS NOT NULL AND product IS NOT NULL
GROUP BY dt, hour
ORDER BY dt, hour;
