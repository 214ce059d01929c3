-- name: lock_agency
-- One at a time decides for an agency's accounts: what the other has just reserved must be seen.
select pg_advisory_xact_lock(hashtextextended('revos accounts ' || %(agency_id)s::text, 0))

-- name: lock_people
-- People at LinkedIn whom several rows are linked to, of other agencies too: one at a time decides for
-- each. In one order, so that two who share several people do not wait for each other.
select pg_advisory_xact_lock(hashtextextended('revos person ' || shared.person, 0)) from (
  select distinct a.provider_person_id as person from public.linkedin_account as a
  where a.agency_id = %(agency_id)s and (%(among)s::uuid[] is null or a.id = any (%(among)s)) and exists (
    select from public.linkedin_account as o
    where o.provider_person_id = a.provider_person_id and (o.agency_id, o.id) <> (a.agency_id, a.id))
  order by person) as shared

-- name: free_accounts
-- Accounts that may write at this moment: healthy, awake, none of their person's calls under way,
-- rested since the last one. `left` is what every window of every route still allows; a refusal for
-- LinkedIn's own quota uses up the route's day. All that is done in a person's name counts, whichever
-- rows, and of whichever agencies, they are linked to (`same`); but a call that waits for another row,
-- which may be disconnected, is not waited for: it waits for us (begin_calls).
with awake as (
  select a.agency_id, a.id, a.client_id, a.unipile_account_id, a.provider_dialect, a.provider_person_id,
         a.daily_dm_cap, a.daily_invitation_cap, a.weekly_invitation_cap, a.daily_comment_cap,
         a.daily_reaction_cap, a.daily_post_cap, same.agencies, same.ids,
         greatest(a.warmup_days, 1)::numeric as warmup_days,
         case when a.warmup_started_on is null or a.warmup_days <= 0 then greatest(a.warmup_days, 1)
              else least(a.warmup_days, %(warmth_at_first)s::numeric * a.warmup_days
                + (1 - %(warmth_at_first)s::numeric) * greatest(0, own.moment::date - a.warmup_started_on))
         end as warm_days
  from public.linkedin_account as a
  cross join lateral (select %(at)s::timestamptz at time zone a.timezone as moment) as own
  cross join lateral (
    select array_agg(s.agency_id) as agencies, array_agg(s.id) as ids from (
      select a.agency_id, a.id union all
      select o.agency_id, o.id from public.linkedin_account as o
      where o.provider_person_id = a.provider_person_id and (o.agency_id, o.id) <> (a.agency_id, a.id)) as s) as same
  where a.agency_id = %(agency_id)s
    and (%(among)s::uuid[] is null or a.id = any (%(among)s))
    and a.status = 'active' and a.unipile_account_id is not null
    and (a.paused_until is null or a.paused_until <= %(at)s)
    and app.is_awake(%(at)s, a.timezone, a.work_days, a.work_starts_at, a.work_ends_at)
),
rested as (
  select w.* from awake as w
  where not exists (
    select from unnest(w.agencies, w.ids) as same (agency_id, id)
    cross join lateral (
      select c.status, c.next_write_at, c.called_at from public.provider_call as c
      where c.agency_id = same.agency_id and c.linkedin_account_id = same.id and c.next_write_at is not null
      order by c.called_at desc limit 1) as last
    where last.next_write_at > %(at)s or last.status in ('reserved', 'calling')
      and (same.id = w.id or last.called_at > %(at)s::timestamptz - %(abandoned_after)s::interval))
)
select r.id, r.client_id, r.unipile_account_id, r.provider_dialect, r.provider_person_id,
       ceil(r.daily_dm_cap * r.warm_days / r.warmup_days)::integer - n.dm as dm,
       least(ceil(r.daily_invitation_cap * r.warm_days / r.warmup_days)::integer - n.invitation,
             ceil(r.weekly_invitation_cap * r.warm_days / r.warmup_days)::integer - weekly.invitation) as invitation,
       ceil(r.daily_comment_cap * r.warm_days / r.warmup_days)::integer - n.comment as comment,
       ceil(r.daily_reaction_cap * r.warm_days / r.warmup_days)::integer - n.reaction as reaction,
       ceil(r.daily_post_cap * r.warm_days / r.warmup_days)::integer - n.post as post
