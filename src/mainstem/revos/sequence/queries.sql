-- name: accounts_due
-- The accounts that have a message due.
select distinct linkedin_account_id from public.dm_step
where agency_id = %(agency_id)s and status = 'scheduled' and scheduled_for <= %(at)s
  and linkedin_account_id is not null

-- name: due_steps
-- For each account its first due messages, promised ones first, with all that decides about them.
select s.id as step_id, s.step, s.purpose, s.linkedin_account_id, s.client_id, q.id as sequence_id,
       q.status as sequence_status, q.last_inbound_at, q.email_extracted, l.id as lead_id, l.linkedin_id,
       l.first_name, l.last_name, l.headline, l.company, l.title, l.email, c.id as campaign_id,
       c.name as campaign_name, c.status as campaign_status, c.settings,
       c.dm_template_step1, c.dm_template_step2, c.dm_template_step3, c.trigger_word,
       m.name as magnet_name, k.network_distance, p.status as invitation_status, p.expires_at,
       d.status as ledger_status, a.paused_until,
       a.status as account_status, coalesce(a.display_name, a.account_name) as sender_name
from unnest(%(accounts)s::uuid[]) as due (account_id)
join public.linkedin_account as a on a.agency_id = %(agency_id)s and a.id = due.account_id
cross join lateral (
  select s.* from public.dm_step as s
  where s.agency_id = %(agency_id)s and s.linkedin_account_id = due.account_id
    and s.status = 'scheduled' and s.scheduled_for <= %(at)s
  order by case s.purpose when 'backup_link' then 0 when 'confirm' then 0 when 'request_email' then 1 else 2 end,
           s.scheduled_for
  limit %(steps_max)s
  for update of s skip locked) as s
join public.dm_sequence as q on q.agency_id = s.agency_id and q.id = s.dm_sequence_id
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
left join public.lead_magnet as m
  on m.agency_id = c.agency_id and m.id = c.lead_magnet_id
left join public.comment as k on k.agency_id = l.agency_id and k.id = l.comment_id
left join public.pending_connection as p on p.agency_id = s.agency_id
  and p.linkedin_account_id = s.linkedin_account_id and p.provider_person_id = l.linkedin_id
left join public.dm_delivery as d on d.agency_id = s.agency_id
  and d.campaign_id = q.campaign_id and d.provider_person_id = l.linkedin_id and d.step = s.step
order by s.linkedin_account_id,
         case s.purpose when 'backup_link' then 0 when 'confirm' then 0 when 'request_email' then 1 else 2 end,
         s.scheduled_for

-- name: suppressed
-- Which of these keyed hashes stand on the client's list of people never to write to again.
select client_id, value_hash from public.suppression
where agency_id = %(agency_id)s and client_id = any (%(clients)s) and value_hash = any (%(hashes)s)

-- name: suppress
-- Never again.
insert into public.suppression (agency_id, client_id, kind, value_hash, value_hint, reason, source)
values (%(agency_id)s, %(client_id)s, %(kind)s, %(value_hash)s, %(hint)s, %(reason)s, %(source)s)
on conflict on constraint suppression_value_key do nothing

-- name: reserve_delivery
-- The send, before it is made, in these words. Nobody gets the same message of a campaign twice: only
-- one that was surely not delivered may be tried again.
with reserved as (
  insert into public.dm_delivery
    (agency_id, client_id, campaign_id, lead_id, linkedin_account_id, provider_person_id, step, message_hash, reserved_at)
  values (%(agency_id)s, %(client_id)s, %(campaign_id)s, %(lead_id)s, %(account_id)s, %(person_id)s, %(step)s,
          %(message_hash)s, %(at)s)
  on conflict on constraint dm_delivery_once_key do update
  set status = 'reserved', reserved_at = excluded.reserved_at, linkedin_account_id = excluded.linkedin_account_id,
      message_hash = excluded.message_hash, error_slug = null, error_message = null
  where dm_delivery.status = 'failed'
  returning agency_id
)
update public.dm_step as s
set status = 'claimed', claimed_at = %(at)s, message = %(message)s, error_slug = null, error_message = null
from reserved as r
where s.agency_id = r.agency_id and s.id = %(step_id)s
returning s.id

