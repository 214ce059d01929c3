-- name: seed
-- Agencies, each with accounts, a campaign each, and posts spread over the first five days.
with given as (
  select * from json_to_recordset(%(accounts)s::json) as g (
    number integer, agency integer, unipile_account_id text, person_id text)
), agency as (
  insert into public.agency (name, slug)
  select distinct 'Agency ' || agency, 'agency-' || agency from given returning id, slug
), client as (
  insert into public.client (agency_id, name) select id, 'Client' from agency returning agency_id, id
), person as (
  insert into public."user" (agency_id, email, role)
  select id, slug || '@example.test', 'owner' from agency returning agency_id, id
), account as (
  insert into public.linkedin_account
    (agency_id, client_id, user_id, account_name, unipile_account_id, provider_person_id, status, work_days)
  select a.id, c.id, p.id, 'Account ' || g.number, g.unipile_account_id, g.person_id, 'active', '{1,2,3,4,5,6,7}'
  from given as g join agency as a on a.slug = 'agency-' || g.agency
  join client as c on c.agency_id = a.id join person as p on p.agency_id = a.id
  returning agency_id, client_id, id, account_name
), magnet as (
  insert into public.lead_magnet (agency_id, client_id, name, url)
  select agency_id, id, 'The guide', 'https://example.com/guide.pdf' from client returning agency_id, id
), campaign as (
  insert into public.campaign
    (agency_id, client_id, linkedin_account_id, lead_magnet_id, name, trigger_word, status, dm_template_step1,
     dm_template_step2, dm_template_step3, public_reply_template, settings)
  select a.agency_id, a.client_id, a.id, m.id, a.account_name, 'GUIDE', 'active',
         'Hi {{first_name|there}}, where may I send it? [' || a.account_name || ' ask]',
         'Thanks! It is on its way. [' || a.account_name || ' confirm]',
         'Your own link: {{download_url}} [' || a.account_name || ' link]',
         'Thanks {{first_name|you}}, I have sent you an invitation.',
         '{"reminder_template": "Still interested? [reminder]"}'
  from account as a join magnet as m on m.agency_id = a.agency_id
  returning agency_id, client_id, linkedin_account_id, id, name
)
insert into public.post (agency_id, client_id, campaign_id, linkedin_account_id, content, status, scheduled_for)
select c.agency_id, c.client_id, c.id, c.linkedin_account_id, 'Comment "GUIDE" and I send it.', 'scheduled',
       %(starts_at)s::timestamptz + interval '1 hour' + n * interval '2 days'
         + (hashtext(c.name) & 255) * interval '5 minutes'
from campaign as c, generate_series(0, %(posts)s - 1) as n

-- name: outcome
-- Leads; the closest two writes of one account, in seconds; leads that nothing explains.
select (select count(*) from public.lead),
       (select round(extract(epoch from min(gap))::numeric, 1) from (
          select called_at - lag(called_at) over (partition by linkedin_account_id order by called_at) as gap
          from public.provider_call where next_write_at is not null) as gaps),
       (select count(*) from public.lead as l
        where l.status not in ('failed', 'completed', 'backup_sent')
          and not exists (select from public.dm_step as s
                          where s.agency_id = l.agency_id and s.dm_sequence_id = l.dm_sequence_id
                            and (s.status in ('waiting', 'scheduled', 'claimed', 'unknown')
                              or s.status = 'sent' and l.status in ('dm_sent', 'dm_replied', 'email_captured')
                              or s.status in ('skipped', 'failed') and s.error_message is not null)))

-- name: leads
-- How far they got.
select status, count(*) from public.lead group by status order by count(*) desc

-- name: sends
-- What the send ledger says.
select status, count(*) from public.dm_delivery group by status order by count(*) desc
