-- name: accounts_inviting
-- The accounts that have somebody to invite.
select distinct linkedin_account_id from public.pending_connection
where agency_id = %(agency_id)s and status = 'queued' and (not_before is null or not_before <= %(at)s)

-- name: next_invitations
-- For each account the person who has waited longest, in a campaign that runs: the one
-- that wanted the invitation first, or another that waits for it as well.
select p.id, p.linkedin_account_id
from public.linkedin_account as a
cross join lateral (
  select q.id, q.linkedin_account_id from public.pending_connection as q
  left join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
  where q.agency_id = a.agency_id and q.linkedin_account_id = a.id
    and q.status = 'queued' and (q.not_before is null or q.not_before <= %(at)s)
    and (c.id is null or c.status = 'active' or exists (
      select from public.lead as l
      join public.dm_sequence as o on o.agency_id = l.agency_id and o.lead_id = l.id
      join public.dm_step as s on s.agency_id = o.agency_id and s.dm_sequence_id = o.id and s.status = 'waiting'
      join public.campaign as e on e.agency_id = o.agency_id and e.id = o.campaign_id and e.status = 'active'
      where l.agency_id = q.agency_id and l.linkedin_id = q.provider_person_id
        and s.linkedin_account_id = q.linkedin_account_id))
  order by q.created_at, q.id
  limit 1
  for update of q skip locked) as p
where a.agency_id = %(agency_id)s and a.id = any (%(accounts)s)

-- name: reserve_invitations
-- They are about to be invited.
update public.pending_connection set status = 'reserved', error_slug = null
where agency_id = %(agency_id)s and id = any (%(ids)s)

-- name: invitation_requests
-- What inviting takes.
select p.id, a.unipile_account_id, p.provider_person_id, p.invitation_note, p.status = 'reserved' as is_wanted
from public.pending_connection as p
join public.linkedin_account as a on a.agency_id = p.agency_id and a.id = p.linkedin_account_id
where p.agency_id = %(agency_id)s and p.id = any (%(ids)s)

-- name: invited
-- The invitation waits for its answer; an answer that was quicker than this stays.
update public.pending_connection
set status = case when status = 'accepted' then status else 'waiting' end,
    sent_at = coalesce(sent_at, %(at)s), expires_at = %(expires_at)s, invitation_id = coalesce(%(invitation_id)s, invitation_id),
    quota_usage_percent = %(quota_percent)s, error_slug = null
where agency_id = %(agency_id)s and id = %(id)s
returning lead_id

-- name: set_invitation
-- What became of it. One that may be out is waited for like any other.
update public.pending_connection set status = %(status)s, error_slug = %(slug)s, not_before = %(not_before)s,
       expires_at = case when %(status)s = 'unknown' then %(expires_at)s::timestamptz else expires_at end
where agency_id = %(agency_id)s and id = %(id)s and status <> 'accepted'
returning linkedin_account_id, provider_person_id

-- name: accept_invitation
-- The person is a contact now.
update public.pending_connection set status = 'accepted', accepted_at = coalesce(accepted_at, %(at)s)
where agency_id = %(agency_id)s and linkedin_account_id = %(account_id)s and provider_person_id = %(person_id)s
  and status <> 'accepted'
returning id

-- name: release_steps
-- First messages that waited for the contact.
update public.dm_step as s set status = 'scheduled', scheduled_for = %(scheduled_for)s, error_message = null,
       error_slug = null
from public.dm_sequence as q
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
where s.agency_id = %(agency_id)s and q.agency_id = s.agency_id and q.id = s.dm_sequence_id
  and s.linkedin_account_id = %(account_id)s and l.linkedin_id = %(person_id)s
  and s.status = 'waiting' and q.status = 'in_progress'

-- name: expire_invitations
-- Nobody answered in time.
update public.pending_connection set status = 'expired'
where agency_id = %(agency_id)s and status in ('waiting', 'invitation_sent', 'unknown') and expires_at <= %(at)s
returning linkedin_account_id, provider_person_id

-- name: waiting_leads
-- The sequences whose first message waits for a person's answer to an invitation.
select s.id as step_id
from public.dm_step as s
join public.dm_sequence as q on q.agency_id = s.agency_id and q.id = s.dm_sequence_id
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
where s.agency_id = %(agency_id)s and s.linkedin_account_id = %(account_id)s and l.linkedin_id = %(person_id)s
  and s.status = 'waiting'

-- name: accounts_replying
-- The accounts that have a comment to answer in public.
select distinct p.linkedin_account_id from public.pending_connection as p
join public.campaign as c on c.agency_id = p.agency_id and c.id = p.campaign_id
where p.agency_id = %(agency_id)s and p.replied_at is null and p.status in ('queued', 'waiting')
  and c.status = 'active' and c.public_reply_template is not null
  and not exists (
    select from public.lead as l join public.comment as k on k.agency_id = l.agency_id and k.id = l.comment_id
    where l.agency_id = p.agency_id and l.id = p.lead_id and k.replied_at is not null)

-- name: next_replies
-- For each account the oldest comment to answer. Those that are not answered are few: they are
-- found first, whatever the planner thinks of the other tables.
with unanswered as materialized (
  select q.agency_id, q.id, q.linkedin_account_id, q.campaign_id, q.lead_id, q.created_at
  from public.pending_connection as q
  where q.agency_id = %(agency_id)s and q.linkedin_account_id = any (%(accounts)s) and q.replied_at is null
    and q.status in ('queued', 'waiting')
)
select distinct on (q.linkedin_account_id) q.id, q.linkedin_account_id
from unanswered as q
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
join public.comment as k on k.agency_id = l.agency_id and k.id = l.comment_id
join public.post as o on o.agency_id = k.agency_id and o.id = k.post_id
where c.status = 'active' and c.public_reply_template is not null
  and k.unipile_comment_id is not null and k.replied_at is null and o.social_id is not null
order by q.linkedin_account_id, q.created_at, q.id

-- name: mark_replied
-- The comment is about to be answered; whatever follows, it is not answered twice.
update public.pending_connection set replied_at = %(at)s where agency_id = %(agency_id)s and id = any (%(ids)s)

-- name: reply_again
-- The answer was surely not given.
update public.pending_connection set replied_at = null where agency_id = %(agency_id)s and id = %(id)s

-- name: reply_requests
-- What answering takes.
select q.id, a.unipile_account_id, a.provider_person_id, o.social_id, k.unipile_comment_id, c.public_reply_template, c.settings,
       c.name as campaign_name, c.trigger_word, m.name as magnet_name,
       coalesce(a.display_name, a.account_name) as sender_name, l.first_name, l.last_name, l.headline, l.company,
       l.title, l.email, c.status = 'active' as is_wanted
from public.pending_connection as q
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
join public.linkedin_account as a on a.agency_id = q.agency_id and a.id = q.linkedin_account_id
join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
join public.comment as k on k.agency_id = l.agency_id and k.id = l.comment_id
join public.post as o on o.agency_id = k.agency_id and o.id = k.post_id
left join public.lead_magnet as m
  on m.agency_id = c.agency_id and m.id = c.lead_magnet_id
where q.agency_id = %(agency_id)s and q.id = any (%(ids)s)

-- name: comment_replied
-- When the comment was answered.
update public.comment as k set replied_at = %(at)s
from public.pending_connection as q join public.lead as l on l.agency_id = q.agency_id and l.id = q.lead_id
where q.agency_id = %(agency_id)s and q.id = %(id)s and k.agency_id = l.agency_id and k.id = l.comment_id
