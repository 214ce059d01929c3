-- name: agencies_due
-- The agencies that have something to write or to read by now, or calls whose jobs were lost. What an
-- account has to write counts while it may write.
with awake as materialized (
  select a.agency_id, a.id from public.linkedin_account as a
  where a.status = 'active' and a.unipile_account_id is not null
    and (a.paused_until is null or a.paused_until <= %(at)s)
    and app.is_awake(%(at)s, a.timezone, a.work_days, a.work_starts_at, a.work_ends_at)
)
select agency_id from (
  select a.agency_id from awake as a where exists (
    select from public.dm_step as s where s.agency_id = a.agency_id and s.linkedin_account_id = a.id
      and s.status = 'scheduled' and s.scheduled_for <= %(at)s)
  union select a.agency_id from awake as a where exists (
    select from public.pending_connection as p where p.agency_id = a.agency_id and p.linkedin_account_id = a.id
      and p.status = 'queued' and (p.not_before is null or p.not_before <= %(at)s))
  union select agency_id from public.pending_connection where status in ('waiting', 'unknown') and expires_at <= %(at)s
  union select agency_id from public.post where status = 'scheduled' and scheduled_for <= %(at)s
  union select s.agency_id from public.scrape_job as s
    left join public.campaign as c on c.agency_id = s.agency_id and c.id = s.campaign_id
    where s.status = 'scheduled' and s.next_check_at <= %(at)s and (c.id is null or c.status = 'active')
  union select s.agency_id from public.scrape_job as s
    left join public.campaign as c on c.agency_id = s.agency_id and c.id = s.campaign_id
    where s.status = 'running' and s.claimed_at < %(abandoned_before)s and (c.id is null or c.status = 'active')
  union select agency_id from public.campaign where status in ('active', 'paused') and ends_at <= %(at)s
  union select c.agency_id from public.campaign as c
    join public.post as o on o.agency_id = c.agency_id and o.campaign_id = c.id
    where c.status = 'active' and o.status = 'published' and o.unipile_post_id is not null
      and o.linkedin_account_id is not null
      and not exists (select from public.scrape_job as s where s.agency_id = o.agency_id and s.post_id = o.id)
  union select agency_id from public.pod_activity
        where status = 'pending' and (scheduled_for <= %(at)s or expires_at <= %(at)s)
  union select agency_id from public.provider_call
        where status in ('reserved', 'calling') and sender is not null and called_at < %(abandoned_before)s) as due
-- Where more are due than are woken at once, each gets its turn.
order by random() limit %(limit)s
