-- What the page of jobs reads, in the transaction of a tenant: its own jobs, of the clients and the app it sees.
-- Counting stops where nobody reads on; of what is finished, the newest are listed, and every dead letter.

-- name: jobs
-- The jobs as a list shows them.
select id, client_id, kind as name, queue, status, attempt, attempts_max, run_at, last_error, finished_at
from (
  (select id, client_id, kind, queue,
          case when status = 'leased' then 'running' when run_at > now() then 'scheduled' else 'waiting' end as status,
          attempt, attempts_max, run_at, last_error, null::timestamptz as finished_at
   from app.job where agency_id = %(agency_id)s order by id desc limit 2000)
  union all
  (select job_id, client_id, kind, queue, 'dead', attempt, attempts_max, run_at, last_error, finished_at
   from app.job_archive where agency_id = %(agency_id)s and status = 'failed' order by id desc limit 2000)
  union all
  (select job_id, client_id, kind, queue, case status when 'completed' then 'done' else status end, attempt,
          attempts_max, run_at, last_error, finished_at
   from app.job_archive where agency_id = %(agency_id)s and status <> 'failed' order by id desc limit 500)) as every

-- name: job
-- One job, wherever it is; whether the one who asks may write for its client.
select * from (
  select id, client_id, kind, queue, app_context,
         case when status = 'leased' then 'running' when run_at > now() then 'scheduled' else 'waiting' end as status,
         attempt, attempts_max, run_at, started_at, null::timestamptz as finished_at, last_error, created_at,
         null::integer as duration_ms
  from app.job where agency_id = %(agency_id)s and id = %(job_id)s
  union all
  select job_id, client_id, kind, queue, app_context,
         case status when 'failed' then 'dead' when 'completed' then 'done' else status end, attempt, attempts_max, run_at,
         started_at, finished_at, last_error, created_at, duration_ms
  from app.job_archive where agency_id = %(agency_id)s and job_id = %(job_id)s) as every
cross join lateral (select not coalesce(app.is_read_only(every.client_id), false) as is_writable) as may
order by finished_at desc nulls first limit 1

-- name: queues
-- How many jobs each queue holds, and since when the first one that is due waits.
select queue, coalesce(sum(running), 0)::integer as running, coalesce(sum(waiting), 0)::integer as waiting,
       coalesce(sum(scheduled), 0)::integer as scheduled, coalesce(sum(dead), 0)::integer as dead,
       min(waits_since) as waits_since
from (
  select queue, count(*) filter (where status = 'leased') as running,
         count(*) filter (where status = 'ready' and run_at <= now()) as waiting,
         count(*) filter (where status = 'ready' and run_at > now()) as scheduled, 0 as dead,
         min(run_at) filter (where status = 'ready' and run_at <= now()) as waits_since
  from (select queue, status, run_at from app.job where agency_id = %(agency_id)s order by id desc limit 20001) as held
  group by queue
  union all
  select queue, 0, 0, 0, count(*), null
  from (select queue from app.job_archive where agency_id = %(agency_id)s and status = 'failed' limit 20001) as dead
  group by queue) as every
group by queue order by queue limit 100

-- name: running
-- What is being done at this moment, the longest first.
select id, kind, queue, started_at from app.job
where agency_id = %(agency_id)s and status = 'leased' order by started_at limit 10

-- name: dead_of_queue
-- The dead letters of a queue that the one who asks may write for.
select job_id as id from app.job_archive
where agency_id = %(agency_id)s and queue = %(queue)s and status = 'failed'
  and not coalesce(app.is_read_only(client_id), false)
order by id limit 1000
