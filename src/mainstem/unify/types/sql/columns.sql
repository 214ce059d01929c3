-- The columns of relations and the attributes of composite types.
select a.attrelid as oid, a.attname::text as name, a.atttypid as type,
       not (a.attnotnull or t.typnotnull) as is_nullable, a.atthasdef or t.typdefault is not null as has_default,
       a.attidentity <> '' as is_identity, a.attidentity = 'a' as is_always,
       a.attgenerated <> '' as is_generated,
       c.relkind not in ('m', 'c') and pg_column_is_updatable(c.oid, a.attnum, true) as is_updatable
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
  and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attname collate "C"
