-- name: agencies_due
-- The agencies that have something to write or to read by now, or calls whose jobs were lost.
select agency_id from (
  select agency_id from public.dm_step where status = 'scheduled' and scheduled_for <= %(at)s
  union select agency_id from public.pending_connection where status = 'queued'
  union select agency_id from public.pending_connection where status = 'waiting' and expires_at <= %(at)s
  union select agency_id from public.post where status = 'scheduled' and scheduled_for <= %(at)s
  union select agency_id from public.scrape_job where status = 'scheduled' and next_check_at <= %(at)s
  union select agency_id from public.scrape_job where status = 'running' and claimed_at < %(abandoned_before)s
  union select agency_id from public.pod_activity
        where status = 'pending' and (scheduled_for <= %(at)s or expires_at <= %(at)s)
  union select agency_id from public.provider_call
        where status in ('reserved', 'calling') and sender is not null and called_at < %(abandoned_before)s) as due
limit %(limit)s