from rested as r
cross join lateral (
  select coalesce(sum(u.calls) filter (where c.route = 'dm'), 0)::integer as dm,
         coalesce(sum(u.calls) filter (where c.route = 'invitation'), 0)::integer as invitation,
         coalesce(sum(u.calls) filter (where c.route = 'comment'), 0)::integer as comment,
         coalesce(sum(u.calls) filter (where c.route = 'reaction'), 0)::integer as reaction,
         coalesce(sum(u.calls) filter (where c.route = 'post'), 0)::integer as post
  from unnest(r.agencies, r.ids) as same (agency_id, id)
  cross join lateral (
    select c.route, c.error_slug from public.provider_call as c
    where c.agency_id = same.agency_id and c.linkedin_account_id = same.id
      and c.called_at > %(at)s::timestamptz - interval '1 day' and c.next_write_at is not null
    offset 0) as c
  cross join lateral (
    select case when c.error_slug in ('limit_exceeded', 'limit_too_high') then %(whole_day)s else 1 end as calls) as u) as n
cross join lateral (
  select sum(c.calls)::integer as invitation
  from unnest(r.agencies, r.ids) as same (agency_id, id)
  cross join lateral (
    select count(*) as calls from public.provider_call as c
    where c.agency_id = same.agency_id and c.linkedin_account_id = same.id and c.route = 'invitation'
      and c.called_at > %(at)s::timestamptz - interval '7 days') as c) as weekly
order by r.id
limit %(limit)s

-- name: reads_left
-- How many more reads of a route each account may make now, for accounts that can read at all. Those
-- in its person's name count, whichever rows they are linked to.
select a.id, %(cap)s - n.calls as reads_left
from public.linkedin_account as a
cross join lateral (
  select sum(c.calls)::integer as calls
  from (
    select a.agency_id, a.id union all
    select o.agency_id, o.id from public.linkedin_account as o
    where o.provider_person_id = a.provider_person_id and (o.agency_id, o.id) <> (a.agency_id, a.id)) as same
  cross join lateral (
    select count(*) as calls from public.provider_call as c
    where c.agency_id = same.agency_id and c.linkedin_account_id = same.id and c.route = %(route)s
      and c.called_at > %(at)s::timestamptz - interval '1 day') as c) as n
where a.agency_id = %(agency_id)s and a.id = any (%(among)s)
  and a.status = 'active' and a.unipile_account_id is not null
  and (a.paused_until is null or a.paused_until <= %(at)s)

-- name: reserve
-- Rows of the ledger, before the calls.
insert into public.provider_call
  (agency_id, client_id, linkedin_account_id, route, sender, subject_id, called_at, next_write_at)
select %(agency_id)s, c.client_id, c.account_id, c.route, c.sender, c.subject_id, c.called_at, c.next_write_at
from json_to_recordset(%(calls)s::json) as c (
  client_id uuid, account_id uuid, route text, sender text, subject_id uuid, called_at timestamptz,
  next_write_at timestamptz)
returning linkedin_account_id, id

