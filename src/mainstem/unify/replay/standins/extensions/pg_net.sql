-- No request leaves the scratch server.
create schema net;
create table net._http_response (
  id bigint, status_code integer, content_type text, headers jsonb, content text, timed_out boolean,
  error_msg text, created timestamptz not null default now()
);
create table net.http_request_queue (
  id bigserial, method text, url text, headers jsonb, body bytea, timeout_milliseconds integer
);
create function net.http_get(
  url text, params jsonb default '{}', headers jsonb default '{}',
  timeout_milliseconds integer default 5000)
  returns bigint language sql return 1;
create function net.http_post(
  url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{}',
  timeout_milliseconds integer default 5000)
  returns bigint language sql return 1;
create function net.http_delete(
  url text, params jsonb default '{}', headers jsonb default '{}',
  timeout_milliseconds integer default 5000, body jsonb default null)
  returns bigint language sql return 1;
