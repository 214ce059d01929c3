-- Why: what no tenant may reach: credentials, sessions, operators, keys, routes of anonymous tokens,
-- and the job queue. LOCAL tables point to GLOBAL and LOCAL ones only.

create table app.credential (
  id uuid not null default app.uuid7(),
  user_id uuid not null,
  kind text not null,
  password_hash text,
  secret_encrypted bytea,
  code_hash bytea,
  provider text,
  subject text,
  email text,
  label text,
  last_used_step bigint,
  last_used_at timestamptz,
  confirmed_at timestamptz,
  must_change boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint credential_pkey primary key (id),
  constraint credential_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint credential_kind_check check (kind in ('password', 'totp', 'recovery_code', 'identity')),
  constraint credential_shape_check check (case kind
    when 'password' then password_hash is not null
    when 'totp' then secret_encrypted is not null
    when 'recovery_code' then code_hash is not null
    else provider is not null and subject is not null end)
);
create unique index credential_password_key on app.credential (user_id) where kind = 'password';
create unique index credential_totp_key on app.credential (user_id) where kind = 'totp';
create unique index credential_identity_key on app.credential (provider, subject) where kind = 'identity';
create index credential_user_idx on app.credential (user_id);
comment on column app.credential.last_used_step is
  'Of a second factor: the time step of the last code that was taken, so that none is taken twice (RFC 6238, 5.2).';
comment on table app.credential is
  'One row a way in which a person proves who they are: password hash, second factor, recovery code, external identity. A bcrypt hash of a legacy app is replaced at the next sign-in.';
call app.protect_local('credential');

create table app.session (
  id uuid not null default app.uuid7(),
  user_id uuid not null,
  kind text not null default 'browser',
  token_hash bytea not null,
  assurance text not null default 'password',
  app_context text not null default 'both',
  client_id uuid,
  api_key_id uuid,
  user_agent text,
  remote_address text,
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason text,
  created_at timestamptz not null default now(),
  constraint session_pkey primary key (id),
  constraint session_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint session_token_key unique (token_hash),
  constraint session_kind_check check (kind in ('browser', 'token')),
  constraint session_assurance_check check (assurance in ('password', 'second_factor', 'identity', 'link')),
  constraint session_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona', '*'))
);
create index session_user_idx on app.session (user_id);
create index session_expiry_idx on app.session (expires_at);
comment on table app.session is
  'One row a sign-in: a browser with an opaque token, or a program with access and refresh tokens. Only hashes are kept.';
comment on column app.session.client_id is
  'The client that the person chose to look at. It and api_key_id have no foreign key: a LOCAL table cannot point to a TENANT one.';
call app.protect_local('session');

create table app.refresh_token (
  id uuid not null default app.uuid7(),
  session_id uuid not null,
  parent_id uuid,
  token_hash bytea not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint refresh_token_pkey primary key (id),
  constraint refresh_token_session_fkey foreign key (session_id) references app.session (id) on delete cascade,
  constraint refresh_token_parent_fkey foreign key (parent_id) references app.refresh_token (id) on delete cascade,
  constraint refresh_token_token_key unique (token_hash)
);
create index refresh_token_session_idx on app.refresh_token (session_id);
create index refresh_token_parent_idx on app.refresh_token (parent_id);
comment on table app.refresh_token is
  'One row a refresh token. Each is used once and begets the next; one used twice ends the session.';
call app.protect_local('refresh_token');

create table app.sign_in_attempt (
  kind text not null,
  subject_hash bytea not null,
  failed_attempts integer not null default 0,
  locked_until timestamptz,
  attempted_at timestamptz not null default now(),
  constraint sign_in_attempt_pkey primary key (kind, subject_hash),
  constraint sign_in_attempt_kind_check check (kind in ('account', 'address', 'second_factor', 'letter')),
  constraint sign_in_attempt_failed_check check (failed_attempts >= 0)
);
create index sign_in_attempt_time_idx on app.sign_in_attempt (attempted_at);
comment on table app.sign_in_attempt is
  'One row an account or network address that somebody failed to sign in with, or had letters sent to, as a keyed hash: people who do not exist are counted like those who do.';
call app.protect_local('sign_in_attempt');

create table app.signing_key (
  id uuid not null default app.uuid7(),
  algorithm text not null default 'ES256',
  public_jwk jsonb not null,
  wrapped_key bytea not null,
  key_encryption_key_id text not null,
  signs_until timestamptz not null,
  verifies_until timestamptz not null,
  created_at timestamptz not null default now(),
  constraint signing_key_pkey primary key (id),
  constraint signing_key_order_check check (signs_until < verifies_until)
);
comment on table app.signing_key is
  'One row a key that signs access tokens; its id is the kid. The private half is wrapped by the key-encryption key. An old one verifies until the last token that it signed is out of date.';
call app.protect_local('signing_key');

