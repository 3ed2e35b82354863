-- The table of all generations. Replace my-bucket/events by BUCKET/PREFIX of the workers, and the first day of dt.
-- Partitions are projected: nothing crawls, nothing is repaired, a new hour is there at once.
CREATE EXTERNAL TABLE events_all (
  shard_id string,
  sequence_number string,
  sub_sequence int,
  line int,
  partition_key string,
  explicit_hash_key string,
  arrival_time timestamp,
  event_time timestamp,
  event_id string,
  session_id string,
  customer_id string,
  key_id string,
  city string,
  country string,
  credit_limit decimal(18,4),
  browse_history array<struct<product_code:string,quantity:bigint,in_shopping_cart:boolean,event:string,category:string,brand:string,price:decimal(18,4),currency:string,extra:string,touch_offset:bigint>>,
  recommendations array<struct<product_code:string,score:double>>,
  model_version int,
  duplicate boolean,
  extra string,
  error string,
  raw binary,
  visit_started timestamp
)
PARTITIONED BY (gen int, dt string, hour string)
STORED AS PARQUET
LOCATION 's3://my-bucket/events/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.gen.type' = 'integer',
  'projection.gen.range' = '1,9',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '2026-11-01,NOW+1DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://my-bucket/events/gen=${gen}/dt=${dt}/hour=${hour}/'
);
