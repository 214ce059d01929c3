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
  select s.agency_id from public.dm_step as s
    join awake as a on a.agency_id = s.agency_id and a.id = s.linkedin_account_id
    where s.status = 'scheduled' and s.scheduled_for <= %(at)s
  union select p.agency_id from public.pending_connection as p
    join awake as a on a.agency_id = p.agency_id and a.id = p.linkedin_account_id
    where p.status = 'queued' and (p.not_before is null or p.not_before <= %(at)s)
  union select agency_id from public.pending_connection where status in ('waiting', 'unknown') and expires_at <= %(at)s
  union select agency_id from public.post where status = 'scheduled' and scheduled_for <= %(at)s
  union select agency_id from public.scrape_job where status = 'scheduled' and next_check_at <= %(at)s
  union select agency_id from public.scrape_job where status = 'running' and claimed_at < %(abandoned_before)s
  union select agency_id from public.pod_activity
        where status = 'pending' and (scheduled_for <= %(at)s or expires_at <= %(at)s)
  union select agency_id from public.provider_call
        where status in ('reserved', 'calling') and sender is not null and called_at < %(abandoned_before)s) as due
-- Where more are due than are woken at once, each gets its turn.
order by random() limit %(limit)s
