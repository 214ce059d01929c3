-- Tables, views and foreign tables that no extension owns, and what may be done to their rows.
select c.oid, n.nspname::text as schema, c.relname::text as name,
       c.relkind in ('v', 'm') as is_view,
       case when c.relkind = 'm' then 0 else pg_relation_is_updatable(c.oid, true) end as events
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not c.relispartition
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid
                    and e.deptype = 'e')
order by n.nspname, c.relname collate "C"
