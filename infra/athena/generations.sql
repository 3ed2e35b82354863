-- Which generation is current in which hours, one line of JSON for each interval: {"from":"2026-11-23T09","to":"2026-11-23T12","generation":2}.
-- from is in it, to is not, and may be absent. Hours in no interval are of generation 1, so the table may be empty.
CREATE EXTERNAL TABLE generations (
  `from` string,
  `to` string,
  generation int
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://my-bucket/events/generations/';
