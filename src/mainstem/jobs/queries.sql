-- name: enqueue
-- One statement for any number of jobs. Agency, app and person are those of the claims unless a job
-- names its own, which the policy then has to accept. Workers are told when the transaction commits.
-- The claims are read once, not for each job.
with me as materialized (
  select app.agency_id() as agency, app.user_id() as person,
         coalesce(nullif(app.claims() ->> 'app_context', '*'), 'both') as app
), wanted as (
  select * from rows from (json_to_recordset(%(jobs)s::json) as (
    agency_id uuid, client_id uuid, app_context text, queue text, kind text, payload jsonb, unique_key text,
    ordering_key text, limit_key text, priority smallint, run_at timestamptz, attempts_max smallint))
    with ordinality
), added as (
  insert into app.job (agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key, limit_key,
                       priority, run_at, attempts_max, created_by)
  select coalesce(agency_id, me.agency), client_id, coalesce(app_context, me.app),
         queue, kind, payload, unique_key, ordering_key, limit_key, priority, coalesce(run_at, now()), attempts_max,
         me.person
  from wanted, me order by ordinality
  on conflict (agency_id, queue, unique_key) where unique_key is not null do nothing
  returning id, queue, run_at
), told as materialized (
  select pg_notify('mainstem_job', due.queue) from (select distinct queue from added where run_at <= now()) as due
)
select id from added where (select count(*) from told) is not null

-- name: claim
-- The jobs of a queue whose turn it is, leased under one fence number. Level by level, so that a
-- level full of later jobs is not read through; of an ordering key only the first, and none while
-- another is leased. What finds no token in its bucket is put off to when there will be one.
with candidate as materialized (
  select found.*, row_number() over () as rank
  from generate_series(9, 0, -1) as level (priority)
  cross join lateral (
    select j.id, j.agency_id, j.limit_key
    from app.job as j
    where j.queue = %(queue)s and j.status = 'ready' and j.priority = level.priority
      and j.run_at <= coalesce(%(at)s, now())
      and (j.ordering_key is null or not exists (
        select from app.job as other
        where other.ordering_key = j.ordering_key and other.queue = j.queue
          and other.agency_id is not distinct from j.agency_id and (other.id < j.id or other.status = 'leased')))
    order by j.run_at, j.id
    limit %(jobs_max)s
    for update of j skip locked
  ) as found
  where not exists (select from app.job_pause as p where p.queue = %(queue)s)
  limit %(jobs_max)s
), bucket as materialized (
  select b.id, b.agency_id, b.limit_key, b.tokens_per_s,
         least(b.tokens_max, b.tokens + b.tokens_per_s * greatest(
           0, extract(epoch from coalesce(%(at)s, now()) - b.filled_at))) as filled
  from app.job_limit as b
  where exists (select from candidate as c
                where c.limit_key = b.limit_key and c.agency_id is not distinct from b.agency_id)
  order by b.id
  for update of b
), place as materialized (
  select c.id, b.id as bucket_id, b.tokens_per_s, b.filled,
         row_number() over (partition by b.id order by c.rank) as number
  from candidate as c
  left join bucket as b on b.limit_key = c.limit_key and b.agency_id is not distinct from c.agency_id
), put_off as (
  update app.job as j
  set run_at = coalesce(%(at)s, now()) + make_interval(secs => (p.number - p.filled) / p.tokens_per_s)
  from place as p where j.id = p.id and p.number > p.filled
), spent as (
  update app.job_limit as b
  set tokens = s.filled - s.count, filled_at = greatest(b.filled_at, coalesce(%(at)s, now()))
  from (select bucket_id, filled, count(*) filter (where number <= filled) as count
        from place where bucket_id is not null group by bucket_id, filled) as s
  where b.id = s.bucket_id
), claimed as (select nextval('app.job_fence') as fence)
update app.job as j
set status = 'leased', leased_by = %(worker)s, lease_until = now() + make_interval(secs => %(lease_s)s),
    fence = claimed.fence, attempt = j.attempt + 1, started_at = now()
from place as p, claimed
where j.id = p.id and (p.bucket_id is null or p.number <= p.filled)
returning j.id, j.agency_id, j.client_id, j.app_context, j.queue, j.kind, j.payload, j.priority, j.run_at, j.attempt,
          j.attempts_max, j.fence

