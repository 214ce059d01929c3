-- What the data API reads of the catalog. Names and rights only; never a row.

-- name: relations
-- Tables and views of the exposed schemas that the role of requests may read, without partitions.
select n.nspname as schema, c.relname as name, c.relkind = 'v' as is_view,
       case when c.relkind = 'v' then pg_get_viewdef(c.oid) end as definition,
       has_table_privilege('authenticated', c.oid, 'delete') as may_delete,
       obj_description(c.oid, 'pg_class') as comment
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'f') and not c.relispartition
  and has_schema_privilege('authenticated', n.oid, 'usage')
  and has_any_column_privilege('authenticated', c.oid, 'select')
order by 1, 2;

-- name: columns
-- Their columns that the role may read, with what it may write and what the server fills in. Hashes
-- of tokens and encrypted secrets are never for requests, whatever is granted: the schema names them so.
select n.nspname as schema, c.relname as relation, a.attname as name,
       format_type(a.atttypid, a.atttypmod) as type,
       format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as base_type,
       not a.attnotnull as is_nullable,
       case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end as default,
       a.attgenerated <> '' or a.attidentity = 'a' as is_generated,
       has_column_privilege('authenticated', c.oid, a.attnum, 'insert') as may_insert,
       has_column_privilege('authenticated', c.oid, a.attnum, 'update') as may_update,
       col_description(c.oid, a.attnum) as comment
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type as t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'f') and not c.relispartition
  and has_column_privilege('authenticated', c.oid, a.attnum, 'select')
  and not (t.typname = 'bytea' and a.attname ~ '_(hash|encrypted)$')
order by 1, 2, a.attnum;

-- name: unique_keys
-- Unique indexes over plain columns of whole tables; the primary key says so.
select n.nspname as schema, c.relname as relation, i.indisprimary as is_primary,
       (select array_agg(a.attname::text order by k.place)
        from unnest(i.indkey::int2[]) with ordinality as k (number, place)
        join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.number
        where k.place <= i.indnkeyatts) as columns
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s) and not c.relispartition
  and i.indisunique and i.indpred is null and i.indexprs is null and i.indisvalid
order by 1, 2, 3 desc, i.indexrelid;

-- name: foreign_keys
-- References between tables of the exposed schemas, without the copies of partitions.
select con.conname as name, sn.nspname as schema, s.relname as source, tn.nspname as target_schema,
       t.relname as target,
       (select array_agg(a.attname::text order by k.place)
        from unnest(con.conkey) with ordinality as k (number, place)
        join pg_catalog.pg_attribute as a on a.attrelid = s.oid and a.attnum = k.number) as columns,
       (select array_agg(a.attname::text order by k.place)
        from unnest(con.confkey) with ordinality as k (number, place)
        join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = k.number) as target_columns
from pg_catalog.pg_constraint as con
join pg_catalog.pg_class as s on s.oid = con.conrelid
join pg_catalog.pg_namespace as sn on sn.oid = s.relnamespace
join pg_catalog.pg_class as t on t.oid = con.confrelid
join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
where con.contype = 'f' and con.conparentid = 0 and not s.relispartition and not t.relispartition
  and sn.nspname = any (%(schemas)s) and tn.nspname = any (%(schemas)s)
order by 2, 3, 1;

-- name: functions
-- Functions that the role may execute: no triggers, no aggregates, nothing of an extension.
select n.nspname as schema, p.proname as name, p.provolatile = 'v' as is_volatile,
       p.proretset as is_set, p.pronargdefaults as defaults, p.provariadic <> 0 as is_variadic,
       coalesce(p.proargnames, '{}') as names, coalesce(p.proargmodes::text[], '{}') as modes,
       (select coalesce(array_agg(format_type(one.oid, null) order by one.place), '{}')
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality as one (oid, place)
       ) as types,
       case when rt.typtype = 'p' and rt.typname = 'void' then 'void'
            when rt.typtype = 'c' or rt.typname = 'record' then 'row' else 'scalar' end as result,
       rn.nspname as result_schema, rc.relname as result_relation,
       obj_description(p.oid, 'pg_proc') as comment
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_type as rt on rt.oid = p.prorettype
left join pg_catalog.pg_class as rc on rc.oid = rt.typrelid
left join pg_catalog.pg_namespace as rn on rn.oid = rc.relnamespace
where n.nspname = any (%(schemas)s) and p.prokind = 'f'
  and rt.typname not in ('trigger', 'event_trigger')
  and has_function_privilege('authenticated', p.oid, 'execute')
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
order by 1, 2, p.oid;

-- name: newest_migration
-- Changes whenever a migration was applied, for servers whose NOTIFY was missed.
select coalesce(max(applied_at)::text, '') || ' ' || count(*) from app.migration;
