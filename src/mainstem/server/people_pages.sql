-- name: trail
-- The audit trail as a list shows it.
select t.id, t.action, t.table_name, t.reason, t.actor_app, t.created_at,
       coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.email, t.actor_role) as who,
       array_to_string(t.changed_columns[1:6], ', ') as changed
from public.audit_log as t
left join public."user" as u on u.id = t.actor_id
where t.agency_id = %(agency_id)s

-- name: search
-- The people whose name or address holds what was typed.
select id, name
from (
  select u.id, u.email, coalesce(nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.email) as name
  from public."user" as u
  where u.agency_id = %(agency_id)s
) as person
where name ilike %(pattern)s or email ilike %(pattern)s
order by name, id
limit %(rows_max)s
