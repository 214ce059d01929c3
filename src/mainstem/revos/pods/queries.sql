-- name: posts_to_share
-- Posts of members that are new and known to the provider, and that nobody was asked about yet.
select p.id as post_id, p.post_url, p.social_id, p.client_id, p.published_at, m.id as author_id, d.id as pod_id, d.mode,
       d.min_members, d.auto_engage, d.engagement_window_minutes, d.comment_window_minutes, d.settings
from public.post as p
join public.pod_member as m on m.agency_id = p.agency_id and m.linkedin_account_id = p.linkedin_account_id
  and m.status = 'active'
join public.pod as d on d.agency_id = m.agency_id and d.id = m.pod_id and d.status = 'active'
where p.agency_id = %(agency_id)s and p.status = 'published' and p.social_id is not null
  and p.published_at > %(at)s::timestamptz - make_interval(mins => d.comment_window_minutes)
  and not exists (select from public.pod_activity as a
                  where a.agency_id = p.agency_id and a.post_id = p.id and a.pod_id = d.id)
order by p.published_at
limit %(limit)s

-- name: members
-- The others of a pod, the least loaded first: what they were asked for in the last seven days.
select m.id, m.linkedin_account_id, m.consented_at, load.asked,
       count(*) over () as members
from public.pod_member as m
cross join lateral (
  select count(*) as asked from public.pod_activity as a
  where a.agency_id = m.agency_id and a.member_id = m.id
    and a.scheduled_for > %(at)s::timestamptz - interval '7 days' and a.status <> 'skipped') as load
where m.agency_id = %(agency_id)s and m.pod_id = %(pod_id)s and m.id <> %(author_id)s and m.status = 'active'
order by load.asked, random()

-- name: add_activities
-- What each owes the post.
insert into public.pod_activity
  (agency_id, client_id, pod_id, post_id, post_url, post_author_id, member_id, engagement_type, scheduled_for,
   expires_at, approved_at)
select %(agency_id)s, %(client_id)s, %(pod_id)s, %(post_id)s, %(post_url)s, %(author_id)s, a.member_id,
       a.engagement_type, a.scheduled_for, a.expires_at, a.approved_at
from json_to_recordset(%(activities)s::json) as a (
  member_id uuid, engagement_type text, scheduled_for timestamptz, expires_at timestamptz, approved_at timestamptz)

-- name: accounts_due
-- The accounts that may do what their member agreed to.
select distinct m.linkedin_account_id
from public.pod_activity as a
join public.pod_member as m on m.agency_id = a.agency_id and m.id = a.member_id
where a.agency_id = %(agency_id)s and a.status = 'pending' and a.approved_at is not null
  and a.scheduled_for <= %(at)s and a.expires_at > %(at)s and m.linkedin_account_id is not null
  and m.status = 'active' and (a.engagement_type <> 'comment' or a.comment_text is not null)

-- name: take_activities
-- For each account what has waited longest, about to be done: of a member of that pod.
with due as (
  select distinct on (m.linkedin_account_id) a.id, m.linkedin_account_id, a.engagement_type
  from public.pod_activity as a
  join public.pod_member as m on m.agency_id = a.agency_id and m.id = a.member_id and m.pod_id = a.pod_id
  where a.agency_id = %(agency_id)s and a.status = 'pending' and a.approved_at is not null
    and a.scheduled_for <= %(at)s and a.expires_at > %(at)s and m.status = 'active'
    and (a.engagement_type = 'like' and m.linkedin_account_id = any (%(reacting)s)
      or a.engagement_type = 'comment' and a.comment_text is not null
         and m.linkedin_account_id = any (%(commenting)s))
  order by m.linkedin_account_id, a.scheduled_for
)
update public.pod_activity as a set status = 'claimed', attempts = attempts + 1
from due where a.agency_id = %(agency_id)s and a.id = due.id and a.status = 'pending'
returning a.id, due.linkedin_account_id, due.engagement_type

