-- name: announce
-- Events of leads, one delivery for each endpoint that wants them: the campaign's own, or, where it
-- names none, every active one of the client. One that was switched off for failing gets its rows too,
-- which fail at once and wait for a replay. What was told of an event is not told again.
-- Leads are looked up first, and endpoints for each: the planner would rather pair all endpoints with
-- all campaigns, of which an agency may have a thousand.
with told as materialized (
  select w.kind, w.key, l.*
  from json_to_recordset(%(events)s::json) as w (kind text, key text, lead_id uuid)
  join public.lead as l on l.agency_id = %(agency_id)s and l.id = w.lead_id
)
insert into public.webhook_delivery
  (agency_id, client_id, webhook_config_id, lead_id, event_type, event_key, payload, next_retry_at)
select l.agency_id, l.client_id, e.id, l.id, l.kind, l.key,
  jsonb_build_object('type', l.kind, 'timestamp', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'data', jsonb_build_object(
      'lead', jsonb_build_object(
        'id', l.id, 'email', l.email, 'email_confidence', l.email_confidence, 'first_name', l.first_name,
        'last_name', l.last_name, 'company', l.company, 'title', l.title, 'headline', l.headline, 'phone', l.phone,
        'linkedin_url', l.linkedin_url, 'status', l.status, 'captured_at', l.captured_at,
        'custom_fields', l.custom_fields),
      'magnet', case when m.id is null then null else jsonb_build_object('id', m.id, 'name', m.name) end,
      'campaign', jsonb_build_object('id', k.id, 'name', k.name, 'trigger_word', k.trigger_word),
      'source', jsonb_build_object(
        'kind', l.source,
        'post', case when p.id is null then null else jsonb_build_object('id', p.id, 'url', p.post_url) end,
        'comment', case when c.id is null then null else
          jsonb_build_object('id', c.id, 'text', left(c.content, 1000), 'commented_at', c.commented_at) end))),
  now()
from told as l
join public.campaign as k on k.agency_id = l.agency_id and k.id = l.campaign_id
left join public.lead_magnet as m
  on m.agency_id = k.agency_id and m.id = k.lead_magnet_id
left join public.comment as c on c.agency_id = l.agency_id and c.id = l.comment_id
left join public.post as p on p.agency_id = c.agency_id and p.id = c.post_id
cross join lateral (
  select w.id from public.webhook_config as w
  where w.agency_id = l.agency_id and w.client_id = l.client_id and (w.active or w.disabled_at is not null)
    and l.kind = any(w.events) and (k.webhook_config_id is null or k.webhook_config_id = w.id)
  offset 0) as e
where not exists (
  select from public.webhook_delivery as d
  where d.agency_id = l.agency_id and d.event_key = l.key and d.webhook_config_id = e.id)
returning id, client_id

-- name: parcels
-- Deliveries with their endpoints, for one attempt each; the deliveries first, by their ids.
with d as materialized (
  select id, agency_id, webhook_config_id, event_type, payload, status
  from public.webhook_delivery where agency_id = %(agency_id)s and id = any(%(ids)s)
)
select d.id, d.agency_id, d.event_type, d.payload, d.status, e.id as endpoint_id, e.url, e.esp_type,
       e.destination as options, e.headers, e.secret_encrypted as secret,
       case when e.previous_secret_until > now() then e.previous_secret_encrypted end as previous_secret,
       e.timeout_ms, e.active as is_active,
       case when e.retry_enabled then e.max_retries + 1 else 1 end as attempts_max,
       e.consecutive_failures as failures, e.paused_until as spared_until
from d
join public.webhook_config as e on e.agency_id = d.agency_id and e.id = d.webhook_config_id

-- name: settle
-- What an attempt came to; the last twenty are kept.
update public.webhook_delivery as d
set status = o.status, status_code = o.status_code, error_message = o.error,
    response_body = case when o.response is null then null else to_jsonb(o.response) end,
    attempt_count = d.attempt_count + o.attempts,
    attempts = case when o.attempts = 0 then d.attempts
      when jsonb_array_length(d.attempts) < 20 then d.attempts || o.attempt
      else (d.attempts - 0) || o.attempt end,
    response_time_ms = o.duration_ms, next_retry_at = o.next_retry_at,
    delivered_at = case when o.status = 'success' then now() else d.delivered_at end
from json_to_recordset(%(outcomes)s::json) as o (
  id uuid, status text, status_code integer, error text, response text, attempts integer, attempt jsonb,
  duration_ms integer, next_retry_at timestamptz)
where d.agency_id = %(agency_id)s and d.id = o.id and d.id = any(%(ids)s)

-- name: mark_leads
-- Leads whose capture was told to an endpoint.
update public.lead as l set status = 'webhook_sent'
from public.webhook_delivery as d
where d.agency_id = %(agency_id)s and d.id = any(%(ids)s) and d.event_type = 'lead.captured'
  and l.agency_id = d.agency_id and l.id = d.lead_id and l.status = 'email_captured'

