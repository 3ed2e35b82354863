-- How many sessions viewed a product, put one into the cart, and bought one, by day? Each step counts with those after it: a purchase
-- without a recorded view is a view, too.
WITH furthest AS (
  SELECT dt, session_id, max(CASE h.event WHEN 'purchase' THEN 3 WHEN 'cart' THEN 2 ELSE 1 END) AS step
  FROM events, unnest(browse_history) AS u(h)
  WHERE error IS NULL AND NOT duplicate
  GROUP BY dt, session_id
)
SELECT dt, count(*) AS views, count_if(step >= 2) AS carts, count_if(step >= 3) AS purchases
FROM furthest
GROUP BY dt
ORDER BY dt;