-- name: requests
-- What doing it takes.
select a.id, a.engagement_type, a.comment_text, p.social_id, c.unipile_account_id, c.provider_person_id,
       a.status = 'claimed' and p.social_id is not null and d.status = 'active' as is_wanted
from public.pod_activity as a
join public.pod as d on d.agency_id = a.agency_id and d.id = a.pod_id
join public.pod_member as m on m.agency_id = a.agency_id and m.id = a.member_id
join public.linkedin_account as c on c.agency_id = m.agency_id and c.id = m.linkedin_account_id
join public.post as p on p.agency_id = a.agency_id and p.id = a.post_id
where a.agency_id = %(agency_id)s and a.id = any (%(ids)s)

-- name: settle
-- What became of it; a row that somebody saved meanwhile with its former state is not done again.
update public.pod_activity
set status = %(status)s, executed_at = case when %(status)s = 'completed' then %(at)s::timestamptz end,
    error_message = %(reason)s
where agency_id = %(agency_id)s and id = %(id)s and status in ('claimed', 'pending')

-- name: expire
-- Windows that closed. Only what its member was asked for and left is ignored: what they agreed to
-- and nobody did in time is ours.
update public.pod_activity as a
set status = 'skipped', error_message = case
      when a.approved_at is null or (a.engagement_type = 'comment' and a.comment_text is null) then 'ignored'
      else 'its account had no turn in time' end
where a.agency_id = %(agency_id)s and a.status = 'pending' and a.expires_at <= %(at)s
returning a.member_id

-- name: score
-- The share of requests of the last thirty days that a member did not ignore, once there are some.
update public.pod_member as m
set total_engagements = s.done, missed_engagements = s.ignored,
    participation_score = case when s.done + s.ignored >= 5
      then round(s.done::numeric / (s.done + s.ignored), 2) else 1.00 end
from (
  select a.member_id, count(*) filter (where a.status = 'completed')::integer as done,
         count(*) filter (where a.status = 'skipped' and a.error_message = 'ignored')::integer as ignored
  from public.pod_activity as a
  where a.agency_id = %(agency_id)s and a.member_id = any (%(members)s)
    and a.scheduled_for > %(at)s::timestamptz - interval '30 days'
  group by a.member_id) as s
where m.agency_id = %(agency_id)s and m.id = s.member_id
  and (m.total_engagements, m.missed_engagements) is distinct from (s.done, s.ignored)

-- name: activity
-- What a member was asked for, locked.
select a.id, a.post_id, a.member_id, a.engagement_type, a.status, a.expires_at, m.user_id
from public.pod_activity as a join public.pod_member as m on m.agency_id = a.agency_id and m.id = a.member_id
where a.agency_id = %(agency_id)s and a.id = %(activity_id)s
for update of a

-- name: same_words
-- Comments on a post that say the same.
select 1 as one from public.pod_activity
where agency_id = %(agency_id)s and post_id = %(post_id)s and id <> %(activity_id)s and comment_text is not null
  and regexp_replace(lower(comment_text), '[^[:alnum:]]+', '', 'g') =
      regexp_replace(lower(%(text)s), '[^[:alnum:]]+', '', 'g')
limit 1

-- name: lock_post
-- One at a time agrees to words about a post.
select id from public.post where agency_id = %(agency_id)s and id = %(post_id)s for update

-- name: approve
-- The member agrees.
update public.pod_activity set approved_at = %(at)s, comment_text = coalesce(%(text)s, comment_text),
       scheduled_for = greatest(scheduled_for, %(at)s)
where agency_id = %(agency_id)s and id = %(activity_id)s

-- name: done_by_hand
-- The member did it themselves, or will not.
update public.pod_activity set status = %(status)s, executed_at = %(executed_at)s, error_message = %(reason)s
where agency_id = %(agency_id)s and id = %(activity_id)s
