-- name: leads_of_person
-- The leads of the person whom one lead is about, with its client, locked until they are erased.
select l.id, l.client_id, l.linkedin_id, l.email
from public.lead as l
join public.lead as one on one.agency_id = l.agency_id and one.client_id = l.client_id
where one.agency_id = %(agency_id)s and one.id = %(lead_id)s
  and (l.id = one.id or l.linkedin_id = one.linkedin_id or lower(l.email) = lower(one.email))
order by l.id
for update of l

-- name: export
-- All that is kept of leads, in its order: rows as they are, by table. Ledgers of ids only are left out.
select found.name, found.row from (
  select 'lead' as name, l.created_at as at, to_jsonb(l) as row from public.lead as l
  where l.agency_id = %(agency_id)s and l.id = any (%(leads)s)
  union all
  select 'comment', coalesce(k.commented_at, k.created_at), to_jsonb(k) from public.comment as k
  where k.agency_id = %(agency_id)s and k.client_id = %(client_id)s and k.author_linkedin_id = any (%(people)s)
  union all
  select 'triggered_comment', t.created_at, to_jsonb(t) from public.triggered_comment as t
  join public.comment as k on k.agency_id = t.agency_id and k.id = t.comment_id
  where k.agency_id = %(agency_id)s and k.client_id = %(client_id)s and k.author_linkedin_id = any (%(people)s)
  union all
  select 'pending_connection', p.created_at, to_jsonb(p) from public.pending_connection as p
  where p.agency_id = %(agency_id)s and p.client_id = %(client_id)s and p.provider_person_id = any (%(people)s)
  union all
  select 'dm_step', s.created_at, to_jsonb(s) from public.dm_step as s
  join public.dm_sequence as q on q.agency_id = s.agency_id and q.id = s.dm_sequence_id
  where q.agency_id = %(agency_id)s and q.lead_id = any (%(leads)s)
  union all
  select 'dm_message', m.sent_at, to_jsonb(m) from public.dm_message as m
  where m.agency_id = %(agency_id)s and m.lead_id = any (%(leads)s)
  union all
  select 'email_extraction_review', r.created_at, to_jsonb(r) from public.email_extraction_review as r
  where r.agency_id = %(agency_id)s and r.lead_id = any (%(leads)s)
  union all
  select 'webhook_delivery', w.created_at, to_jsonb(w) from public.webhook_delivery as w
  where w.agency_id = %(agency_id)s and w.lead_id = any (%(leads)s)
  union all
  select 'email_queue', e.created_at, to_jsonb(e) from public.email_queue as e
  where e.agency_id = %(agency_id)s and e.lead_id = any (%(leads)s)) as found
order by found.at, found.name
limit %(rows_max)s

-- name: unlink
-- Lead and sequence point at each other, and a lead at its comment.
update public.lead set dm_sequence_id = null, comment_id = null
where agency_id = %(agency_id)s and id = any (%(leads)s)

-- name: erase
-- What is theirs goes: with the leads their sequences, messages, reviews, deliveries and e-mails.
with comment as (
  delete from public.comment
  where agency_id = %(agency_id)s and client_id = %(client_id)s and author_linkedin_id = any (%(people)s)
  returning id
),
invitation as (
  delete from public.pending_connection
  where agency_id = %(agency_id)s and client_id = %(client_id)s and provider_person_id = any (%(people)s)
  returning id
),
event as (
  delete from public.unipile_webhook_log as w using unnest(%(people)s::text[]) as p (id)
  where w.agency_id = %(agency_id)s and w.client_id = %(client_id)s and strpos(w.payload::text, p.id) > 0
  returning w.id
),
link as (
  delete from app.token_route as r using public.dm_sequence as q
  where r.kind = 'download' and r.agency_id = %(agency_id)s and q.agency_id = r.agency_id and q.id = r.target_id
    and q.lead_id = any (%(leads)s)
  returning r.target_id
),
delivery as (
  delete from public.dm_delivery where agency_id = %(agency_id)s and lead_id = any (%(leads)s) returning id
)
select (select count(*) from comment) as comments, (select count(*) from invitation) as invitations,
       (select count(*) from event) as events, (select count(*) from link) as links,
       (select count(*) from delivery) as sends

-- name: erase_leads
-- The leads themselves.
delete from public.lead where agency_id = %(agency_id)s and id = any (%(leads)s)

-- name: note
-- That it was done, by whom and about which row; nothing of what it held.
insert into public.audit_log (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action)
values (%(agency_id)s, app.user_id(), coalesce(app.claims() ->> 'user_role', 'service_role'), 'revos', 'lead', %(lead_id)s,
        %(action)s)
