-- Why: whatever is asked of the LinkedIn provider counts against an account's limits and may end
-- unknown. One ledger holds all of it, written before the call; caps are counted from it, so that
-- no counter has to be reset. Invitations may end unknown as well, and are replied to in public.

create table public.provider_call (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  linkedin_account_id uuid not null,
  route text not null,
  sender text,
  subject_id uuid,
  status text not null default 'reserved',
  called_at timestamptz not null,
  next_write_at timestamptz,
  finished_at timestamptz,
  error_slug text,
  error_message text,
  created_at timestamptz not null default now(),
  constraint provider_call_pkey primary key (agency_id, id),
  constraint provider_call_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint provider_call_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint provider_call_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id) on delete cascade,
  constraint provider_call_route_check check (route in (
    'dm', 'invitation', 'comment', 'reaction', 'post', 'profile', 'read_comments', 'read_post', 'read_relations')),
  constraint provider_call_status_check check (status in ('reserved', 'calling', 'done', 'refused', 'unclear')),
  constraint provider_call_finished_check check ((status in ('reserved', 'calling')) = (finished_at is null))
) partition by range (id);
create index provider_call_client_idx on public.provider_call (agency_id, client_id);
create index provider_call_account_idx on public.provider_call (agency_id, linkedin_account_id, called_at);
create index provider_call_route_idx on public.provider_call (agency_id, linkedin_account_id, route, called_at);
create index provider_call_open_idx on public.provider_call (agency_id, called_at) where status in ('reserved', 'calling');
comment on table public.provider_call is
  'One row a call to the LinkedIn provider that counts against an account''s limits, written before it is made.';
comment on column public.provider_call.subject_id is
  'What the call is about: a send, a comment, an invitation, a post, a pod activity. No foreign key: it is one of several tables.';
comment on column public.provider_call.sender is 'Of a write: which part of RevOS wanted it and settles it.';
comment on column public.provider_call.next_write_at is 'Of a write: the account writes nothing more before.';
call app.protect('provider_call', 'client', app => 'revos', high_volume => true, writes => '{}');
insert into app.partition_policy (table_name, period, retention) values ('provider_call', 'week', '90 days');
select app.ensure_partitions();

alter table public.pending_connection
  drop constraint pending_connection_status_check,
  add constraint pending_connection_status_check check (status in (
    'queued', 'reserved', 'invitation_sent', 'waiting', 'accepted', 'expired', 'withdrawn', 'failed', 'unknown')),
  add column not_before timestamptz,
  add column replied_at timestamptz;
comment on column public.pending_connection.replied_at is
  'When the comment was answered in public, so that the person knows why they are invited.';
call app.protect('pending_connection', 'client', app => 'revos');

-- Comments that a person decides about, and why every other one was taken or left.
alter table public.triggered_comment
  drop constraint triggered_comment_status_check,
  add constraint triggered_comment_status_check check (status in (
    'review', 'declined', 'pending', 'queued', 'dm_sent', 'invited', 'skipped', 'failed'));
alter table public.processed_comment
  drop constraint processed_comment_outcome_check,
  add constraint processed_comment_outcome_check check (outcome in (
    'matched', 'review', 'no_match', 'own', 'suppressed', 'duplicate', 'error')),
  add column reason text;
call app.protect('processed_comment', 'client', app => 'revos', high_volume => true, writes => '{insert}');

-- How a post does over time, and when its comments were last read to the end.
create table public.post_metric (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  post_id uuid not null,
  measured_at timestamptz not null,
  impressions integer,
  reactions integer not null,
  comments integer not null,
  shares integer not null,
  created_at timestamptz not null default now(),
  constraint post_metric_pkey primary key (agency_id, id),
  constraint post_metric_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint post_metric_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint post_metric_post_fkey foreign key (agency_id, post_id) references public.post (agency_id, id) on delete cascade,
  constraint post_metric_counts_check check (impressions >= 0 and reactions >= 0 and comments >= 0 and shares >= 0)
);
create index post_metric_client_idx on public.post_metric (agency_id, client_id);
create index post_metric_post_idx on public.post_metric (agency_id, post_id, measured_at);
comment on table public.post_metric is 'One row a look at a post''s numbers.';
call app.protect('post_metric', 'client', app => 'revos', high_volume => true, writes => '{}');

alter table public.scrape_job add column last_reconciled_at timestamptz;
call app.protect('scrape_job', 'client', app => 'revos', high_volume => true);
