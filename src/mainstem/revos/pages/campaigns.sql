-- What the pages of campaigns read and write; the policies decide about agency and client.

-- name: settings
-- What a campaign is made of, as its form shows it.
select c.id, c.client_id, k.name as client, c.name, c.description, c.trigger_word, c.match_mode, c.status,
       c.linkedin_account_id::text as linkedin_account_id, c.lead_magnet_id::text as lead_magnet_id,
       c.webhook_config_id::text as webhook_config_id,
       to_char(c.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') as ends_at
from public.campaign as c
left join public.client as k on k.agency_id = c.agency_id and k.id = c.client_id
where c.agency_id = %(agency_id)s and c.id = %(campaign_id)s

-- name: choices
-- What a campaign of a client can be made of: accounts, offers and webhooks of that client alone.
select * from (
  select 'linkedin_account_id' as field, id::text as id,
         account_name || case when status = 'active' then '' else ' (' || status || ')' end as name
  from public.linkedin_account where agency_id = %(agency_id)s and client_id = %(client_id)s
  union all
  select 'lead_magnet_id', id::text, name from public.lead_magnet
  where agency_id = %(agency_id)s and client_id = %(client_id)s and is_active
  union all
  select 'webhook_config_id', id::text, name from public.webhook_config
  where agency_id = %(agency_id)s and client_id = %(client_id)s) as every
order by field, name limit 600

-- name: add
-- A draft.
insert into public.campaign (agency_id, client_id, name, trigger_word, created_by)
values (%(agency_id)s, %(client_id)s, %(name)s, %(trigger_word)s, %(user_id)s)
returning id

-- name: change
-- Another name, word, account, offer, webhook or end.
update public.campaign
set name = %(name)s, description = %(description)s, trigger_word = %(trigger_word)s, match_mode = %(match_mode)s,
    linkedin_account_id = %(linkedin_account_id)s::uuid, lead_magnet_id = %(lead_magnet_id)s::uuid,
    webhook_config_id = %(webhook_config_id)s::uuid,
    ends_at = %(ends_at)s::timestamp at time zone 'UTC'
where agency_id = %(agency_id)s and id = %(campaign_id)s
returning id

-- name: add_magnet
-- An offer at an address, which the campaign offers from then on.
with made as (
  insert into public.lead_magnet (agency_id, client_id, name, url)
  select agency_id, client_id, %(name)s, %(url)s from public.campaign
  where agency_id = %(agency_id)s and id = %(campaign_id)s
  returning id
)
update public.campaign set lead_magnet_id = (select id from made)
where agency_id = %(agency_id)s and id = %(campaign_id)s

-- name: texts
-- What a campaign says, and what of its own stands in it.
select c.id, c.name, c.status, c.trigger_word, c.post_template, c.public_reply_template, c.dm_template_step1,
       c.dm_template_step2, c.dm_template_step3, c.settings ->> 'reminder_template' as reminder_template,
       m.name as magnet_name, coalesce(a.display_name, a.account_name) as sender_name
from public.campaign as c
left join public.lead_magnet as m on m.agency_id = c.agency_id and m.id = c.lead_magnet_id
left join public.linkedin_account as a on a.agency_id = c.agency_id and a.id = c.linkedin_account_id
where c.agency_id = %(agency_id)s and c.id = %(campaign_id)s

-- name: change_texts
-- Other words. Settings that are no object stay as they are; the preflight says so.
update public.campaign
set post_template = %(post_template)s, public_reply_template = %(public_reply_template)s,
    dm_template_step1 = %(dm_template_step1)s, dm_template_step2 = %(dm_template_step2)s,
    dm_template_step3 = %(dm_template_step3)s,
    settings = case when jsonb_typeof(settings) <> 'object' then settings
                    when %(reminder_template)s::text is null then settings - 'reminder_template'
                    else settings || jsonb_build_object('reminder_template', %(reminder_template)s::text) end
where agency_id = %(agency_id)s and id = %(campaign_id)s

-- name: posts
-- The posts of a campaign with their last numbers, the newest first.
select p.id, left(p.content, 300) as content, p.status, p.failure_reason, p.scheduled_for, p.published_at, p.post_url,
       m.impressions, m.reactions, m.comments
from public.post as p
left join lateral (
  select x.impressions, x.reactions, x.comments from public.post_metric as x
  where x.agency_id = p.agency_id and x.post_id = p.id order by x.measured_at desc limit 1) as m on true
where p.agency_id = %(agency_id)s and p.campaign_id = %(campaign_id)s
order by p.id desc limit 20

-- name: add_post
-- A draft of a post, by the campaign's account.
insert into public.post (agency_id, client_id, campaign_id, linkedin_account_id, content, created_by)
select agency_id, client_id, id, linkedin_account_id, %(content)s, %(user_id)s
from public.campaign where agency_id = %(agency_id)s and id = %(campaign_id)s
