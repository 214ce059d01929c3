-- What RevOS's working pages read: accounts, posts, conversations, webhooks, and what waits for a person.

-- name: accounts
-- The accounts as a list shows them, with what they wrote in the last day.
select a.id, a.client_id, a.account_name as name, k.name as client, a.status, a.status_reason, a.timezone,
       to_char(a.work_starts_at, 'HH24:MI') || ' – ' || to_char(a.work_ends_at, 'HH24:MI') as hours,
       (select count(*) from public.provider_call as c where c.agency_id = a.agency_id and c.linkedin_account_id = a.id
          and c.route = 'dm' and c.called_at > now() - interval '1 day')::integer as messages,
       a.daily_dm_cap as messages_max,
       (select count(*) from public.provider_call as c where c.agency_id = a.agency_id and c.linkedin_account_id = a.id
          and c.route = 'invitation' and c.called_at > now() - interval '1 day')::integer as invitations,
       a.daily_invitation_cap as invitations_max,
       (select count(*) from public.provider_call as c where c.agency_id = a.agency_id and c.linkedin_account_id = a.id
          and c.route = 'read_comments' and c.called_at > now() - interval '1 day')::integer as reads,
       a.paused_until, a.created_at
from public.linkedin_account as a
left join public.client as k on k.agency_id = a.agency_id and k.id = a.client_id
where a.agency_id = %(agency_id)s

-- name: posts
-- The posts as a list shows them, with their last numbers.
select p.id, p.client_id, p.campaign_id::text as campaign_id, left(p.content, 80) as name, c.name as campaign,
       k.name as client, p.status, p.failure_reason, p.scheduled_for, p.published_at, m.impressions, m.reactions,
       m.comments, p.created_at
from public.post as p
left join public.campaign as c on c.agency_id = p.agency_id and c.id = p.campaign_id
left join public.client as k on k.agency_id = p.agency_id and k.id = p.client_id
left join lateral (
  select x.impressions, x.reactions, x.comments from public.post_metric as x
  where x.agency_id = p.agency_id and x.post_id = p.id order by x.measured_at desc limit 1) as m on true
where p.agency_id = %(agency_id)s

-- name: conversations
-- Conversations in which somebody wrote back, as a list shows them. What was written last is looked up for the rows
-- that are shown only.
select q.id, q.client_id, q.lead_id, q.campaign_id::text as campaign_id,
       coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email, l.linkedin_id) as name,
       c.name as campaign, k.name as client, l.status, q.last_inbound_at,
       (select left(d.message, 120) from public.dm_message as d
        where d.agency_id = q.agency_id and d.dm_sequence_id = q.id and d.direction = 'inbound'
        order by d.id desc limit 1) as message
from public.dm_sequence as q
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
left join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
left join public.client as k on k.agency_id = q.agency_id and k.id = q.client_id
where q.agency_id = %(agency_id)s and q.last_inbound_at is not null

-- name: conversation
-- Whose conversation it is, and where it stands.
select q.id, q.client_id, q.lead_id, q.campaign_id, q.status, q.failure_reason, l.email,
       coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email, l.linkedin_id) as name, l.headline,
       l.linkedin_url, l.status as lead_status, c.name as campaign, k.name as client,
       coalesce(a.display_name, a.account_name) as sender
from public.dm_sequence as q
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
left join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
left join public.client as k on k.agency_id = q.agency_id and k.id = q.client_id
left join public.linkedin_account as a on a.agency_id = q.agency_id and a.id = q.linkedin_account_id
where q.agency_id = %(agency_id)s and q.id = %(sequence_id)s

-- name: messages
-- What was written, by whom, the newest two hundred in their order; and what waits to be sent.
select * from (
  select m.id, m.direction, m.message, coalesce(m.sent_at, m.created_at) as at, 'sent' as status
  from public.dm_message as m
  where m.agency_id = %(agency_id)s and m.dm_sequence_id = %(sequence_id)s
  union all
  select s.id, 'outbound', s.message, coalesce(s.claimed_at, s.scheduled_for, s.created_at), s.status
  from public.dm_step as s
  where s.agency_id = %(agency_id)s and s.dm_sequence_id = %(sequence_id)s
    and s.status in ('scheduled', 'claimed', 'unknown', 'failed')
  order by at desc limit 200) as newest
order by at, id

-- name: deliveries
-- Webhook deliveries as a list shows them.
select h.id, h.client_id, h.webhook_config_id::text as endpoint_id, w.name as endpoint, h.event_type as name, k.name as client, h.status, h.status_code,
       h.attempt_count, h.next_retry_at, h.delivered_at, h.created_at
from public.webhook_delivery as h
join public.webhook_config as w on w.agency_id = h.agency_id and w.id = h.webhook_config_id
left join public.client as k on k.agency_id = h.agency_id and k.id = h.client_id
where h.agency_id = %(agency_id)s

-- name: delivery
-- One delivery with its attempts. Its payload is shown without what is personal; the answer was kept so.
select h.id, h.client_id, h.webhook_config_id, h.lead_id, w.name as endpoint, w.url, w.active, h.event_type, h.status,
       h.status_code, h.error_message, h.attempt_count, h.attempts, h.next_retry_at, h.delivered_at, h.created_at,
       h.payload, h.response_body, h.response_time_ms
from public.webhook_delivery as h
join public.webhook_config as w on w.agency_id = h.agency_id and w.id = h.webhook_config_id
where h.agency_id = %(agency_id)s and h.id = %(delivery_id)s

-- name: endpoint_names
-- Endpoints to pick from.
select id::text as id, name from public.webhook_config
where agency_id = %(agency_id)s and (%(client_id)s::uuid is null or client_id = %(client_id)s)
order by name limit 200

-- name: unclear_comments
-- Comments that may ask for an offer; a person says so.
select t.id, k.author_name as name, k.content, t.reason, t.trigger_word, c.name as campaign, t.created_at
from public.triggered_comment as t
join public.comment as k on k.agency_id = t.agency_id and k.id = t.comment_id
join public.campaign as c on c.agency_id = t.agency_id and c.id = t.campaign_id
where t.agency_id = %(agency_id)s and t.status = 'review'
  and (%(client_id)s::uuid is null or t.client_id = %(client_id)s)
order by t.id limit 50

-- name: unclear_emails
-- Replies that were read with too little certainty.
select r.id, r.lead_id, coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.linkedin_id) as name,
       left(r.message_text, 1000) as content, r.candidate_email, r.alternatives, r.confidence, r.created_at
from public.email_extraction_review as r
join public.lead as l on l.agency_id = r.agency_id and l.id = r.lead_id
where r.agency_id = %(agency_id)s and r.status = 'pending'
  and (%(client_id)s::uuid is null or r.client_id = %(client_id)s)
order by r.id limit 50

-- name: unclear_sends
-- Messages of which nobody knows whether they were sent.
select s.id, l.id as lead_id, coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.linkedin_id) as name,
       s.message as content, a.account_name, c.name as campaign, s.claimed_at as created_at
from public.dm_step as s
join public.dm_sequence as q on q.agency_id = s.agency_id and q.id = s.dm_sequence_id
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
left join public.linkedin_account as a on a.agency_id = s.agency_id and a.id = s.linkedin_account_id
where s.agency_id = %(agency_id)s and s.status = 'unknown'
  and (%(client_id)s::uuid is null or s.client_id = %(client_id)s)
order by s.claimed_at limit 50
