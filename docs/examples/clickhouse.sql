-- What the sink `clickhouse` fills: a row per series and interval, with the sketch's centroids. For ClickHouse 18.16 and later.
-- Read it with FINAL: a row that came twice counts once, and a whole row replaces the partial one before it.
CREATE TABLE IF NOT EXISTS tributary (
  time DateTime,                -- the interval's end
  name String,
  series UInt64,                -- a hash of name, type and tags
  type String,                  -- counter, gauge, timer, histogram, distribution, set, check
  tags Nested(key String, value String),
  version UInt32,               -- 1 main; 2.. late: only what came after the versions before it
  whole UInt8,                  -- 0: closed without a part of the fleet, ask no percentiles of it
  late UInt8,
  coverage Float64,             -- share of the expected agents that were heard
  contributors UInt32,
  value Float64,                -- counter: events; gauge: last; distribution: mean; set: estimate; check: status 0..3
  count Float64,
  sum Float64,
  min Float64,
  max Float64,
  centroids Nested(mean Float64, weight UInt64)  -- weights in thousandths of a sample
) ENGINE = ReplacingMergeTree(whole)
PARTITION BY toYYYYMMDD(time)
ORDER BY (name, series, time, version)
