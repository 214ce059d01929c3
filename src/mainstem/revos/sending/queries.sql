-- name: agencies_due
-- The agencies that have something to write by now, or calls whose jobs were lost.
select agency_id from (
  select agency_id from public.dm_step where status = 'scheduled' and scheduled_for <= %(at)s
  union select agency_id from public.pending_connection where status = 'queued'
  union select agency_id from public.post where status = 'scheduled' and scheduled_for <= %(at)s
  union select agency_id from public.provider_call
        where status in ('reserved', 'calling') and called_at < %(abandoned_before)s) as due
limit %(limit)s
