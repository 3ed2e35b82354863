-- How often was the next product in the list that was made for the moment before, by hour?
WITH step AS (
  SELECT dt, hour, element_at(browse_history, -1).product_code AS product,
    lag(transform(recommendations, r -> r.product_code)) OVER (PARTITION BY session_id ORDER BY sequence_number, sub_sequence, line) AS list
  FROM events
  WHERE error IS NULL AND NOT duplicate AND dt >= '2026-11-23'
)
SELECT dt, hour, count(*) AS steps, avg(IF(contains(list, product), 1.0, 0.0)) AS hit_rate
FROM step
WHERE list IS NOT NULL AND product IS NOT NULL
GROUP BY dt, hour
ORDER BY dt, hour;