-- name: renew
-- The lease of a claim that takes long. Jobs that are just being finished are left to that: waiting
-- for them, in another order than they are locked there, would be a deadlock.
with held as (
  select id from app.job where id = any(%(ids)s) and fence = %(fence)s
  for update skip locked
)
update app.job as j set lease_until = now() + make_interval(secs => %(lease_s)s)
from held where j.id = held.id

-- name: finish
-- Jobs that are over, into the archive: completed, or what `ends` says of them. Only under their fence,
-- which none but leased ones have. To ask for that state as well would offer the index of leases: on a
-- table that was empty when the statement was planned, it is read whole, with all that was ever leased.
with gone as (
  delete from app.job where id = any(%(ids)s) and fence = %(fence)s returning *
)
insert into app.job_archive (job_id, agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key,
                             limit_key, priority, status, attempt, attempts_max, run_at, started_at, finished_at,
                             duration_ms, result, last_error, created_by, created_at)
select g.id, g.agency_id, g.client_id, g.app_context, g.queue, g.kind, g.payload, g.unique_key, g.ordering_key,
       g.limit_key, g.priority, coalesce(e.status, 'completed'), g.attempt, g.attempts_max, g.run_at, g.started_at,
       now(), extract(epoch from clock_timestamp() - g.started_at) * 1000, e.result,
       coalesce(e.error, g.last_error), g.created_by, g.created_at
from gone as g
left join json_to_recordset(%(ends)s::json) as e (id uuid, status text, result jsonb, error text) on e.id = g.id

-- name: put_back
-- Jobs that come again: after a failure, or snoozed, which gives the attempt back. Only under their fence.
update app.job as j
set status = 'ready', leased_by = null, lease_until = null, fence = null, attempt = b.attempt,
    run_at = now() + make_interval(secs => b.after_s), last_error = coalesce(b.error, j.last_error)
from json_to_recordset(%(jobs)s::json) as b (id uuid, attempt smallint, after_s double precision, error text)
where j.id = b.id and j.fence = %(fence)s

-- name: release
-- Jobs of lost workers: back into the queue, or, when that was their last attempt, among the dead.
with lost as (
  select id, queue, attempt >= attempts_max as is_dead
  from app.job where status = 'leased' and lease_until < now()
  order by lease_until limit %(jobs_max)s for update skip locked
), buried as (
  delete from app.job as j using lost where j.id = lost.id and lost.is_dead returning j.*
), kept as (
  insert into app.job_archive (job_id, agency_id, client_id, app_context, queue, kind, payload, unique_key,
                               ordering_key, limit_key, priority, status, attempt, attempts_max, run_at, started_at,
                               finished_at, last_error, created_by, created_at)
  select id, agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key, limit_key, priority,
         'failed', attempt, attempts_max, run_at, started_at, now(), 'its worker was lost during the last attempt',
         created_by, created_at
  from buried
), back as (
  update app.job as j
  set status = 'ready', leased_by = null, lease_until = null, fence = null, last_error = 'its worker was lost'
  from lost where j.id = lost.id and not lost.is_dead
)
select queue, count(*), pg_notify('mainstem_job', queue) is not null from lost group by queue

-- name: cancel
-- Waiting jobs that are not to be done; %(agency_id)s null is an operator's, who may any.
with gone as (
  delete from app.job
  where id = any(%(ids)s) and status = 'ready' and (%(agency_id)s::uuid is null or agency_id = %(agency_id)s)
  returning *
)
insert into app.job_archive (job_id, agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key,
                             limit_key, priority, status, attempt, attempts_max, run_at, started_at, finished_at,
                             last_error, created_by, created_at)
select id, agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key, limit_key, priority,
       'cancelled', attempt, attempts_max, run_at, started_at, now(), last_error, created_by, created_at
from gone
returning job_id

-- name: retry
-- Failed and cancelled jobs, as if new, under their old ids; not where an equal unique key waits already.
with back as (
  insert into app.job (id, agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key,
                       limit_key, priority, attempts_max, last_error, created_by, created_at)
  select job_id, agency_id, client_id, app_context, queue, kind, payload, unique_key, ordering_key, limit_key,
         priority, attempts_max, last_error, created_by, created_at
  from app.job_archive
  where job_id = any(%(ids)s) and status in ('failed', 'cancelled')
    and (%(agency_id)s::uuid is null or agency_id = %(agency_id)s)
  on conflict do nothing
  returning id, queue
), gone as (
  delete from app.job_archive as a using back where a.job_id = back.id
), told as materialized (
  select pg_notify('mainstem_job', due.queue) from (select distinct queue from back) as due
)
select id from back where (select count(*) from told) is not null

