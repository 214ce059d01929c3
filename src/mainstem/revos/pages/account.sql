-- What the pages of LinkedIn accounts read and write.

-- name: account
-- One account as its page shows it. `warm_days` of its `warmup_days` is how much of its caps the warm-up allows today,
-- `rests_until` when it may write again after its last write: both as the sender counts them.
select a.id, a.client_id, a.account_name as name, k.name as client, a.display_name, a.headline, a.status,
       a.status_reason, a.status_changed_at, a.paused_until, a.timezone, a.work_days,
       to_char(a.work_starts_at, 'HH24:MI') as work_starts_at, to_char(a.work_ends_at, 'HH24:MI') as work_ends_at,
       app.is_awake(now(), a.timezone, a.work_days, a.work_starts_at, a.work_ends_at) as is_awake,
       to_char(now() at time zone a.timezone, 'HH24:MI') as own_time,
       a.warmup_started_on, a.warmup_days, w.warmup_day,
       case when w.warmup_day is null or a.warmup_days <= 0 then greatest(a.warmup_days, 1)
            else least(a.warmup_days, %(warmth_at_first)s::numeric * a.warmup_days
              + (1 - %(warmth_at_first)s::numeric) * w.warmup_day) end as warm_days,
       last.next_write_at as rests_until, a.unipile_account_id is not null as is_linked, a.last_sync_at,
       coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.email) as owner,
       a.daily_dm_cap, a.daily_invitation_cap, a.weekly_invitation_cap, a.daily_comment_cap, a.daily_reaction_cap,
       a.daily_post_cap
from public.linkedin_account as a
left join public.client as k on k.agency_id = a.agency_id and k.id = a.client_id
left join public."user" as u on u.agency_id = a.agency_id and u.id = a.user_id
cross join lateral (
  select greatest(0, (now() at time zone a.timezone)::date - a.warmup_started_on) as warmup_day) as w
left join lateral (
  select c.next_write_at from public.provider_call as c
  where c.agency_id = a.agency_id and c.linkedin_account_id = a.id and c.next_write_at > now()
    and c.called_at > now() - interval '1 day'
  order by c.called_at desc limit 1) as last on true
where a.agency_id = %(agency_id)s and a.id = %(account_id)s

-- name: used
-- What was asked of the provider in the rolling window of each route, from the ledger of calls.
select r.label, r.route, r.most, r.is_warmed,
       (select count(*) from public.provider_call as c
        where c.agency_id = a.agency_id and c.linkedin_account_id = a.id and c.route = r.route
          and c.called_at > now() - r.span)::integer as number
from public.linkedin_account as a
cross join lateral (values
  (1, 'Messages', 'dm', a.daily_dm_cap, true, interval '1 day'),
  (2, 'Invitations', 'invitation', a.daily_invitation_cap, true, interval '1 day'),
  (3, 'Invitations in 7 days', 'invitation', a.weekly_invitation_cap, true, interval '7 days'),
  (4, 'Comments', 'comment', a.daily_comment_cap, true, interval '1 day'),
  (5, 'Reactions', 'reaction', a.daily_reaction_cap, true, interval '1 day'),
  (6, 'Posts', 'post', a.daily_post_cap, true, interval '1 day'),
  (7, 'Reads of comments', 'read_comments', %(reads_a_day)s, false, interval '1 day')
  ) as r (place, label, route, most, is_warmed, span)
where a.agency_id = %(agency_id)s and a.id = %(account_id)s
order by r.place

-- name: waiting
-- What waits to be written in its name.
select (select count(*) from (
          select from public.dm_step as s where s.agency_id = %(agency_id)s and s.linkedin_account_id = %(account_id)s
            and s.status = 'scheduled' limit 1001) as m)::integer as messages,
       (select count(*) from (
          select from public.pending_connection as i where i.agency_id = %(agency_id)s
            and i.linkedin_account_id = %(account_id)s and i.status = 'queued' limit 1001) as m)::integer as invitations

-- name: add
-- An account that is to be linked; whose it is at LinkedIn, the provider says.
insert into public.linkedin_account (agency_id, client_id, user_id, account_name, timezone, warmup_started_on)
values (%(agency_id)s, %(client_id)s, %(user_id)s, %(name)s, %(timezone)s, current_date)
returning id

-- name: change
-- Other hours and caps.
update public.linkedin_account
set account_name = %(name)s, timezone = %(timezone)s, work_starts_at = %(work_starts_at)s::time,
    work_ends_at = %(work_ends_at)s::time, daily_dm_cap = %(daily_dm_cap)s::integer,
    daily_invitation_cap = %(daily_invitation_cap)s::integer, weekly_invitation_cap = %(weekly_invitation_cap)s::integer,
    daily_comment_cap = %(daily_comment_cap)s::integer, daily_reaction_cap = %(daily_reaction_cap)s::integer,
    daily_post_cap = %(daily_post_cap)s::integer
where agency_id = %(agency_id)s and id = %(account_id)s
returning id
