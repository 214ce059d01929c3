-- name: missing_tables
-- Tables that the manifest has and the database does not.
select format('%s.%s', schema_name, table_name)
from app.table_class
where to_regclass(format('%I.%I', schema_name, table_name)) is null
order by 1

-- name: count_tables
-- How many tables the manifest has.
select count(*) from app.table_class

-- name: count_partitioned
-- How many tables keep partitions ahead of time.
select count(*) from app.partition_policy

-- name: last_run
-- The newest unification run. Nothing of it is a row of a tenant: names, times, sums.
select id, kind, name, state, started_at, finished_at, verification
from unify.run
order by id desc
limit 1

-- name: tables_of_run
-- The row account of each source table, the largest first.
select source_table, target_table, source_rows, loaded, merged, quarantined, dropped, conversions
from unify.table_result
where run_id = %(run_id)s
order by source_rows desc, source_table
limit %(rows_max)s

-- name: sources_of_run
-- The row account of each source, the largest first.
select source_name, count(*), sum(source_rows)::bigint, sum(loaded)::bigint, sum(merged)::bigint,
       sum(quarantined)::bigint, sum(dropped)::bigint, sum(conversions)::bigint
from unify.table_result
where run_id = %(run_id)s
group by source_name
order by sum(source_rows) desc, source_name
limit %(rows_max)s

-- name: phases_of_run
-- Steps by their kind, which is the first word of their name; kinds in the order they began.
select split_part(name, ' ', 1) as phase,
       extract(epoch from max(finished_at) - min(started_at))::float8 as seconds,
       count(*) as steps
from unify.step
where run_id = %(run_id)s and state = 'done' and finished_at is not null and started_at is not null
group by 1
order by min(started_at), 1
limit %(rows_max)s

-- name: record_checks
-- What all checks said since the newest run stands beside that run's verification.
update unify.run
set verification = coalesce(verification, '{}') || jsonb_build_object(
        'checks', %(checks)s::jsonb || jsonb_build_object('at', clock_timestamp()))
where id = (select max(id) from unify.run)

-- name: runs
-- The newest unification runs, with how many of their steps are done.
select r.id, r.kind, r.name, r.state, r.started_at, r.finished_at, count(s.name) as steps,
       count(s.name) filter (where s.state = 'done') as steps_done
from unify.run as r
left join unify.step as s on s.run_id = r.id
where r.id = coalesce(%(run_id)s, r.id)
group by r.id
order by r.id desc
limit %(rows_max)s
