-- Hypertables stay ordinary tables; policies of time are accepted and do nothing.
create function create_hypertable(
  relation regclass, time_column_name name, partitioning_column name default null,
  number_partitions integer default null, chunk_time_interval anycompatible default null::interval,
  if_not_exists boolean default false, migrate_data boolean default false,
  create_default_indexes boolean default true)
  returns table (hypertable_id integer, schema_name name, table_name name, created boolean)
  language sql as $$ select 1, 'public'::name, relation::name, true $$;
create function add_retention_policy(
  relation regclass, drop_after interval, if_not_exists boolean default false)
  returns integer language sql return 1;
create function add_compression_policy(
  hypertable regclass, compress_after interval, if_not_exists boolean default false)
  returns integer language sql return 1;
create function add_continuous_aggregate_policy(
  continuous_aggregate regclass, start_offset interval, end_offset interval,
  schedule_interval interval, if_not_exists boolean default false)
  returns integer language sql return 1;
create function time_bucket(bucket_width interval, ts timestamptz) returns timestamptz immutable
  language sql return date_bin($1, $2, '2000-01-01'::timestamptz);
create function time_bucket(bucket_width interval, ts timestamp) returns timestamp immutable
  language sql return date_bin($1, $2, '2000-01-01'::timestamp);