create table app.operator (
  id uuid not null default app.uuid7(),
  email text not null,
  user_id uuid,
  name text not null default '',
  granted_by text not null default '',
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint operator_pkey primary key (id),
  constraint operator_user_fkey foreign key (user_id) references public."user" (id),
  constraint operator_email_check check (email like '%_@_%')
);
create unique index operator_email_key on app.operator (lower(email));
create index operator_user_idx on app.operator (user_id);
comment on table app.operator is
  'One row a person who runs the platform and sees the unification pages. No role of a tenant makes one.';
call app.protect_local('operator');

create table app.data_key (
  id uuid not null default app.uuid7(),
  agency_id uuid not null,
  version integer not null,
  wrapped_key bytea,
  key_encryption_key_id text not null,
  algorithm text not null default 'AES-256-GCM',
  retired_at timestamptz,
  destroyed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint data_key_pkey primary key (id),
  constraint data_key_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint data_key_version_key unique (agency_id, version),
  constraint data_key_version_check check (version >= 1),
  constraint data_key_destroyed_check check ((wrapped_key is null) = (destroyed_at is not null))
);
comment on table app.data_key is
  'One row a version of an agency''s data key, wrapped by the key-encryption key. To destroy it is to erase the agency''s secrets.';
call app.protect_local('data_key');

create table app.token_route (
  kind text not null,
  token text not null,
  agency_id uuid not null,
  target_id uuid not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint token_route_pkey primary key (kind, token),
  constraint token_route_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint token_route_kind_check check (kind in (
    'tracking_code', 'download', 'inbound_webhook', 'api_key', 'invitation', 'portal', 'oauth_state', 'account_link', 'recovery', 'magic_link'))
);
create index token_route_target_idx on app.token_route (agency_id, target_id);
comment on table app.token_route is
  'One row a token that someone without claims may bring: which agency and row it belongs to. Secret tokens stand here as hashes.';
call app.protect_local('token_route');