-- name: put_off_step
-- Not now.
update public.dm_step set status = 'scheduled', scheduled_for = %(until)s, claimed_at = null,
       error_slug = %(slug)s, error_message = %(reason)s
where agency_id = %(agency_id)s and id = %(step_id)s

-- name: end_step
-- It is over with this message: skipped, failed, cancelled, waiting or unknown.
update public.dm_step set status = %(status)s, error_slug = %(slug)s, error_message = %(reason)s
where agency_id = %(agency_id)s and id = %(step_id)s

-- name: ask_to_connect
-- The person shall be invited; once, whichever campaign wants it first.
insert into public.pending_connection
  (agency_id, client_id, campaign_id, lead_id, linkedin_account_id, provider_person_id, display_name)
select l.agency_id, l.client_id, l.campaign_id, l.id, %(account_id)s, l.linkedin_id, k.author_name
from public.lead as l left join public.comment as k on k.agency_id = l.agency_id and k.id = l.comment_id
where l.agency_id = %(agency_id)s and l.id = %(lead_id)s
on conflict on constraint pending_connection_person_key do nothing

-- name: hold_step
-- It waits for the answer to an invitation, which is locked: an answer that comes this moment finds it
-- waiting, or is seen here.
with open as (
  select p.agency_id from public.dm_step as s
  join public.dm_sequence as q on q.agency_id = s.agency_id and q.id = s.dm_sequence_id
  join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
  join public.pending_connection as p on p.agency_id = s.agency_id
    and p.linkedin_account_id = s.linkedin_account_id and p.provider_person_id = l.linkedin_id
  where s.agency_id = %(agency_id)s and s.id = %(step_id)s and p.status = any (%(open)s)
  for update of p
)
update public.dm_step as s set status = 'waiting', error_slug = %(slug)s, error_message = %(reason)s
from open where s.agency_id = open.agency_id and s.id = %(step_id)s
returning s.id

-- name: requests
-- What sending takes, and whether the message is wanted still. A conversation that another campaign
-- began is looked for among the person's few leads, one by one: joined, the planner reads every
-- conversation of the agency for each message. So are other sends in the same words: `taken` are their
-- ids, `untold` how many of about that time the provider gave no id of.
select s.id, a.unipile_account_id, l.linkedin_id, coalesce(q.provider_chat_id, earlier.chat_id) as chat_id,
       s.message, s.claimed_at,
       s.status = 'claimed' and q.status = 'in_progress'
         and (c.status = 'active' or s.purpose in ('confirm', 'backup_link'))
         and not (q.last_inbound_at is not null and s.purpose = 'follow_up') as is_wanted,
       said.taken, said.untold
from public.dm_step as s
join public.dm_sequence as q on q.agency_id = s.agency_id and q.id = s.dm_sequence_id
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
join public.linkedin_account as a on a.agency_id = s.agency_id and a.id = s.linkedin_account_id
left join lateral (
  select held.chat_id from public.lead as ol
  cross join lateral (
    select o.provider_chat_id as chat_id from public.dm_sequence as o
    where o.agency_id = ol.agency_id and o.lead_id = ol.id and o.linkedin_account_id = s.linkedin_account_id
      and o.provider_chat_id is not null
    limit 1) as held
  where ol.agency_id = s.agency_id and ol.linkedin_id = l.linkedin_id
  limit 1) as earlier on q.provider_chat_id is null
cross join lateral (
  select coalesce(array_agg(sent.id) filter (where sent.id is not null), '{}') as taken,
         count(*) filter (where sent.id is null and sent.resolved_at >= s.claimed_at - %(clock_slack)s)::integer as untold
  from public.lead as ol
  cross join lateral (
    select d.unipile_message_id as id, d.resolved_at from public.dm_delivery as d
    where d.agency_id = ol.agency_id and d.lead_id = ol.id and d.linkedin_account_id = s.linkedin_account_id
      and d.status in ('sent', 'unknown') and (d.campaign_id, d.step) <> (q.campaign_id, s.step)
      and d.message_hash = sha256(convert_to(s.message, 'UTF8'))
    offset 0) as sent
  where ol.agency_id = s.agency_id and ol.linkedin_id = l.linkedin_id) as said
where s.agency_id = %(agency_id)s and s.id = any (%(ids)s)

