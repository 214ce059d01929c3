-- name: make_world
-- An agency with a client, a person, a LinkedIn account, an offer, a campaign and a post.
with agency as (
  insert into public.agency (name, slug) values ('Rehearsal', 'rehearsal') returning id
), client as (
  insert into public.client (agency_id, name) select id, 'Northwind' from agency returning agency_id, id
), person as (
  insert into public."user" (agency_id, email, role, first_name)
  select id, 'rehearsal@example.test', 'owner', 'Robin' from agency returning id
), account as (
  insert into public.linkedin_account
    (agency_id, client_id, user_id, account_name, display_name, unipile_account_id, provider_person_id, status,
     work_days, work_starts_at, work_ends_at)
  select c.agency_id, c.id, p.id, %(account_name)s, %(account_name)s, %(unipile_account_id)s, %(person_id)s, 'active',
         '{1,2,3,4,5,6,7}', '00:00', '23:59:59'
  from client as c, person as p returning id
), magnet as (
  insert into public.lead_magnet (agency_id, client_id, name, url)
  select agency_id, id, 'The guide', %(offer_url)s from client returning id
), campaign as (
  insert into public.campaign
    (agency_id, client_id, linkedin_account_id, lead_magnet_id, name, trigger_word, dm_template_step1, dm_template_step2,
     dm_template_step3)
  select c.agency_id, c.id, a.id, m.id, 'Spring', 'GUIDE', 'Hi {{first_name|there}}, where may I send {{magnet_name}}?',
         'Thanks! It is on its way to {{email}}.', 'And here is your own link: {{download_url}}'
  from client as c, account as a, magnet as m returning id
), post as (
  insert into public.post (agency_id, client_id, campaign_id, linkedin_account_id, content)
  select c.agency_id, c.id, k.id, a.id, 'What we learned this year. Comment "GUIDE" and I send it to you.'
  from client as c, campaign as k, account as a returning id
)
select agency.id, client.id, person.id, account.id, campaign.id, post.id
from agency, client, person, account, campaign, post

-- name: click_seen
-- Whether the link was followed.
select link_clicked from public.dm_sequence where agency_id = %(agency_id)s
