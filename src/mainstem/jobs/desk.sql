-- What the page of jobs reads, in the transaction of a tenant: its own jobs, of the clients and the app it sees.
-- The policy is asked of each row, so counting and listing stop early.

-- name: listed_open
-- Jobs that are not over yet, as a list shows them. A list's ids are those of the rows: in the archive a job has another.
select id, id as job_id, client_id, kind as name, queue,
       case when status = 'leased' then 'running' when run_at > now() then 'scheduled' else 'waiting' end as status,
       attempt, attempts_max, run_at, last_error, null::timestamptz as finished_at
from app.job where agency_id = %(agency_id)s order by id desc

-- name: listed_dead
-- Jobs that nobody tries any more.
select id, job_id, client_id, kind as name, queue, 'dead' as status, attempt, attempts_max, run_at, last_error, finished_at
from app.job_archive where agency_id = %(agency_id)s and status = 'failed' order by id desc limit %(seen_max)s

-- name: listed_done
-- Jobs that ended well.
select id, job_id, client_id, kind as name, queue, 'done' as status, attempt, attempts_max, run_at, last_error, finished_at
from app.job_archive where agency_id = %(agency_id)s and status = 'completed' order by id desc limit %(seen_max)s

-- name: listed_cancelled
-- Jobs that were taken back.
select id, job_id, client_id, kind as name, queue, 'cancelled' as status, attempt, attempts_max, run_at, last_error, finished_at
from app.job_archive where agency_id = %(agency_id)s and status = 'cancelled' order by id desc limit %(seen_max)s

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
-- How many jobs each queue holds, and since when the first one that is due waits: of the oldest thousand that wait, all
-- that are being done, and a thousand dead ones. `is_more` says that there are more.
with waiting as (
  select queue, run_at from app.job where agency_id = %(agency_id)s and status = 'ready' order by id limit 1001
), dead as (
  select queue from app.job_archive where agency_id = %(agency_id)s and status = 'failed' limit 1001
)
select queue, sum(running)::integer as running, sum(waiting)::integer as waiting,
       sum(scheduled)::integer as scheduled, sum(dead)::integer as dead, min(waits_since) as waits_since,
       (select count(*) > 1000 from waiting) as is_more, (select count(*) > 1000 from dead) as is_more_dead
from (
  select queue, 0 as running, count(*) filter (where run_at <= now()) as waiting,
         count(*) filter (where run_at > now()) as scheduled, 0 as dead,
         min(run_at) filter (where run_at <= now()) as waits_since
  from waiting group by queue
  union all
  select queue, count(*), 0, 0, 0, null from app.job
  where agency_id = %(agency_id)s and status = 'leased' group by queue
  union all
  select queue, 0, 0, 0, count(*), null from dead group by queue) as every
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
