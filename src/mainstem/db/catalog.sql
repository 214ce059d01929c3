-- name: schemas
-- Schemas other than the system's, which ones there are.
select 'schema', n.nspname, 'present'
from pg_catalog.pg_namespace as n where n.nspname = any (%(schemas)s)

-- name: relations
-- Tables and their like, without partitions and what extensions own.
select case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
                      when 'm' then 'materialized view' when 'f' then 'foreign table'
                      when 'S' then 'sequence' else 'type' end,
       format('%%I.%%I', n.nspname, c.relname),
       concat_ws('; ',
         case when c.relkind = 'p' then 'partitioned by ' || pg_get_partkeydef(c.oid) end,
         case when c.relpersistence = 'u' then 'unlogged' end,
         case when c.relkind in ('r', 'p') then
           'row security ' || case when c.relrowsecurity and c.relforcerowsecurity then 'forced'
                                   when c.relrowsecurity then 'enabled but not forced'
                                   else 'off' end end,
         (select 'with (' || string_agg(o, ', ' order by o) || ')' from unnest(c.reloptions) as o),
         case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
         case when c.relkind = 'S' then
           (select format('%%s from %%s to %%s by %%s', format_type(s.seqtypid, null), s.seqmin,
                          s.seqmax, s.seqincrement)
            from pg_catalog.pg_sequence as s where s.seqrelid = c.oid) end)
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  and not c.relispartition
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                    and d.deptype = 'e')

-- name: columns
-- The columns of tables, views and composite types; their order does not count.
select 'column', format('%%I.%%I.%%I', n.nspname, c.relname, a.attname),
       concat_ws(' ',
         format_type(a.atttypid, a.atttypmod),
         case when a.attcollation <> t.typcollation
              then 'collate ' || a.attcollation::regcollation end,
         case when a.attnotnull then 'not null' end,
         case when a.attgenerated <> '' then 'generated (' || pg_get_expr(d.adbin, d.adrelid) || ')'
              when d.adbin is not null then 'default ' || pg_get_expr(d.adbin, d.adrelid) end,
         case a.attidentity when 'a' then 'identity always' when 'd' then 'identity' end)
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_type as t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
  and a.attnum > 0 and not a.attisdropped and not c.relispartition
  and not exists (select from pg_catalog.pg_depend as e
                  where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid
                    and e.deptype = 'e')

-- name: constraints
-- Constraints; not-null ones, which have had names since 18, count as a property of the column.
select case when c.contypid <> 0 then 'domain constraint' else 'constraint' end,
       case when c.contypid <> 0
            then format('%%I on %%s', c.conname, c.contypid::regtype)
            else format('%%I on %%s', c.conname, c.conrelid::regclass) end,
       pg_get_constraintdef(c.oid)
from pg_catalog.pg_constraint as c
join pg_catalog.pg_namespace as n on n.oid = c.connamespace
left join pg_catalog.pg_class as t on t.oid = c.conrelid
where n.nspname = any (%(schemas)s) and c.contype not in ('n', 't')
  and (c.conrelid = 0 or not t.relispartition)
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = c.oid
                    and d.deptype = 'e')
  -- Copies that a partitioned table's foreign keys leave on themselves for each partition.
  and c.conparentid = 0

-- name: indexes
-- Indexes other than those that a constraint makes; an invalid one does not count as present.
select 'index', format('%%s on %%s', i.indexrelid::regclass, i.indrelid::regclass),
       pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s) and t.relkind in ('r', 'p', 'm')
  and not t.relispartition and not c.relispartition
  and not exists (select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid
                    and k.contype in ('p', 'u', 'x'))
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = t.oid
                    and d.deptype = 'e')

-- name: policies
-- Row-level security policies, also those on a partition, where there should be none.
select 'policy', format('%%I on %%s', p.polname, p.polrelid::regclass),
       concat_ws(' ',
         case when p.polpermissive then 'permissive' else 'restrictive' end,
         case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert'
                       when 'w' then 'update' else 'delete' end,
         'to ' || coalesce((select string_agg(quote_ident(r.rolname), ', ' order by r.rolname)
                            from pg_catalog.pg_roles as r where r.oid = any (p.polroles)), 'public'),
         'using ' || pg_get_expr(p.polqual, p.polrelid),
         'with check ' || pg_get_expr(p.polwithcheck, p.polrelid))
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s)

-- name: triggers
-- Triggers that somebody wrote; a partition's copies belong to its parent.
select 'trigger', format('%%I on %%s', t.tgname, t.tgrelid::regclass),
       pg_get_triggerdef(t.oid) || case t.tgenabled when 'O' then '' when 'D' then ' (disabled)'
                                                    else ' (enabled ' || t.tgenabled::text || ')' end
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s) and not t.tgisinternal and t.tgparentid = 0

-- name: rules
-- Rewrite rules other than a view's own.
select 'rule', format('%%I on %%s', r.rulename, r.ev_class::regclass), pg_get_ruledef(r.oid)
from pg_catalog.pg_rewrite as r
join pg_catalog.pg_class as c on c.oid = r.ev_class
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s) and r.rulename <> '_RETURN'

-- name: routines
-- Functions and procedures.
select case p.prokind when 'p' then 'procedure' else 'function' end,
       format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
       case when p.prokind = 'a' then 'aggregate ' || pg_get_function_result(p.oid)
            else pg_get_functiondef(p.oid) end
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = any (%(schemas)s)
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                    and d.deptype = 'e')

-- name: types
-- Enumerations and domains.
select case t.typtype when 'e' then 'enumeration' when 'd' then 'domain' else 'range' end,
       format('%%I.%%I', n.nspname, t.typname),
       case t.typtype
         when 'e' then (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
                        from pg_catalog.pg_enum as e where e.enumtypid = t.oid)
         when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
                                 case when t.typnotnull then 'not null' end,
                                 'default ' || t.typdefault)
         else 'range' end
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
where n.nspname = any (%(schemas)s) and t.typtype in ('e', 'd', 'r')
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid
                    and d.deptype = 'e')

-- name: grants
-- What others than the owner may do with schemas, tables, views, sequences, columns and routines.
with object (kind, name, owner, acl) as (
  select 'schema', format('%%I', n.nspname), n.nspowner, n.nspacl
  from pg_catalog.pg_namespace as n where n.nspname = any (%(schemas)s)
  union all
  select 'relation', c.oid::regclass::text, c.relowner, c.relacl
  from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'column', format('%%s.%%I', c.oid::regclass, a.attname), c.relowner, a.attacl
  from pg_catalog.pg_attribute as a
  join pg_catalog.pg_class as c on c.oid = a.attrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = any (%(schemas)s) and a.attacl is not null
  union all
  select 'routine', p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where n.nspname = any (%(schemas)s)
    and not exists (select from pg_catalog.pg_depend as d
                    where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                      and d.deptype = 'e')
)
select 'grant',
       format('%%s to %%s', o.name, coalesce(quote_ident(r.rolname), 'public')),
       string_agg(lower(a.privilege_type) || case when a.is_grantable then ' (grantable)' else '' end,
                  ', ' order by a.privilege_type)
from object as o
cross join lateral aclexplode(o.acl) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where a.grantee <> o.owner and a.privilege_type <> 'MAINTAIN'
group by 2

-- name: open_partitions
-- Partitions that can be read past their parent's policy; none where all is well.
select 'partition', c.oid::regclass::text, 'row security off or not forced'
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s) and c.relispartition and c.relkind in ('r', 'p')
  and not (c.relrowsecurity and c.relforcerowsecurity)
