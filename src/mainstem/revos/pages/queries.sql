-- What RevOS's pages read. Every query runs in a tenant transaction.

-- name: campaigns
-- The campaigns as a list shows them.
select c.id, c.client_id, c.name, k.name as client, c.status, c.trigger_word, c.starts_at, c.ends_at, c.created_at,
       (select count(*) from (
          select from public.lead as l
          where l.agency_id = c.agency_id and l.campaign_id = c.id limit 1001) as counted)::integer as leads,
       (select count(*) from (
          select from public.lead as l
          where l.agency_id = c.agency_id and l.campaign_id = c.id and l.email is not null
          limit 1001) as counted)::integer as emails
from public.campaign as c
left join public.client as k on k.agency_id = c.agency_id and k.id = c.client_id
where c.agency_id = %(agency_id)s

-- name: campaign
-- One campaign as its page shows it.
select c.id, c.client_id, c.name, c.description, k.name as client, c.status, c.trigger_word, c.match_mode,
       c.dm_template_step1, c.dm_template_step2, c.dm_template_step3, c.public_reply_template,
       c.settings ->> 'reminder_template' as reminder_template, c.starts_at, c.ends_at, c.created_at,
       c.linkedin_account_id, a.account_name, m.name as lead_magnet, w.name as webhook
from public.campaign as c
left join public.client as k on k.agency_id = c.agency_id and k.id = c.client_id
left join public.linkedin_account as a on a.agency_id = c.agency_id and a.id = c.linkedin_account_id
left join public.lead_magnet as m on m.agency_id = c.agency_id and m.id = c.lead_magnet_id
left join public.webhook_config as w on w.agency_id = c.agency_id and w.id = c.webhook_config_id
where c.agency_id = %(agency_id)s and c.id = %(campaign_id)s

-- name: leads_by_status
-- How many leads are in each state; of many leads the newest are counted.
select status as label, count(*) as number
from (
  select status
  from public.lead
  where agency_id = %(agency_id)s
    and (%(client_id)s::uuid is null or client_id = %(client_id)s)
  order by id desc
  limit %(counted_max)s
) as newest
group by status
order by array_position(array['comment_detected', 'invited', 'dm_sent', 'dm_replied', 'email_captured',
  'webhook_sent', 'backup_sent', 'completed', 'failed'], status)
limit 20

-- name: campaign_leads_by_status
-- How many leads of a campaign are in each state.
select status as label, count(*) as number
from public.lead
where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s
group by status
order by array_position(array['comment_detected', 'invited', 'dm_sent', 'dm_replied', 'email_captured',
  'webhook_sent', 'backup_sent', 'completed', 'failed'], status)
limit 20

-- name: leads
-- The leads as a list shows them.
select l.id, l.client_id, l.campaign_id::text as campaign_id,
       coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email, l.linkedin_id) as name,
       l.email, l.company, l.title, l.status, l.source, l.score, c.name as campaign, k.name as client,
       l.captured_at, l.created_at
from public.lead as l
left join public.campaign as c on c.agency_id = l.agency_id and c.id = l.campaign_id
left join public.client as k on k.agency_id = l.agency_id and k.id = l.client_id
where l.agency_id = %(agency_id)s

-- name: lead
-- One lead as its page shows it.
select l.id, l.client_id, l.campaign_id, c.name as campaign, k.name as client, l.email, l.first_name, l.last_name,
       coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email, l.linkedin_id) as name,
       l.linkedin_url, l.headline, l.company, l.title, l.phone, l.source, l.status, l.score, l.notes,
       l.captured_at, l.email_confidence, l.created_at, q.id as sequence_id, q.status as sequence_status
from public.lead as l
left join public.campaign as c on c.agency_id = l.agency_id and c.id = l.campaign_id
left join public.client as k on k.agency_id = l.agency_id and k.id = l.client_id
left join public.dm_sequence as q on q.agency_id = l.agency_id and q.id = l.dm_sequence_id
where l.agency_id = %(agency_id)s and l.id = %(lead_id)s

-- name: add_lead
-- Add a lead by hand, for the client of its campaign.
insert into public.lead (agency_id, client_id, campaign_id, linkedin_id, linkedin_url, first_name, last_name,
                         email, company, title, source)
select c.agency_id, c.client_id, c.id, %(linkedin_id)s, %(linkedin_url)s, %(first_name)s, %(last_name)s,
       %(email)s, %(company)s, %(title)s, 'manual'
from public.campaign as c
where c.agency_id = %(agency_id)s and c.id = %(campaign_id)s::uuid
returning id

-- name: change_notes
-- What people noted about a lead.
update public.lead
set notes = %(notes)s
where agency_id = %(agency_id)s and id = %(lead_id)s

-- name: clients
-- Clients to pick from.
select id::text as id, name from public.client where agency_id = %(agency_id)s order by name limit 500

-- name: campaign_names
-- Campaigns to pick from, the newest first.
select id::text as id, name
from public.campaign
where agency_id = %(agency_id)s and (%(client_id)s::uuid is null or client_id = %(client_id)s)
order by id desc
limit 100

-- name: figures
-- The headline numbers of RevOS; counting stops where nobody reads on.
select
  (select count(*) from (select from public.campaign where agency_id = %(agency_id)s and status = 'active'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as active,
  (select count(*) from (select from public.comment where agency_id = %(agency_id)s
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as comments,
  (select count(*) from (select from public.dm_delivery where agency_id = %(agency_id)s and status = 'sent'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as messages,
  (select count(*) from (select from public.lead where agency_id = %(agency_id)s
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as leads,
  (select count(*) from (select from public.lead where agency_id = %(agency_id)s and email is not null
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as emails,
  (select count(*) from (select from public.dm_delivery where agency_id = %(agency_id)s and status = 'unknown'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as unclear

-- name: campaigns_by_status
-- How many campaigns are in each state.
select status as label, count(*) as number
from public.campaign
where agency_id = %(agency_id)s and (%(client_id)s::uuid is null or client_id = %(client_id)s)
group by status
order by array_position(array['active', 'paused', 'draft', 'completed'], status)
limit 10

-- name: search
-- Campaigns, and of the newest leads those, whose name or address holds what was typed.
(select id, name, 'Campaign' as kind
 from public.campaign
 where agency_id = %(agency_id)s and name ilike %(pattern)s
 order by id desc
 limit %(rows_max)s)
union all
(select id, name, 'Lead'
 from (
   select l.id, l.email,
          coalesce(nullif(concat_ws(' ', l.first_name, l.last_name), ''), l.email, l.linkedin_id) as name
   from public.lead as l
   where l.agency_id = %(agency_id)s
   order by l.id desc
   limit 5000
 ) as newest
 where name ilike %(pattern)s or email ilike %(pattern)s
 limit %(rows_max)s)
