-- How many sessions viewed a product, put one into the cart, and bought one, by day? Each step counts with those after it: a purchase
-- without a recorded view is a view, too.
WITH furthest AS (
  SELECT e.dt, e.session_id, max(CASE h.event WHEN 'purchase' THEN 3 WHEN 'cart' THEN 2 ELSE 1 END) AS step
  FROM events e CROSS JOIN UNNEST(e.browse_history) AS h(product_code, quantity, in_shopping_cart, event, category, brand, price, currency, extra, touch_offset)
  WHERE e.error IS NULL AND NOT e.duplicate AND e.dt >= '2026-11-23'
  GROUP BY e.dt, e.session_id
)
SELECT dt, count(*) AS views, count_if(step >= 2) AS carts, count_if(step >= 3) AS purchases
FROM furthest
GROUP BY dt
ORDER BY dt;
