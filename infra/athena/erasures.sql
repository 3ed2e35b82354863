-- Customers who have been erased, one object with a line of JSON for each, by pseudonym.
CREATE EXTERNAL TABLE erasures (
  customer_id string,
  key_id string,
  erased_at string
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://my-bucket/events/erasures/';