-- name: mark_endpoints
-- How endpoints fare: spared after several failures in a row, disabled when gone or after days of them.
with fared as (
  select e.agency_id, e.id, e.active, t.successes, t.failures, t.is_gone,
         case when t.successes > 0 then 0 else e.consecutive_failures + t.failures end as count,
         case when t.successes > 0 then null else coalesce(e.failing_since, now()) end as since
  from json_to_recordset(%(endpoints)s::json) as t (id uuid, successes integer, failures integer, is_gone boolean)
  join public.webhook_config as e on e.agency_id = %(agency_id)s and e.id = t.id
  where t.failures > 0 or e.consecutive_failures > 0 or e.failing_since is not null
), judged as (
  select f.*, f.is_gone or coalesce(f.since < now() - %(disabled_after)s::interval, false) as is_over from fared as f
), marked as (
  update public.webhook_config as e
  set consecutive_failures = f.count, failing_since = f.since,
      paused_until = case when f.count >= %(failures_open)s then now() + make_interval(secs => least(
        %(spared_max_s)s, %(spared_s)s * power(2, least(f.count - %(failures_open)s, 10)))) end,
      active = e.active and not f.is_over,
      disabled_at = case when e.active and f.is_over then now() else e.disabled_at end,
      disabled_reason = case when not e.active or not f.is_over then e.disabled_reason
        when f.is_gone then 'it answered 410 Gone' else 'it failed for days' end
  from judged as f
  where e.agency_id = f.agency_id and e.id = f.id
  returning e.agency_id, e.id, e.name, e.active as is_active, f.active as was_active, e.disabled_reason
)
insert into public.notification (agency_id, user_id, app_context, kind, title, body, link, subject_table, subject_id)
select m.agency_id, u.id, 'revos', 'webhook_disabled', 'The webhook ' || m.name || ' was switched off',
       'Nothing more is sent to it, for ' || m.disabled_reason
         || '. Mend it, switch it on again, then replay what it missed.',
       '/revos/webhooks/' || m.id, 'webhook_config', m.id
from marked as m
join public."user" as u on u.agency_id = m.agency_id and u.is_active and u.role in ('owner', 'admin')
where m.was_active and not m.is_active

-- name: add_endpoint
-- An endpoint, in the name of the person who makes it: the policy decides about client and agency.
insert into public.webhook_config (agency_id, client_id, name, url, events, esp_type, destination, headers)
values (app.agency_id(), %(client_id)s, %(name)s, %(url)s, %(events)s, %(esp_type)s, %(options)s, %(headers)s)
returning id

-- name: visible_endpoint
-- An endpoint that the person may see and is about to change.
select id, client_id, name, url, esp_type, events, active, consecutive_failures, disabled_reason
from public.webhook_config where agency_id = app.agency_id() and id = %(id)s

-- name: change_endpoint
-- Another name or address, or switched on or off, in the name of the person who does it.
update public.webhook_config set name = %(name)s, url = %(url)s, active = %(is_active)s
where agency_id = app.agency_id() and id = %(id)s

-- name: delete_endpoint
-- An endpoint with the log of its deliveries, in the name of the person who does it.
delete from public.webhook_config where agency_id = app.agency_id() and id = %(id)s

-- name: sealed_secrets
-- The secrets of an endpoint as they are kept, to seal the current one anew in the other column.
select secret_encrypted from public.webhook_config where agency_id = %(agency_id)s and id = %(id)s for update

-- name: put_rotated
-- A new secret, and the former one in its own cell until the given time.
update public.webhook_config
set secret_encrypted = %(sealed)s, previous_secret_encrypted = %(previous)s, previous_secret_until = %(previous_until)s
where agency_id = %(agency_id)s and id = %(id)s

-- name: enable
-- An endpoint that was switched off starts afresh.
update public.webhook_config
set active = true, disabled_at = null, disabled_reason = null, consecutive_failures = 0, failing_since = null,
    paused_until = null
where agency_id = %(agency_id)s and id = %(id)s

-- name: add_test
-- A delivery of a made-up event.
insert into public.webhook_delivery (agency_id, client_id, webhook_config_id, event_type, payload, next_retry_at)
select agency_id, client_id, id, 'webhook.test', %(payload)s, now()
from public.webhook_config where agency_id = %(agency_id)s and id = %(id)s
returning id, client_id

-- name: replay
-- Deliveries that are to be made again: one, or all of an endpoint that failed since a time.
update public.webhook_delivery as d
set status = 'pending', next_retry_at = now(), error_message = null
where d.agency_id = %(agency_id)s and d.webhook_config_id = %(endpoint_id)s and d.id in (
  select o.id from public.webhook_delivery as o
  where o.agency_id = %(agency_id)s and o.webhook_config_id = %(endpoint_id)s
    and ((%(id)s::uuid is not null and o.id = %(id)s and o.status <> 'pending')
      or (%(id)s::uuid is null and o.status = 'failed' and o.id >= app.uuid7_floor(%(since)s)))
  order by o.id limit %(rows_max)s)
returning d.id, d.client_id

-- name: endpoint_of
-- Which endpoint a delivery is for, where the person may see it.
select webhook_config_id from public.webhook_delivery where agency_id = app.agency_id() and id = %(id)s

-- name: log
-- The newest deliveries of an endpoint, as the person may see them.
select id, event_type, status, status_code, error_message, attempt_count, attempts, payload, next_retry_at, delivered_at,
       created_at
from public.webhook_delivery
where agency_id = app.agency_id() and webhook_config_id = %(endpoint_id)s and (%(before)s::uuid is null or id < %(before)s)
order by id desc limit %(rows_max)s
