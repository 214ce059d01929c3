-- name: seed
-- Agencies, each with accounts, a campaign each, and posts spread over the first five days.
with given as (
  select * from json_to_recordset(%(accounts)s::json) as g (
    number integer, agency integer, timezone text, unipile_account_id text, person_id text)
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
    (agency_id, client_id, user_id, account_name, unipile_account_id, provider_person_id, status, work_days,
     timezone, daily_dm_cap, daily_invitation_cap, daily_comment_cap)
  select a.id, c.id, p.id, 'Account ' || g.number, g.unipile_account_id, g.person_id, 'active', '{1,2,3,4,5,6,7}',
         g.timezone, 50, 20, 50
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
         jsonb_build_object('reminder_template', 'Still interested? [' || a.account_name || ' reminder]')
  from account as a join magnet as m on m.agency_id = a.agency_id
  returning agency_id, client_id, linkedin_account_id, id, name
)
insert into public.post (agency_id, client_id, campaign_id, linkedin_account_id, content, status, scheduled_for)
select c.agency_id, c.client_id, c.id, c.linkedin_account_id, 'Comment "GUIDE" and I send it.', 'scheduled',
       %(starts_at)s::timestamptz + interval '1 hour' + n * interval '2 days'
         + (hashtext(c.name) & 255) * interval '5 minutes'
from campaign as c, generate_series(0, %(posts)s - 1) as n

-- name: tick
-- The time has moved: what is due is looked for now.
with due as (
  update app.job set run_at = now() where kind = 'revos.tick' and status = 'ready' returning queue
)
select pg_notify('mainstem_job', queue) from due

-- name: ticking
-- Whether the workers have begun.
select true from app.job where kind = 'revos.tick'

-- name: left
-- Jobs that are due, that a living worker holds, and that a killed one held. What waits behind one
-- of those counts with them.
select count(*) filter (where j.status = 'ready' and not behind.is_so),
       count(*) filter (where j.status = 'leased' and j.leased_by like any (%(living)s::text[])),
       count(*) filter (where j.status = 'leased' and not j.leased_by like any (%(living)s::text[])
                           or j.status = 'ready' and behind.is_so)
from app.job as j
cross join lateral (
  select exists (select from app.job as o
                 where j.ordering_key is not null and o.ordering_key = j.ordering_key and o.queue = j.queue
                   and o.agency_id is not distinct from j.agency_id and o.id <> j.id and o.status = 'leased'
                   and not o.leased_by like any (%(living)s::text[])) as is_so) as behind
where j.queue = 'revos' and (j.status = 'leased' or j.status = 'ready' and j.run_at <= now())

-- name: zones
-- Where the accounts are.
select unipile_account_id, timezone from public.linkedin_account

-- name: comments
-- What was made of each comment.
select unipile_comment_id, outcome from public.processed_comment

-- name: leads
-- Where each lead is: at its end, waiting for somebody or something, or nowhere that explains it.
select state, count(*) from (
  select case
    when l.status in ('completed', 'backup_sent') then 'delivered'
    when exists (select from public.dm_step as s where s.agency_id = l.agency_id
                 and s.dm_sequence_id = l.dm_sequence_id and s.status = 'unknown') then 'a send is unknown: a person settles it'
    when exists (select from public.email_extraction_review as r where r.agency_id = l.agency_id
                 and r.lead_id = l.id and r.status = 'pending') then 'an address is reviewed by a person'
    when q.status = 'abandoned' then 'opted out'
    when l.status = 'failed' and q.failure_reason is not null then 'given up: ' || regexp_replace(q.failure_reason, '\(.*', '')
    when l.captured_at is not null then 'captured, confirmation or link under way'
    when l.status = 'dm_replied' then 'replied, without an address'
    when exists (select from public.dm_step as s where s.agency_id = l.agency_id
                 and s.dm_sequence_id = l.dm_sequence_id and s.purpose = 'request_email' and s.status = 'waiting')
      then case when exists (select from public.pending_connection as p where p.agency_id = l.agency_id
                             and p.linkedin_account_id = q.linkedin_account_id and p.provider_person_id = l.linkedin_id
                             and p.status = 'unknown') then 'an invitation is unknown'
                when l.status = 'invited' then 'invited, waits for acceptance' else 'waits to be invited' end
    when exists (select from public.dm_step as s where s.agency_id = l.agency_id
                 and s.dm_sequence_id = l.dm_sequence_id and s.status in ('scheduled', 'claimed'))
      then case when l.status = 'dm_sent' then 'asked, a reminder follows' else 'waits for its turn' end
    when l.status = 'dm_sent' then 'asked and reminded, no answer'
    else 'nothing explains it' end as state
  from public.lead as l
  left join public.dm_sequence as q on q.agency_id = l.agency_id and q.id = l.dm_sequence_id) as each
group by state order by count(*) desc, state

-- name: sends
-- What the send ledger says.
select status, count(*) from public.dm_delivery group by status order by count(*) desc