-- name: begin_calls
-- From here on a call may have been made. Those that are open still: when they began, whether that
-- is now, or whether they cannot, for the account was stopped or its day has ended since, or its person
-- writes, or has just written, by another row.
with awake as (
  select a.id from public.linkedin_account as a
  where a.agency_id = %(agency_id)s
    and a.status = 'active' and a.unipile_account_id is not null
    and (a.paused_until is null or a.paused_until <= %(at)s)
    and app.is_awake(%(at)s, a.timezone, a.work_days, a.work_starts_at, a.work_ends_at)
    and not exists (
      select from public.linkedin_account as o
      cross join lateral (
        select c.status, c.next_write_at from public.provider_call as c
        where c.agency_id = o.agency_id and c.linkedin_account_id = o.id and c.next_write_at is not null
        order by c.called_at desc limit 1) as last
      where o.provider_person_id = a.provider_person_id and (o.agency_id, o.id) <> (a.agency_id, a.id)
        and (last.status = 'calling' or last.status <> 'reserved' and last.next_write_at > %(at)s))
),
fresh as (
  update public.provider_call as c set status = 'calling', called_at = greatest(c.called_at, %(at)s)
  from awake
  where c.agency_id = %(agency_id)s and c.id = any (%(ids)s) and c.status = 'reserved'
    and c.linkedin_account_id = awake.id
  returning c.id, c.called_at
)
select c.id, coalesce(f.called_at, c.called_at) as called_at, f.id is not null as is_fresh,
       c.status = 'reserved' and f.id is null as has_to_wait
from public.provider_call as c left join fresh as f on f.id = c.id
where c.agency_id = %(agency_id)s and c.id = any (%(ids)s) and c.status in ('reserved', 'calling')

-- name: finish_call
-- What became of it. Only once. After a write that took its time the account rests anew.
update public.provider_call
set status = %(status)s, finished_at = %(at)s, error_slug = %(slug)s, error_message = %(message)s,
    next_write_at = case when next_write_at is not null then greatest(next_write_at, %(rests_until)s) end
where agency_id = %(agency_id)s and id = %(id)s and status in ('reserved', 'calling')
returning id

-- name: finish_reads
-- What looks had reserved: so many pages of comments as were read are done, as is every other read;
-- the other pages are given back.
with look as (
  select l.subject_id, l.pages from unnest(%(subjects)s::uuid[], %(pages)s::integer[]) as l (subject_id, pages)
),
reserved as (
  select c.agency_id, c.id, c.route,
         row_number() over (partition by c.subject_id, c.route order by c.id) > look.pages as is_spare
  from public.provider_call as c join look on look.subject_id = c.subject_id
  where c.agency_id = %(agency_id)s and c.status = 'reserved' and c.sender is null
    and c.called_at >= %(at)s::timestamptz - interval '1 day'
),
given_back as (
  delete from public.provider_call as c using reserved as r
  where c.agency_id = r.agency_id and c.id = r.id and r.route = 'read_comments' and r.is_spare
)
update public.provider_call as c set status = 'done', finished_at = %(at)s
from reserved as r
where c.agency_id = r.agency_id and c.id = r.id and not (r.route = 'read_comments' and r.is_spare)

-- name: abandoned_calls
-- Calls that a lost job left open.
select id, client_id, linkedin_account_id, sender, subject_id from public.provider_call
where agency_id = %(agency_id)s and status in ('reserved', 'calling') and called_at < %(before)s
  and sender is not null
order by called_at
limit %(limit)s

-- name: rest_account
-- Nothing is asked in its name for a while; a longer rest that is set already stays.
update public.linkedin_account
set paused_until = greatest(coalesce(paused_until, %(until)s), %(until)s), rate_limit_reset_at = %(until)s
where agency_id = %(agency_id)s and id = %(id)s

-- name: set_account_status
-- Its work waits, or goes on, from now.
update public.linkedin_account
set status = %(status)s, status_reason = %(reason)s, status_changed_at = %(at)s
where agency_id = %(agency_id)s and id = %(id)s and status is distinct from %(status)s
returning user_id, client_id, account_name

-- name: notify
-- Tell somebody of the agency.
insert into public.notification (agency_id, user_id, app_context, kind, title, body, link)
values (%(agency_id)s, %(user_id)s, 'revos', %(kind)s, %(title)s, %(body)s, %(link)s)
