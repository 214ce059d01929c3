-- The ledger row by row, read as the owner of the database: it belongs to no tenant.

-- name: rows
-- What became of each source row of a run: where it went, or why it waits.
select l.old_id as id, m.source_table as "table", l.old_id as key,
       case l.outcome when 'l' then 'loaded' when 'm' then 'merged' else 'dropped' end as outcome,
       case when l.outcome <> 'd' then m.target_schema || '.' || m.target_table end as target,
       coalesce(l.new_id::text, l.new_key) as new_key, null::text as reason
from unify.legacy_map as m
join unify.legacy_id as l using (map_id)
where m.run_id = %(run_id)s and m.role = 'main'
union all
select q.key, q.source_table, q.key, 'quarantined', null, null, q.reason
from unify.quarantine as q
where q.run_id = %(run_id)s

-- name: changes
-- Each value of a run that had to change.
select l.key || ' ' || l.column_name as id, l.source_table as "table", l.key, l.column_name as "column",
       l.before, l.after, l.rule
from unify.ledger as l
where l.run_id = %(run_id)s

-- name: rules
-- The rules that changed values of a run, the busiest first.
select rule
from unify.ledger
where run_id = %(run_id)s
group by rule
order by count(*) desc, rule
limit 50

-- name: places
-- Where one source row went: its own place, and further ones that were made of it.
select m.role, m.target_schema || '.' || m.target_table as target,
       case l.outcome when 'l' then 'loaded' when 'm' then 'merged' when 'd' then 'dropped'
         when 'e' then 'changed by people' else 'needed by others' end as outcome,
       coalesce(l.new_id::text, l.new_key) as new_key
from unify.legacy_map as m
join unify.legacy_id as l using (map_id)
where m.run_id = %(run_id)s and m.source_table = %(table)s and l.old_id = %(key)s
order by m.map_id
limit 50

-- name: waiting
-- One source row that waits for a person.
select column_name as "column", reason, original
from unify.quarantine
where run_id = %(run_id)s and source_table = %(table)s and key = %(key)s

-- name: changes_of_row
-- What had to change in one source row.
select column_name as "column", before, after, rule
from unify.ledger
where run_id = %(run_id)s and source_table = %(table)s and key = %(key)s
order by column_name
limit 200
