-- name: take_in
-- Keep an event for every agency that has linked its account: the first time as received, else as
-- a duplicate, without what it says again. Nothing comes back when nobody has.
with owner as (
  select agency_id, client_id, id from public.linkedin_account
  where unipile_account_id = %(account)s
  order by agency_id limit %(owners_max)s
),
fresh as (
  insert into public.processed_event (agency_id, client_id, linkedin_account_id, idempotency_key)
  select agency_id, client_id, id, %(key)s from owner
  on conflict (agency_id, linkedin_account_id, idempotency_key) do nothing
  returning agency_id, linkedin_account_id
)
insert into public.unipile_webhook_log
  (agency_id, client_id, linkedin_account_id, event, unipile_account_id, idempotency_key, payload, event_at,
   is_own_echo, outcome, processed_at)
select o.agency_id, o.client_id, o.id, %(event)s, %(account)s, %(key)s,
       case when f.agency_id is null then '{}' else %(payload)s::jsonb end, %(at)s, %(is_own)s,
       case when f.agency_id is null then 'duplicate' else 'received' end,
       case when f.agency_id is null then now() end
from owner as o
left join fresh as f on f.agency_id = o.agency_id and f.linkedin_account_id = o.id
returning agency_id, client_id, linkedin_account_id, id, outcome

-- name: take_in_link
-- Keep that an account was linked, by the word that we gave for it; a word is good once.
with route as (
  update app.token_route set revoked_at = %(now)s
  where kind = 'account_link' and token = %(route)s and revoked_at is null and expires_at > %(now)s
  returning agency_id, target_id, created_at
)
insert into public.unipile_webhook_log
  (agency_id, client_id, linkedin_account_id, event, unipile_account_id, idempotency_key, payload, event_at)
select a.agency_id, a.client_id, a.id, 'account_linked', %(account)s, %(key)s, %(payload)s, r.created_at
from route as r
join public.linkedin_account as a on a.agency_id = r.agency_id and a.id = r.target_id
returning agency_id, client_id, linkedin_account_id, id, outcome

-- name: keep_stray
-- Keep what belongs to nobody, or makes no sense, where operators see it; so many an hour: some of it
-- anybody may send.
insert into app.stray_event (source, reason, detail, body)
select 'unipile', %(reason)s, %(detail)s, %(body)s
where (select count(*) from (
  select from app.stray_event
  where id >= app.uuid7_floor(now() - interval '1 hour') and reason = %(reason)s
  limit %(rows_max)s) as recent) < %(rows_max)s

-- name: add_link
-- The word that a linked account comes back with, as a hash; former ones of the account end.
with former as (
  update app.token_route set revoked_at = %(now)s
  where agency_id = %(agency_id)s and target_id = %(account_id)s and kind = 'account_link' and revoked_at is null
)
insert into app.token_route (kind, token, agency_id, target_id, expires_at)
values ('account_link', %(route)s, %(agency_id)s, %(account_id)s, %(expires_at)s)

-- name: account
-- An account, as far as linking it takes.
select unipile_account_id, provider_person_id, status from public.linkedin_account
where agency_id = %(agency_id)s and id = %(id)s

-- name: account_to_link
-- An account that the transaction's person sees, and whether they may change it.
select unipile_account_id, not coalesce(app.is_read_only(client_id), false) as is_writable
from public.linkedin_account
where agency_id = %(agency_id)s and id = %(id)s

-- name: open_events
-- Events of these jobs that nobody has made something of yet.
select id, linkedin_account_id, event, payload, event_at, created_at from public.unipile_webhook_log
where agency_id = %(agency_id)s and id = any (%(ids)s) and outcome = 'received'
order by event_at nulls last, id

-- name: finish_event
-- What was made of an event. What somebody wrote who is no lead is not kept.
update public.unipile_webhook_log
set payload = case when %(is_kept)s then payload else '{}' end, outcome = %(outcome)s, error_message = %(message)s, processed_at = %(at)s
where agency_id = %(agency_id)s and id = %(id)s and outcome = 'received'

-- name: forget_events
-- Events that nobody tells again: the provider gives up within hours.
delete from public.processed_event
where agency_id = %(agency_id)s and id in (
  select id from public.processed_event
  where agency_id = %(agency_id)s and id < app.uuid7_floor(%(before)s)
  order by id limit %(rows_max)s)

-- name: link_account
-- From here on the account works; one that is linked for the first time begins to warm up. Whose it is
-- stays known where the provider does not say it again; where it stopped to read ends with the former one.
update public.linkedin_account set
  inbox_cursor = case when unipile_account_id = %(provider_id)s then inbox_cursor end,
  unipile_account_id = %(provider_id)s, provider_dialect = %(dialect)s,
  provider_person_id = coalesce(%(person_id)s, provider_person_id),
  public_identifier = coalesce(%(public_identifier)s, public_identifier),
  display_name = coalesce(%(display_name)s, display_name), headline = coalesce(%(headline)s, headline),
  premium_features = %(premium_features)s, status = 'active', status_reason = null, status_changed_at = %(at)s,
  last_sync_at = %(at)s,
  warmup_started_on = coalesce(warmup_started_on, (%(at)s::timestamptz at time zone timezone)::date)
where agency_id = %(agency_id)s and id = %(id)s
returning id

-- name: linked_elsewhere
-- Whether another account of the agency is that one at the provider, or that person at LinkedIn: their
-- limits count for the person, however often they are linked.
select id from public.linkedin_account
where agency_id = %(agency_id)s and id <> %(id)s
  and (unipile_account_id = %(provider_id)s or provider_person_id = %(person_id)s)
limit 1
