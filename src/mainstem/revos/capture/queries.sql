-- name: due_polls
-- Posts whose comments are to be read now, taken so that nobody else reads them.
with due as (
  select s.id from public.scrape_job as s
  join public.post as o on o.agency_id = s.agency_id and o.id = s.post_id
  left join public.campaign as c on c.agency_id = s.agency_id and c.id = s.campaign_id
  where s.agency_id = %(agency_id)s and s.linkedin_account_id is not null and o.unipile_post_id is not null
    and (s.status = 'scheduled' and s.next_check_at <= %(at)s
      or s.status = 'running' and s.claimed_at < %(lost_before)s)
    and (c.id is null or c.status = 'active')
  order by s.next_check_at
  limit %(limit)s
  for update of s skip locked
)
update public.scrape_job as s set status = 'running', claimed_at = %(at)s
from due where s.agency_id = %(agency_id)s and s.id = due.id
returning s.id, s.linkedin_account_id, s.client_id

-- name: put_off_polls
-- Not now; their accounts have no read left.
update public.scrape_job set status = 'scheduled', next_check_at = %(until)s, last_error = %(reason)s
where agency_id = %(agency_id)s and id = any (%(ids)s)

-- name: poll_requests
-- What reading takes. `known` are the newest comments that were looked at before.
select s.id, s.last_reconciled_at, a.unipile_account_id, a.provider_person_id, o.unipile_post_id, o.social_id,
       coalesce(k.known, '{}') as known, m.measured_at
from public.scrape_job as s
join public.linkedin_account as a on a.agency_id = s.agency_id and a.id = s.linkedin_account_id
join public.post as o on o.agency_id = s.agency_id and o.id = s.post_id
left join lateral (
  select array_agg(n.unipile_comment_id) as known from (
    select p.unipile_comment_id from public.processed_comment as p
    where p.agency_id = s.agency_id and p.post_id = s.post_id
    order by p.id desc limit %(known_max)s) as n) as k on true
left join lateral (
  select x.measured_at from public.post_metric as x
  where x.agency_id = s.agency_id and x.post_id = s.post_id
  order by x.measured_at desc limit 1) as m on true
where s.agency_id = %(agency_id)s and s.id = any (%(ids)s) and s.status = 'running'

-- name: polls_of
-- Polls with their posts and campaigns, locked until they are settled.
select s.id, s.client_id, s.post_id, s.linkedin_account_id, s.campaign_id, s.stop_at, s.error_count,
       a.provider_person_id, coalesce(o.published_at, o.created_at) as published_at,
       coalesce(nullif(o.trigger_word, ''), c.trigger_word) as trigger_word, c.match_mode, c.status as campaign_status,
       a.timezone, a.work_days, a.work_starts_at, a.work_ends_at
from public.scrape_job as s
join public.linkedin_account as a on a.agency_id = s.agency_id and a.id = s.linkedin_account_id
join public.post as o on o.agency_id = s.agency_id and o.id = s.post_id
left join public.campaign as c on c.agency_id = s.agency_id and c.id = s.campaign_id
where s.agency_id = %(agency_id)s and s.id = any (%(ids)s) and s.status = 'running'
order by s.id
for update of s

-- name: post_found
-- What the provider calls the post in calls about comments.
update public.post set social_id = coalesce(social_id, %(social_id)s), last_polled_at = %(at)s
where agency_id = %(agency_id)s and id = %(post_id)s

-- name: measure
-- The post's numbers at this moment.
insert into public.post_metric (agency_id, client_id, post_id, measured_at, impressions, reactions, comments, shares)
values (%(agency_id)s, %(client_id)s, %(post_id)s, %(at)s, %(impressions)s, %(reactions)s, %(comments)s, %(shares)s)

-- name: looked_at
-- Comments are looked at once, however often pages shift. Of one that was before, nothing comes back.
insert into public.processed_comment
  (agency_id, client_id, linkedin_account_id, post_id, unipile_comment_id, outcome, reason)