-- name: step_of
-- A message with its sequence, lead and campaign, locked until it is settled.
select s.id as step_id, s.step, s.purpose, s.status, s.message, s.client_id, s.linkedin_account_id,
       q.id as sequence_id, q.status as sequence_status, q.last_inbound_at, q.email_extracted, q.campaign_id,
       l.id as lead_id, l.linkedin_id, l.comment_id, l.status as lead_status, c.settings,
       c.dm_template_step2, c.dm_template_step3, c.name as campaign_name
from public.dm_step as s
join public.dm_sequence as q on q.agency_id = s.agency_id and q.id = s.dm_sequence_id
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
where s.agency_id = %(agency_id)s and s.id = %(step_id)s
for update of s, q

-- name: settle_delivery
-- What became of the send.
update public.dm_delivery
set status = %(status)s, sent_at = %(sent_at)s, provider_chat_id = coalesce(%(chat_id)s, provider_chat_id),
    unipile_message_id = coalesce(%(message_id)s, unipile_message_id), error_slug = %(slug)s,
    error_message = %(reason)s, resolved_at = %(at)s
where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s and provider_person_id = %(person_id)s
  and step = %(step)s and status in ('reserved', 'unknown')
returning id

-- name: step_sent
-- It is out: the message, our side of the conversation, where that is held.
with step as (
  update public.dm_step set status = 'sent', sent_at = %(at)s, unipile_message_id = %(message_id)s,
         provider_chat_id = %(chat_id)s, error_slug = null, error_message = null
  where agency_id = %(agency_id)s and id = %(step_id)s
),
sequence as (
  update public.dm_sequence set provider_chat_id = coalesce(%(chat_id)s, provider_chat_id)
  where agency_id = %(agency_id)s and id = %(sequence_id)s and provider_chat_id is distinct from
        coalesce(%(chat_id)s, provider_chat_id)
)
insert into public.dm_message
  (agency_id, client_id, dm_sequence_id, lead_id, linkedin_account_id, direction, message, unipile_message_id,
   unipile_conversation_id, sent_at)
values (%(agency_id)s, %(client_id)s, %(sequence_id)s, %(lead_id)s, %(account_id)s, 'outbound', %(message)s,
        %(message_id)s, %(chat_id)s, %(at)s)

-- name: forget_chats
-- A chat is known by a name of the provider's account, and ends with it; the next message finds or
-- begins one.
update public.dm_sequence set provider_chat_id = null
where agency_id = %(agency_id)s and linkedin_account_id = %(account_id)s and provider_chat_id is not null

-- name: end_sequence
-- Nothing more is sent in it.
with ended as (
  update public.dm_sequence set status = %(status)s, failure_reason = %(reason)s,
         completed_at = case when %(status)s = 'completed' then %(at)s::timestamptz end
  where agency_id = %(agency_id)s and id = %(sequence_id)s and status in ('in_progress', 'paused')
  returning id
)
update public.dm_step as s set status = 'cancelled', error_message = %(reason)s
from ended
where s.agency_id = %(agency_id)s and s.dm_sequence_id = ended.id and s.status in ('waiting', 'scheduled')

-- name: move_lead
-- A lead only ever goes forward.
update public.lead set status = %(status)s
where agency_id = %(agency_id)s and id = %(lead_id)s and status <> %(status)s
  and (%(status)s = 'failed' or array_position(%(order)s::text[], status) < array_position(%(order)s::text[], %(status)s))

-- name: lead_asked
-- Who commented has been written to: the lead, the comment, and what came of it.
with lead as (
  update public.lead set status = 'dm_sent'
  where agency_id = %(agency_id)s and id = %(lead_id)s and status in ('comment_detected', 'invited')
),
comment as (
  update public.comment set dm_sent = true, dm_sent_at = %(at)s
  where agency_id = %(agency_id)s and id = %(comment_id)s and not dm_sent
)
update public.triggered_comment set status = 'dm_sent', finished_at = %(at)s, error_message = null
where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s and comment_id = %(comment_id)s
  and status in ('pending', 'queued', 'invited')

-- name: trigger_skipped
-- Nothing came of a matched comment.
update public.triggered_comment set status = 'skipped', finished_at = %(at)s, error_message = %(reason)s
where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s and comment_id = %(comment_id)s
  and status in ('pending', 'queued', 'invited')

