-- Why: what the LinkedIn provider tells comes twice, out of order, malformed, or of accounts that
-- nobody has linked. A ledger lets each event count once; what belongs to no agency is kept where
-- operators see it. And a time zone that does not exist would stop an agency's whole work.

-- Events name the provider's account; whose that is, is not known before.
create index linkedin_account_provider_idx on public.linkedin_account (unipile_account_id);

create function app.is_time_zone(zone text) returns boolean
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
begin
  if zone !~ '^[A-Z][A-Za-z_-]*(/[A-Z][A-Za-z_-]*)*$' and zone !~ '^Etc/GMT[+-][0-9]{1,2}$' then
    return false; -- such as a POSIX rule, which the server would take and no other program knows
  end if;
  perform timestamp '2000-01-01 00:00' at time zone zone;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function app.is_time_zone(text) is 'Whether it is the name of an IANA time zone.';
alter table public.linkedin_account
  add constraint linkedin_account_timezone_check check (app.is_time_zone(timezone));

-- Whoever writes which account at the provider is meant would get another's messages: only what the
-- provider said may name it.
call app.protect('linkedin_account', 'client', app => 'revos', fixed =>
    '{unipile_account_id,provider_person_id,provider_dialect,premium_features,rate_limit_reset_at,last_sync_at,daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on}',
  unaudited =>
    '{daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on,last_sync_at}');

create table public.processed_event (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  linkedin_account_id uuid not null,
  idempotency_key text not null,
  created_at timestamptz not null default now(),
  constraint processed_event_pkey primary key (agency_id, id),
  constraint processed_event_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint processed_event_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint processed_event_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id) on delete cascade,
  constraint processed_event_once_key unique (agency_id, linkedin_account_id, idempotency_key)
);
create index processed_event_client_idx on public.processed_event (agency_id, client_id);
comment on table public.processed_event is
  'One row an event of the LinkedIn provider that was taken in, so that none counts twice. unipile_webhook_log has all of them.';
call app.protect('processed_event', 'client', app => 'revos', high_volume => true, writes => '{}');

create table app.stray_event (
  id uuid not null default app.uuid7(),
  source text not null,
  reason text not null,
  detail text not null default '',
  body text not null,
  created_at timestamptz not null default now(),
  constraint stray_event_pkey primary key (id),
  constraint stray_event_reason_check check (reason in ('malformed', 'unknown_account', 'unknown_link'))
) partition by range (id);
comment on table app.stray_event is
  'One row a call of a provider that no agency could be found for, or that made no sense; its body is cut to a few thousand characters.';
call app.protect_local('stray_event');
insert into app.partition_policy (schema_name, table_name, period, retention)
values ('app', 'stray_event', 'week', '30 days');
select app.ensure_partitions();