-- name: listed
-- Jobs of a state, newest first: waiting and leased ones of the queue, finished ones of the archive.
select id, queue, kind, agency_id, state, attempt, attempts_max, run_at, last_error
from (
  select id, queue, kind, agency_id,
         case when status = 'leased' then 'leased' when run_at > now() then 'scheduled' else 'ready' end as state,
         attempt, attempts_max, run_at, last_error
  from app.job
  union all
  select job_id, queue, kind, agency_id, status, attempt, attempts_max, run_at, last_error
  from app.job_archive
) as every
where (%(state)s::text is null or state = %(state)s) and (%(queue)s::text is null or queue = %(queue)s)
order by id desc
limit %(rows_max)s

-- name: shown
-- All there is of one job, as JSON.
select to_jsonb(j) from app.job as j where id = %(id)s
union all
select to_jsonb(a) from app.job_archive as a where job_id = %(id)s

-- name: pause
-- Nothing more is claimed from a queue; what is leased is finished.
insert into app.job_pause (queue) values (%(queue)s) on conflict (queue) do nothing

-- name: resume
-- The queue goes on, and idle workers hear of it.
with gone as (delete from app.job_pause where queue = %(queue)s returning queue)
select pg_notify('mainstem_job', queue) from gone

-- name: set_limit
-- A bucket, made full or changed; the tokens it has are kept as far as they fit.
insert into app.job_limit (agency_id, limit_key, tokens_per_s, tokens_max, tokens)
values (%(agency_id)s, %(limit_key)s, %(tokens_per_s)s, %(tokens_max)s, %(tokens_max)s)
on conflict on constraint job_limit_key do update set
  tokens_per_s = excluded.tokens_per_s, tokens_max = excluded.tokens_max,
  tokens = least(app.job_limit.tokens, excluded.tokens_max)

-- name: set_schedule
-- A job that comes again. The next time is kept while neither rule nor zone changes.
insert into app.job_schedule (agency_id, app_context, name, queue, kind, payload, cron, timezone, next_run_at)
values (%(agency_id)s, %(app_context)s, %(name)s, %(queue)s, %(kind)s, %(payload)s, %(cron)s, %(timezone)s,
        %(next_run_at)s)
on conflict on constraint job_schedule_name_key do update set
  app_context = excluded.app_context, queue = excluded.queue, kind = excluded.kind, payload = excluded.payload,
  cron = excluded.cron, timezone = excluded.timezone,
  next_run_at = case when (job_schedule.cron, job_schedule.timezone) = (excluded.cron, excluded.timezone)
                     then job_schedule.next_run_at else excluded.next_run_at end

-- name: due_schedules
-- Schedules whose time has come, locked, so that one worker enqueues each.
select id, agency_id, app_context, name, queue, kind, payload, cron, timezone, next_run_at, now()
from app.job_schedule
where is_active and next_run_at <= now()
order by next_run_at limit %(rows_max)s
for update skip locked

-- name: advance_schedule
-- When a schedule comes next; one whose rule is never met again rests.
update app.job_schedule
set last_enqueued_at = now(), next_run_at = coalesce(%(next_run_at)s, next_run_at),
    is_active = %(next_run_at)s::timestamptz is not null
where id = %(id)s

-- name: waiting_figures
-- For the metrics: how many jobs wait and run, and how long the oldest due one has waited.
select queue, case when status = 'leased' then 'leased' when run_at > now() then 'scheduled' else 'ready' end as state,
       count(*), coalesce(max(extract(epoch from now() - run_at)) filter (where status = 'ready' and run_at <= now()), 0)
from app.job group by 1, 2 order by 1, 2

-- name: finished_figures
-- For the metrics: what ended within the last hour, and how long it took.
select queue, status, count(*), coalesce(sum(duration_ms), 0) / 1000.0
from app.job_archive where id >= app.uuid7_floor(now() - interval '1 hour') group by 1, 2 order by 1, 2

-- name: paused_queues
-- For the metrics and the command line: the queues that are paused.
select queue from app.job_pause order by 1

-- name: dead_figures
-- For the metrics: the dead letters of each queue.
select queue, count(*) from app.job_archive where status = 'failed' group by 1 order by 1