-- name: add_step
-- A further message, once.
insert into public.dm_step (agency_id, client_id, dm_sequence_id, linkedin_account_id, step, purpose, status, scheduled_for)
values (%(agency_id)s, %(client_id)s, %(sequence_id)s, %(account_id)s, %(step)s, %(purpose)s, 'scheduled',
        %(scheduled_for)s)
on conflict on constraint dm_step_step_key do nothing

-- name: cancel_steps
-- Messages that are no longer wanted.
update public.dm_step set status = 'cancelled', error_message = %(reason)s
where agency_id = %(agency_id)s and dm_sequence_id = %(sequence_id)s and purpose = any (%(purposes)s)
  and status in ('waiting', 'scheduled')

-- name: account_owner
-- Whom to tell about an account's work.
select user_id, account_name from public.linkedin_account
where agency_id = %(agency_id)s and id = %(account_id)s

-- name: message_taken_in
-- A message is handled once, however often and in which order it is told.
insert into public.processed_message (agency_id, client_id, linkedin_account_id, unipile_message_id, outcome)
select agency_id, client_id, id, %(message_id)s, %(outcome)s from public.linkedin_account
where agency_id = %(agency_id)s and id = %(account_id)s
on conflict on constraint processed_message_unipile_key do nothing
returning id

-- name: message_outcome
-- What was made of it.
update public.processed_message set outcome = %(outcome)s, dm_message_id = %(dm_message_id)s
where agency_id = %(agency_id)s and id = %(id)s

-- name: sequences_with
-- The conversations with a person by an account, the one written to last first, locked. `asked_at` is
-- when the first message went out, or may have: whoever wrote before it has not answered it.
select q.id as sequence_id, q.status as sequence_status, q.email_extracted, q.client_id, q.campaign_id,
       q.linkedin_account_id, q.provider_chat_id, l.id as lead_id, l.linkedin_id, l.status as lead_status, l.email,
       l.comment_id, c.settings, c.dm_template_step2, c.dm_template_step3, c.name as campaign_name,
       d.reserved_at as asked_at
from public.dm_sequence as q
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
left join public.dm_delivery as d on d.agency_id = q.agency_id and d.campaign_id = q.campaign_id
  and d.provider_person_id = l.linkedin_id and d.step = %(ask)s and (d.status <> 'failed' or d.error_slug = 'not_sent')
where q.agency_id = %(agency_id)s and q.linkedin_account_id = %(account_id)s
  and (l.linkedin_id = %(person_id)s or q.provider_chat_id = %(chat_id)s)
order by (select max(s.sent_at) from public.dm_step as s
          where s.agency_id = q.agency_id and s.dm_sequence_id = q.id) desc nulls last, q.created_at desc
for update of q

-- name: record_inbound
-- The conversation, their side.
insert into public.dm_message
  (agency_id, client_id, dm_sequence_id, lead_id, linkedin_account_id, direction, message, message_type,
   unipile_message_id, unipile_conversation_id, sender_provider_id, sent_at)
values (%(agency_id)s, %(client_id)s, %(sequence_id)s, %(lead_id)s, %(account_id)s, 'inbound', %(message)s,
        %(kind)s, %(message_id)s, %(chat_id)s, %(person_id)s, %(sent_at)s)
returning id

-- name: sequence_answered
-- The person wrote.
update public.dm_sequence
set last_inbound_at = greatest(coalesce(last_inbound_at, %(sent_at)s), %(sent_at)s),
    provider_chat_id = coalesce(provider_chat_id, %(chat_id)s)
where agency_id = %(agency_id)s and id = %(sequence_id)s

-- name: capture_address
-- The address, once.
update public.dm_sequence set email_extracted = %(email)s, email_extracted_at = %(at)s
where agency_id = %(agency_id)s and id = %(sequence_id)s and email_extracted is null
returning id

-- name: lead_captured
-- A lead with an address.
update public.lead set email = %(email)s, email_confidence = %(confidence)s, captured_at = %(at)s
where agency_id = %(agency_id)s and id = %(lead_id)s

-- name: ask_for_review
-- A person confirms what was read with too little certainty.
insert into public.email_extraction_review
  (agency_id, client_id, lead_id, dm_sequence_id, dm_message_id, message_text, candidate_email, alternatives,
   confidence, method)
