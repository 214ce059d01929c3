-- name: campaign
-- A campaign with all that it needs to run.
select c.id, c.client_id, c.name, c.status, c.trigger_word, c.match_mode, c.starts_at, c.ends_at, c.settings, c.metrics,
       c.dm_template_step1, c.dm_template_step2, c.dm_template_step3, c.public_reply_template, c.invitation_template,
       a.id as account_id, a.status as account_status, a.account_name, a.provider_person_id, a.unipile_account_id,
       m.id as magnet_id, m.is_active as magnet_is_active, m.file_path, m.url as magnet_url,
       exists (select from public.storage_bucket as b
               join public.storage_object as o on o.agency_id = b.agency_id and o.bucket_id = b.id
               where b.agency_id = m.agency_id and b.name = split_part(m.file_path, '/', 1)
                 and o.name = substr(m.file_path, strpos(m.file_path, '/') + 1)
                 and (o.client_id is null or o.client_id = m.client_id)) as has_file, w.id as webhook_id, w.active as webhook_is_active,
       (select count(*) from public.post as p
        where p.agency_id = c.agency_id and p.campaign_id = c.id and p.status <> 'failed') as posts
from public.campaign as c
left join public.linkedin_account as a
  on a.agency_id = c.agency_id and a.id = c.linkedin_account_id
left join public.lead_magnet as m
  on m.agency_id = c.agency_id and m.id = c.lead_magnet_id
left join public.webhook_config as w
  on w.agency_id = c.agency_id and w.id = c.webhook_config_id
where c.agency_id = %(agency_id)s and c.id = %(campaign_id)s

-- name: lock
-- One decides about a campaign at a time.
select id from public.campaign where agency_id = %(agency_id)s and id = %(campaign_id)s for update

-- name: set_status
-- Another state.
update public.campaign set status = %(status)s,
       starts_at = case when %(status)s = 'active' then coalesce(starts_at, %(at)s::timestamptz) else starts_at end
where agency_id = %(agency_id)s and id = %(campaign_id)s

-- name: keep_numbers
-- What it came to; kept when the rows behind the numbers are long gone.
update public.campaign set metrics = metrics || %(numbers)s::jsonb
where agency_id = %(agency_id)s and id = %(campaign_id)s

-- name: ended
-- Campaigns whose end has come.
select id, name, created_by from public.campaign
where agency_id = %(agency_id)s and status in ('active', 'paused') and ends_at <= %(at)s
order by ends_at
limit %(limit)s

-- name: read_posts
-- Posts of campaigns that run, which are out already and that nobody reads for comments yet.
insert into public.scrape_job
  (agency_id, client_id, campaign_id, post_id, linkedin_account_id, trigger_word, next_check_at, stop_at)
select p.agency_id, p.client_id, p.campaign_id, p.id, p.linkedin_account_id, p.trigger_word, %(at)s, %(stop_at)s
from public.campaign as c
join public.post as p on p.agency_id = c.agency_id and p.campaign_id = c.id
where c.agency_id = %(agency_id)s and c.status = 'active' and p.status = 'published'
  and p.unipile_post_id is not null and p.linkedin_account_id is not null
  and not exists (select from public.scrape_job as s where s.agency_id = p.agency_id and s.post_id = p.id)
on conflict on constraint scrape_job_post_key do nothing

-- name: stop_reading
-- Nobody reads its comments any more.
update public.scrape_job set status = 'completed', claimed_at = null
where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s and status in ('scheduled', 'running', 'paused')

-- name: funnel
-- How many people got how far. Each table is read once, by the campaign: whatever is looked up for each lead asks a
-- policy for each lead.
select
  (select count(*) from public.comment as k join public.post as p on p.agency_id = k.agency_id and p.id = k.post_id
   where p.agency_id = %(agency_id)s and p.campaign_id = %(campaign_id)s and not k.is_own) as comments,
  l.leads, d.messaged, q.replied, l.captured,
  (select count(distinct h.lead_id) from public.webhook_delivery as h
   where h.agency_id = %(agency_id)s and h.status = 'success' and h.lead_id = any (l.told)) as delivered,
  q.downloaded, l.failed
from (
  select count(*) as leads, count(email) as captured, count(*) filter (where status = 'failed') as failed,
         array_agg(id) filter (where email is not null) as told
  from public.lead where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s
) as l
cross join (
  select count(distinct lead_id) as messaged from public.dm_delivery
  where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s and step = 1 and status = 'sent'
) as d
cross join (
  select count(*) filter (where last_inbound_at is not null) as replied, count(*) filter (where link_clicked) as downloaded
  from public.dm_sequence where agency_id = %(agency_id)s and campaign_id = %(campaign_id)s
) as q

-- name: post
-- A post that may be published.
select p.id, p.status, p.content, a.status as account_status
from public.post as p
left join public.linkedin_account as a
  on a.agency_id = p.agency_id and a.id = p.linkedin_account_id
where p.agency_id = %(agency_id)s and p.id = %(post_id)s
for update of p

-- name: plan_post
-- At its time.
update public.post set status = 'scheduled', scheduled_for = %(when)s, failure_reason = null
where agency_id = %(agency_id)s and id = %(post_id)s
