create type pgmq.message_record as (
  msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb);
create table pgmq.meta (
  queue_name varchar primary key, is_partitioned boolean not null default false,
  is_unlogged boolean not null default false, created_at timestamptz not null default now()
);
create function pgmq.create(queue_name text) returns void language plpgsql as $$
begin
  insert into pgmq.meta values (queue_name) on conflict do nothing;
  execute format('create table if not exists pgmq.%I (msg_id bigint generated always as identity
    primary key, read_ct integer not null default 0, enqueued_at timestamptz not null default now(),
    vt timestamptz not null, message jsonb)', 'q_' || queue_name);
  execute format('create table if not exists pgmq.%I (msg_id bigint primary key, read_ct integer,
    enqueued_at timestamptz, archived_at timestamptz, vt timestamptz, message jsonb)',
    'a_' || queue_name);
end $$;
create function pgmq.create_non_partitioned(queue_name text) returns void
  language sql as $$ select pgmq.create(queue_name) $$;
create function pgmq.drop_queue(queue_name text) returns boolean language sql return true;
create function pgmq.send(queue_name text, msg jsonb, delay integer default 0) returns setof bigint
  language sql as $$ select 1::bigint $$;
create function pgmq.read(queue_name text, vt integer, qty integer)
  returns setof pgmq.message_record language sql
  as $$ select null::pgmq.message_record where false $$;
create function pgmq.pop(queue_name text) returns setof pgmq.message_record language sql
  as $$ select null::pgmq.message_record where false $$;
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql
  return true;
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql
  return true;