select %(agency_id)s, c.client_id, c.account_id, c.post_id, c.comment_id, c.outcome, c.reason
from rows from (json_to_recordset(%(comments)s::json) as (
  client_id uuid, account_id uuid, post_id uuid, comment_id text, outcome text, reason text)) with ordinality as c
order by c.ordinality
on conflict on constraint processed_comment_unipile_key do nothing
returning id, post_id, unipile_comment_id

-- name: set_outcome
-- What was made of comments in the end.
update public.processed_comment set outcome = %(outcome)s, reason = %(reason)s
where agency_id = %(agency_id)s and id = any (%(ids)s)

-- name: add_comments
-- The comments themselves.
insert into public.comment
  (agency_id, client_id, post_id, linkedin_account_id, unipile_comment_id, author_name, author_linkedin_id,
   author_headline, author_profile_url, author_picture_url, network_distance, is_own, content, has_trigger_word,
   commented_at)
select %(agency_id)s, c.client_id, c.post_id, c.account_id, c.comment_id, c.author_name, c.author_id, c.headline,
       c.profile_url, c.picture_url, c.distance, c.is_own, c.content, c.has_trigger_word, c.commented_at
from rows from (json_to_recordset(%(comments)s::json) as (
  client_id uuid, post_id uuid, account_id uuid, comment_id text, author_name text, author_id text, headline text,
  profile_url text, picture_url text, distance text, is_own boolean, content text, has_trigger_word boolean,
  commented_at timestamptz)) with ordinality as c
order by c.ordinality
on conflict on constraint comment_unipile_key do nothing
returning id, post_id, unipile_comment_id

-- name: add_triggers
-- Comments that ask, or may ask, for their campaigns' offers.
insert into public.triggered_comment
  (agency_id, client_id, campaign_id, post_id, comment_id, trigger_word, match_kind, score, reason, status, queued_at)
select %(agency_id)s, t.client_id, t.campaign_id, t.post_id, t.comment_id, t.trigger_word, t.match_kind, t.score,
       t.reason, t.status, case when t.status = 'queued' then %(at)s::timestamptz end
from rows from (json_to_recordset(%(triggers)s::json) as (
  client_id uuid, campaign_id uuid, post_id uuid, comment_id uuid, trigger_word text, match_kind text, score numeric,
  reason text, status text)) with ordinality as t
order by t.ordinality
on conflict on constraint triggered_comment_comment_key do nothing

-- name: polls_done
-- When to look again.
update public.scrape_job as s
set status = p.status, next_check_at = p.next_check_at, last_checked_at = %(at)s, interval_minutes = p.minutes,
    comments_seen = s.comments_seen + p.seen, comments_matched = s.comments_matched + p.matched,
    error_count = p.error_count, last_error = p.error, claimed_at = null,
    last_reconciled_at = case when p.is_reconciled then %(at)s::timestamptz else s.last_reconciled_at end
from json_to_recordset(%(polls)s::json) as p (
  id uuid, status text, next_check_at timestamptz, minutes integer, seen integer, matched integer, error_count integer,
  error text, is_reconciled boolean)
where s.agency_id = %(agency_id)s and s.id = p.id

-- name: trigger_of
-- A comment that a person decides about, locked.
select t.id, t.client_id, t.campaign_id, t.comment_id, t.post_id, k.author_name, k.author_linkedin_id,
       k.author_headline, k.author_profile_url, k.linkedin_account_id
from public.triggered_comment as t join public.comment as k on k.agency_id = t.agency_id and k.id = t.comment_id
where t.agency_id = %(agency_id)s and t.id = %(trigger_id)s and t.status = 'review'
for update of t

-- name: decide_trigger
-- As a person decided.
update public.triggered_comment
set status = %(status)s, match_kind = 'manual', reason = %(reason)s,
    queued_at = case when %(status)s = 'queued' then %(at)s::timestamptz end,
    finished_at = case when %(status)s = 'queued' then null else %(at)s::timestamptz end
where agency_id = %(agency_id)s and id = %(trigger_id)s