-- The queue. Enqueued in the transaction of the cause, taken in batches under a lease; the fence
-- number of a claim keeps a worker whose lease ran out from finishing what another one took over.
-- A row is written three times in its life and read by its index only: no trigger, few indexes, and
-- dead rows cleared away early.
create table app.job (
  id uuid not null default app.uuid7(),
  agency_id uuid,
  client_id uuid,
  app_context text not null default 'both',
  queue text not null,
  kind text not null,
  payload jsonb not null default '{}',
  unique_key text,
  ordering_key text,
  limit_key text,
  priority smallint not null default 5,
  status text not null default 'ready',
  run_at timestamptz not null default now(),
  attempt smallint not null default 0,
  attempts_max smallint not null default 5,
  leased_by text,
  lease_until timestamptz,
  fence bigint,
  started_at timestamptz,
  last_error text,
  created_by uuid,
  created_at timestamptz not null default now(),
  constraint job_pkey primary key (id),
  constraint job_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint job_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona')),
  constraint job_priority_check check (priority between 0 and 9),
  constraint job_status_check check (status in ('ready', 'leased')),
  constraint job_leased_check
    check ((status = 'leased') = (leased_by is not null and lease_until is not null and fence is not null)),
  constraint job_attempts_check check (attempt >= 0 and attempts_max between 1 and 100)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create unique index job_unique_key on app.job (agency_id, queue, unique_key) nulls not distinct
  where unique_key is not null;
create index job_ready_idx on app.job (queue, priority, run_at, id) where status = 'ready';
create index job_lease_idx on app.job (lease_until) where status = 'leased';
create index job_agency_idx on app.job (agency_id, id desc);
create index job_ordering_idx on app.job (ordering_key, queue, id) where ordering_key is not null;
create unique index job_ordering_leased_key on app.job (agency_id, queue, ordering_key) nulls not distinct
  where ordering_key is not null and status = 'leased';
comment on table app.job is
  'One row a job that is to be done. client_id has no foreign key: a LOCAL table cannot point to a TENANT one.';
comment on column app.job.ordering_key is
  'Jobs of one agency, queue and key are done one after another, in the order of their ids: a unique index lets one be leased.';
comment on column app.job.limit_key is 'The row of app.job_limit whose tokens the job needs, if there is one.';
comment on column app.job.fence is 'The number of the claim that holds the job; only that claim may finish it.';
call app.protect_local('job');

create sequence app.job_fence;
comment on sequence app.job_fence is 'Numbers of claims.';
grant usage on sequence app.job_fence to service_role;

create table app.job_archive (
  id uuid not null default app.uuid7(),
  job_id uuid not null,
  agency_id uuid,
  client_id uuid,
  app_context text not null,
  queue text not null,
  kind text not null,
  payload jsonb not null,
  unique_key text,
  ordering_key text,
  limit_key text,
  priority smallint not null default 5,
  status text not null,
  attempt smallint not null,
  attempts_max smallint not null,
  run_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz not null default now(),
  duration_ms integer,
  result jsonb,
  last_error text,
  created_by uuid,
  created_at timestamptz not null,
  constraint job_archive_pkey primary key (id),
  constraint job_archive_status_check check (status in ('completed', 'failed', 'cancelled'))
) partition by range (id);
create index job_archive_agency_idx on app.job_archive (agency_id, id desc);
create index job_archive_job_idx on app.job_archive (job_id);
create index job_archive_failed_idx on app.job_archive (queue, id) where status = 'failed';
comment on table app.job_archive is
  'One row a finished job, kept 30 days. Its id is of the time it finished, or a job that waited long would fall into a dropped partition; job_id is the job''s own.';
call app.protect_local('job_archive');
insert into app.partition_policy (schema_name, table_name, period, retention)
values ('app', 'job_archive', 'week', '30 days');

create table app.job_schedule (
  id uuid not null default app.uuid7(),
  agency_id uuid,
  app_context text not null default 'both',
  name text not null,
  queue text not null,
  kind text not null,
  payload jsonb not null default '{}',
  cron text not null,
  timezone text not null default 'UTC',
  is_active boolean not null default true,
  last_enqueued_at timestamptz,
  next_run_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint job_schedule_pkey primary key (id),
  constraint job_schedule_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint job_schedule_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona')),
  constraint job_schedule_name_key unique nulls not distinct (agency_id, name)
);
create index job_schedule_due_idx on app.job_schedule (next_run_at) where is_active;
comment on table app.job_schedule is 'One row a job that comes again: when, and when next.';
call app.protect_local('job_schedule');

create table app.job_limit (
  id uuid not null default app.uuid7(),
  agency_id uuid,
  limit_key text not null,
  tokens_per_s double precision not null,
  tokens_max double precision not null,
  tokens double precision not null,
  filled_at timestamptz not null default now(),
  constraint job_limit_pkey primary key (id),
  constraint job_limit_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint job_limit_key unique nulls not distinct (agency_id, limit_key),
  constraint job_limit_tokens_check check (tokens_per_s > 0 and tokens_max >= 1 and tokens between 0 and tokens_max)
);
comment on table app.job_limit is
  'One row a token bucket: how often jobs of a key may begin. Filled and emptied by the claims themselves.';
call app.protect_local('job_limit');

create table app.job_pause (
  queue text not null,
  paused_at timestamptz not null default now(),
  constraint job_pause_pkey primary key (queue)
);
comment on table app.job_pause is 'One row a queue that nothing is claimed from until somebody resumes it.';
call app.protect_local('job_pause');

create trigger credential_touch before update on app.credential
  for each row execute function app.touch_updated_at('credential');
create trigger job_schedule_touch before update on app.job_schedule
  for each row execute function app.touch_updated_at('job_schedule');

-- The one opening in the LOCAL tables: a tenant sees its own jobs through public.queue_job, and may
-- enqueue for itself within its own transaction. Payloads stay out of sight: they may hold more than
-- the person may see. The view runs as the one who asks, so grants and policies stand here.
create policy job_tenant on app.job for all
  using (agency_id = app.agency_id() and app.in_app(app_context) and app.sees_client(client_id))
  with check (agency_id = app.agency_id() and app.in_app(app_context) and app.sees_client(client_id));
create policy job_archive_tenant on app.job_archive for all
  using (agency_id = app.agency_id() and app.in_app(app_context) and app.sees_client(client_id))
  with check (agency_id = app.agency_id() and app.in_app(app_context) and app.sees_client(client_id));
grant select (id, agency_id, client_id, app_context, queue, kind, unique_key, status, attempt, attempts_max, run_at,
              started_at, last_error, created_by, created_at) on app.job to authenticated;
grant insert (id, agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key, limit_key,
              priority, run_at, attempts_max, created_by) on app.job to authenticated;
grant select (id, job_id, agency_id, client_id, app_context, queue, kind, status, attempt, attempts_max, run_at,
              started_at, finished_at, duration_ms, last_error, created_by, created_at)
  on app.job_archive to authenticated;

create view public.queue_job with (security_invoker = true) as
  select id, id::text as job_id, agency_id, client_id, app_context, queue as queue_name, kind as job_type,
         case when status = 'leased' then 'active' when run_at > now() then 'delayed' else 'pending' end as status,
         attempt as attempts, attempts_max as max_attempts, last_error as error_message,
         run_at as scheduled_for, started_at, null::timestamptz as completed_at, created_by, created_at
  from app.job
  union all
  select job_id, job_id::text, agency_id, client_id, app_context, queue, kind, status, attempt, attempts_max, last_error,
         run_at, started_at, finished_at, created_by, created_at
  from app.job_archive;
comment on view public.queue_job is 'One row a job of the tenant, waiting, running or finished within 30 days.';
call app.protect_view('queue_job');

select app.ensure_partitions();
