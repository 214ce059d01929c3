-- name: make
-- An agency of its own for the sandbox's accounts: once.
with agency as (
  insert into public.agency (name, slug) values (%(name)s, %(slug)s)
  on conflict on constraint agency_slug_key do nothing returning id
), client as (
  insert into public.client (agency_id, name) select id, 'Northwind' from agency returning agency_id, id
), person as (
  insert into public."user" (agency_id, email, role, first_name)
  select id, %(email)s, 'owner', 'Robin' from agency returning id
), account as (
  insert into public.linkedin_account
    (agency_id, client_id, user_id, account_name, display_name, unipile_account_id, provider_person_id, status,
     work_days, work_starts_at, work_ends_at)
  select c.agency_id, c.id, p.id, g.name, g.name, g.id, g.person_id, 'active', '{1,2,3,4,5,6,7}', '00:00', '23:59:59'
  from client as c, person as p, json_to_recordset(%(accounts)s::json) as g (id text, person_id text, name text)
  returning agency_id, client_id, id, account_name
), magnet as (
  insert into public.lead_magnet (agency_id, client_id, name, url)
  select agency_id, id, 'The guide', 'https://example.com/guide.pdf' from client returning id
)
insert into public.campaign
  (agency_id, client_id, linkedin_account_id, lead_magnet_id, name, trigger_word, status, dm_template_step1,
   dm_template_step2, dm_template_step3, public_reply_template)
select a.agency_id, a.client_id, a.id, m.id, 'The guide, by ' || a.account_name, 'GUIDE', 'active',
       'Hi {{first_name|there}}, where may I send {{magnet_name}}?', 'Thanks! It is on its way to {{email}}.',
       'And here is your own link: {{download_url}}', 'Thanks {{first_name|you}}, I have sent you an invitation.'
from account as a, magnet as m

-- name: publish
-- A new post of each campaign, to be published at once; whose it is.
with agency as (select id from public.agency where slug = %(slug)s),
post as (
  insert into public.post (agency_id, client_id, campaign_id, linkedin_account_id, content, status, scheduled_for)
  select c.agency_id, c.client_id, c.id, c.linkedin_account_id,
         'What we learned this year, in 12 pages. Comment "GUIDE" and I send it to you.', 'scheduled', %(at)s
  from public.campaign as c join agency as a on a.id = c.agency_id
  where c.status = 'active'
)
select id from agency