values (%(agency_id)s, %(client_id)s, %(lead_id)s, %(sequence_id)s, %(dm_message_id)s, %(message)s, %(candidate)s,
        %(alternatives)s, %(confidence)s, %(method)s)

-- name: review_of
-- A review that is open, locked until it is decided.
select r.id, r.candidate_email, r.lead_id, r.dm_sequence_id as sequence_id, r.client_id, q.campaign_id,
       q.linkedin_account_id, q.status as sequence_status, l.linkedin_id, l.status as lead_status, l.comment_id,
       c.settings, c.dm_template_step2, c.dm_template_step3, c.name as campaign_name
from public.email_extraction_review as r
join public.dm_sequence as q on q.agency_id = r.agency_id and q.id = r.dm_sequence_id
join public.lead as l on l.agency_id = r.agency_id and l.id = r.lead_id
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
where r.agency_id = %(agency_id)s and r.id = %(review_id)s and r.status = 'pending'
for update of r, q

-- name: decide_review
-- As a person decided.
update public.email_extraction_review
set status = %(status)s, confirmed_email = %(email)s, reviewed_by = %(user_id)s, reviewed_at = %(at)s
where agency_id = %(agency_id)s and id = %(review_id)s

-- name: close_reviews
-- What nobody has to decide any more.
update public.email_extraction_review set status = 'rejected', reviewed_at = %(at)s
where agency_id = %(agency_id)s and lead_id = %(lead_id)s and status = 'pending'

-- name: sequences_of_client
-- Every conversation of a client with a person.
select q.id as sequence_id, q.campaign_id, l.id as lead_id, l.comment_id, l.status as lead_status
from public.dm_sequence as q join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
where q.agency_id = %(agency_id)s and q.client_id = %(client_id)s and l.linkedin_id = %(person_id)s
  and q.status in ('in_progress', 'paused')

-- name: withdraw_invitations
-- Nobody is invited who asked to be left alone.
update public.pending_connection set status = 'withdrawn'
where agency_id = %(agency_id)s and client_id = %(client_id)s and provider_person_id = %(person_id)s
  and status = 'queued'

-- name: begin_leads
-- People in campaigns, each once however often they comment: lead and sequence, which point at each
-- other, and the first message.
with made as materialized (
  select g.*, app.uuid7() as sequence_id
  from rows from (json_to_recordset(%(people)s::json) as (
    client_id uuid, campaign_id uuid, comment_id uuid, account_id uuid, person_id text, first_name text, last_name text,
    headline text, profile_url text, scheduled_for timestamptz)) with ordinality as g
),
lead as (
  insert into public.lead
    (agency_id, client_id, campaign_id, comment_id, linkedin_account_id, linkedin_id, first_name, last_name, headline,
     linkedin_url, dm_sequence_id)
  select %(agency_id)s, client_id, campaign_id, comment_id, account_id, person_id, first_name, last_name, headline,
         profile_url, sequence_id
  from made order by ordinality
  on conflict on constraint lead_linkedin_key do nothing
  returning agency_id, client_id, campaign_id, id, comment_id, linkedin_account_id, dm_sequence_id
),
sequence as (
  insert into public.dm_sequence (agency_id, client_id, campaign_id, lead_id, linkedin_account_id, id)
  select agency_id, client_id, campaign_id, id, linkedin_account_id, dm_sequence_id from lead
  returning agency_id, client_id, id, linkedin_account_id
),
step as (
  insert into public.dm_step
    (agency_id, client_id, dm_sequence_id, linkedin_account_id, step, purpose, status, scheduled_for)
  select s.agency_id, s.client_id, s.id, s.linkedin_account_id, %(step)s, %(purpose)s, 'scheduled', made.scheduled_for
  from sequence as s join made on made.sequence_id = s.id
)
select id, comment_id from lead

-- name: open_link
-- The link in a message works, until then. Its address is not kept: whoever has the key can make it.
with route as (
  insert into app.token_route (kind, token, agency_id, target_id, expires_at)
  values ('download', %(token)s, %(agency_id)s, %(sequence_id)s, %(expires_at)s)
  on conflict on constraint token_route_pkey do update set expires_at = excluded.expires_at
  returning target_id
)
update public.dm_sequence as q set download_url_expires_at = %(expires_at)s
from route where q.agency_id = %(agency_id)s and q.id = route.target_id
