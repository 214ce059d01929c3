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
  add column replied_at timestamptz;
comment on column public.pending_connection.replied_at is
  'When the comment was answered in public, so that the person knows why they are invited.';
call app.protect('pending_connection', 'client', app => 'revos');
