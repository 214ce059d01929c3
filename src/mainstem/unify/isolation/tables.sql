-- name: columns
-- Every column that a row may need, with the base of its domain or array.
select n.nspname::text as schema, c.relname::text as table, a.attname::text as name,
       format_type(a.atttypid, a.atttypmod) as type,
       format_type(base.oid, case when t.typtype = 'd' then t.typtypmod else a.atttypmod end)
         as base_type,
       base.typname::text as base, base.typtype::text as base_kind,
       coalesce(element.typname::text, '') as element,
       array(select e.enumlabel::text from pg_catalog.pg_enum e
             where e.enumtypid in (base.oid, element.oid) order by e.enumsortorder) as labels,
       not (a.attnotnull or t.typnotnull) as is_nullable,
       pg_get_expr(d.adbin, d.adrelid) as default,
       a.attgenerated <> '' as is_generated, a.attidentity::text as identity
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_type base on base.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
left join pg_catalog.pg_type element on element.oid = base.typelem and base.typcategory = 'A'
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
  and n.nspname not like 'pg\_%%' and n.nspname <> 'information_schema'
order by n.nspname, c.relname, a.attnum

-- name: constraints
-- Their constraints, those of the columns' domains and unique indexes included.
select n.nspname::text as schema, c.relname::text as table, k.conname::text as name,
       k.contype::text as kind,
       array(select a.attname::text from unnest(k.conkey) with ordinality u(number, position)
             join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
             order by u.position) as columns,
       pg_get_constraintdef(k.oid) as definition,
       ps.nspname::text as parent_schema, p.relname::text as parent,
       array(select a.attname::text from unnest(k.confkey) with ordinality u(number, position)
             join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
             order by u.position) as parent_columns
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class p on p.oid = k.confrelid
left join pg_catalog.pg_namespace ps on ps.oid = p.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and k.contype in ('p', 'u', 'f', 'c', 'x')
  and k.conparentid = 0
  and n.nspname not like 'pg\_%%' and n.nspname <> 'information_schema'
union all
select n.nspname::text, c.relname::text, k.conname::text, 'c', array[a.attname::text],
       pg_get_constraintdef(k.oid), null, null, '{}'
from pg_catalog.pg_constraint k
join pg_catalog.pg_attribute a on a.atttypid = k.contypid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contypid <> 0 and c.relkind in ('r', 'p') and not c.relispartition
  and n.nspname not like 'pg\_%%' and n.nspname <> 'information_schema'
union all
select n.nspname::text, c.relname::text, x.relname::text, 'u',
       array(select a.attname::text from pg_catalog.pg_attribute a
             where a.attrelid = c.oid and (
               a.attnum = any (i.indkey)
               or pg_get_indexdef(i.indexrelid) ~ ('\m' || quote_ident(a.attname) || '\M'))),
       '', null, null, '{}'
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_class x on x.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where i.indisunique and c.relkind in ('r', 'p') and not c.relispartition
  and (0 = any (i.indkey) or i.indpred is not null)
  and n.nspname not like 'pg\_%%' and n.nspname <> 'information_schema'
order by 1, 2, 3

-- name: rights
-- Which role may do what with a relation or with some of its columns.
select n.nspname::text as schema, c.relname::text as relation, r.rolname::text as role,
       has_table_privilege(r.oid, c.oid, 'delete') as deletes,
       array(select a.attname::text from pg_catalog.pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               and has_column_privilege(r.oid, c.oid, a.attnum, 'select')) as selects,
       array(select a.attname::text from pg_catalog.pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               and has_column_privilege(r.oid, c.oid, a.attnum, 'insert')) as inserts,
       array(select a.attname::text from pg_catalog.pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               and has_column_privilege(r.oid, c.oid, a.attnum, 'update')) as updates
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join pg_catalog.pg_roles r
where r.rolname = any (%(roles)s) and c.relkind in ('r', 'p', 'v', 'm')
  and n.nspname not like 'pg\_%%' and n.nspname <> 'information_schema'
  and has_schema_privilege(r.oid, n.oid, 'usage')
  and (has_any_column_privilege(r.oid, c.oid, 'select, insert, update')
       or has_table_privilege(r.oid, c.oid, 'delete'))
order by 1, 2, 3

-- name: callable
-- Functions that one of the roles may call, as a caller would write them.
select p.oid, n.nspname::text as schema, p.proname::text as name,
       pg_get_function_identity_arguments(p.oid) as arguments,
       array(select format_type(x, null) from unnest(p.proargtypes) x) as argument_types,
       p.pronargdefaults as default_count, p.proretset as is_set,
       array(select r.rolname::text from pg_catalog.pg_roles r
             where r.rolname = any (%(roles)s) and has_function_privilege(r.oid, p.oid, 'execute')
               and has_schema_privilege(r.oid, n.oid, 'usage')) as roles
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.prokind = 'f' and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
  and n.nspname not like 'pg\_%%' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid
                    and e.deptype = 'e')
order by 2, 3, 4

-- name: roles
-- Roles that no policy is meant for, or that every policy passes, aside.
select r.rolname::text as name, r.rolcanlogin as is_login
from pg_catalog.pg_roles r
where not r.rolsuper and not r.rolbypassrls and r.rolname not like 'pg\_%%'
order by 1

-- name: bodies
-- Functions with their bodies: those of the platform's schema that tells who asks, or those of people
-- that promise to depend on nothing but their arguments.
select n.nspname::text as schema, p.proname::text as name,
       pg_get_function_identity_arguments(p.oid) as arguments,
       coalesce(p.proargnames[1:p.pronargs], '{}') as argument_names,
       coalesce(pg_get_function_result(p.oid), 'void') as returns, l.lanname::text as language,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.prokind = 'f'
  and case when %(of_platform)s then n.nspname = 'auth' else
        p.provolatile = 'i' and l.lanname not in ('c', 'internal')
        and n.nspname not in ('pg_catalog', 'information_schema')
        and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                          and d.deptype = 'e')
      end

-- name: mutable
-- The names of those that make no such promise, and of the operators that call one.
select p.proname::text as name
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.provolatile <> 'i' and n.nspname not in ('pg_catalog', 'information_schema')
union
select o.oprname::text
from pg_catalog.pg_operator o
join pg_catalog.pg_proc p on p.oid = o.oprcode
join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
where p.provolatile <> 'i' and n.nspname not in ('pg_catalog', 'information_schema')

-- name: labels
-- The words of every enumeration.
select format_type(e.enumtypid, null) as type,
       array_agg(e.enumlabel::text order by e.enumsortorder) as labels
from pg_catalog.pg_enum e
group by e.enumtypid
