-- What the pages of pods read and write.

-- name: requests
-- What the viewer's pods ask of them now.
select a.id, a.engagement_type, a.post_url, left(p.content, 300) as content, d.name as pod, d.id as pod_id,
       coalesce(author.account_name, '') as author, a.expires_at
from public.pod_activity as a
join public.pod_member as m on m.agency_id = a.agency_id and m.id = a.member_id and m.user_id = %(user_id)s
join public.pod as d on d.agency_id = a.agency_id and d.id = a.pod_id
left join public.post as p on p.agency_id = a.agency_id and p.id = a.post_id
left join public.linkedin_account as author on author.agency_id = p.agency_id and author.id = p.linkedin_account_id
where a.agency_id = %(agency_id)s and a.status = 'pending' and a.expires_at > now()
  and (a.approved_at is null or a.engagement_type = 'comment' and a.comment_text is null)
order by a.expires_at limit 50

-- name: pods
-- The pods with their members, as far as they are seen.
select d.id, d.name, d.mode, d.status, d.min_members, k.name as client,
       (select count(*) from public.pod_member as m
        where m.agency_id = d.agency_id and m.pod_id = d.id and m.status = 'active') as members,
       (select round(avg(m.participation_score), 2) from public.pod_member as m
        where m.agency_id = d.agency_id and m.pod_id = d.id and m.status = 'active') as participation
from public.pod as d
left join public.client as k on k.agency_id = d.agency_id and k.id = d.client_id
where d.agency_id = %(agency_id)s and (%(client_id)s::uuid is null or d.client_id = %(client_id)s)
order by d.name limit 100

-- name: pod
-- One pod as its page shows it.
select d.id, d.client_id, d.name, d.description, d.mode, d.status, d.min_members, d.engagement_window_minutes,
       d.comment_window_minutes, k.name as client
from public.pod as d
left join public.client as k on k.agency_id = d.agency_id and k.id = d.client_id
where d.agency_id = %(agency_id)s and d.id = %(pod_id)s

-- name: members
-- Who is in it, and how reliably: ignored requests lower the score, declined ones do not.
select m.id, m.user_id, m.status, m.participation_score, m.total_engagements, m.missed_engagements, m.consented_at,
       m.joined_at, a.account_name, a.status as account_status,
       coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.email) as person
from public.pod_member as m
left join public.linkedin_account as a on a.agency_id = m.agency_id and a.id = m.linkedin_account_id
left join public."user" as u on u.agency_id = m.agency_id and u.id = m.user_id
where m.agency_id = %(agency_id)s and m.pod_id = %(pod_id)s and m.status <> 'removed'
order by a.account_name limit 200

-- name: activities
-- What was asked of whom lately, and what became of it.
select x.id, x.engagement_type, x.status, x.scheduled_for, x.executed_at, x.expires_at, x.approved_at, x.error_message,
       a.account_name, left(p.content, 80) as content
from (
  select * from public.pod_activity as y
  where y.agency_id = %(agency_id)s and y.pod_id = %(pod_id)s order by y.id desc limit 30) as x
left join public.pod_member as m on m.agency_id = x.agency_id and m.id = x.member_id
left join public.linkedin_account as a on a.agency_id = m.agency_id and a.id = m.linkedin_account_id
left join public.post as p on p.agency_id = x.agency_id and p.id = x.post_id
order by x.id desc

-- name: accounts
-- Accounts of the pod's client whose people are no members yet.
select a.id::text as id, a.account_name as name
from public.pod as d
join public.linkedin_account as a on a.agency_id = d.agency_id and a.client_id = d.client_id
where d.agency_id = %(agency_id)s and d.id = %(pod_id)s and not exists (
  select from public.pod_member as m
  where m.agency_id = d.agency_id and m.pod_id = d.id and m.user_id = a.user_id and m.status <> 'removed')
order by a.account_name limit 200

-- name: add
-- A pod.
insert into public.pod (agency_id, client_id, name, description, mode, min_members)
values (%(agency_id)s, %(client_id)s, %(name)s, %(description)s, %(mode)s, %(min_members)s::integer)
returning id

-- name: change
-- Another name, mode or size; whether it asks anything of anybody.
update public.pod
set name = %(name)s, description = %(description)s, mode = %(mode)s, min_members = %(min_members)s::integer,
    status = %(status)s
where agency_id = %(agency_id)s and id = %(pod_id)s
returning id

-- name: add_member
-- The person of an account; who was a member before is one again, with the score they had.
insert into public.pod_member (agency_id, client_id, pod_id, user_id, linkedin_account_id)
select d.agency_id, d.client_id, d.id, a.user_id, a.id
from public.pod as d
join public.linkedin_account as a on a.agency_id = d.agency_id and a.client_id = d.client_id
where d.agency_id = %(agency_id)s and d.id = %(pod_id)s and a.id = %(account_id)s::uuid
on conflict on constraint pod_member_user_key do update
set status = 'active', linkedin_account_id = excluded.linkedin_account_id, consented_at = null, joined_at = now()

-- name: remove_member
-- No member any more; what they did stays.
update public.pod_member set status = 'removed', consented_at = null
where agency_id = %(agency_id)s and pod_id = %(pod_id)s and id = %(member_id)s

-- name: consent
-- A member lets likes be made by themselves, or asks to be asked each time; nobody says it for them.
update public.pod_member set consented_at = case when %(consents)s then coalesce(consented_at, now()) end
where agency_id = %(agency_id)s and pod_id = %(pod_id)s and user_id = %(user_id)s and status = 'active'
