-- name: schemas
-- Every schema that is neither the server's nor an extension's, and whether the platform is there.
select n.oid, n.nspname::text as name,
       exists (select from pg_catalog.pg_proc p
               join pg_catalog.pg_namespace a on a.oid = p.pronamespace
               where a.nspname = 'auth' and p.proname in ('uid', 'jwt')) as has_platform,
       exists (select from aclexplode(n.nspacl) x join pg_catalog.pg_roles r on r.oid = x.grantee
               where r.rolname in ('anon', 'authenticated') and x.privilege_type = 'USAGE')
         as is_granted
from pg_catalog.pg_namespace n
where n.nspname not like 'pg\_%%' and n.nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_namespace'::regclass and e.objid = n.oid
                    and e.deptype = 'e')
order by n.nspname

-- name: exposed
-- The schemas that the data API of the platform is set to serve, as one comma-separated text.
select substr(setting, length('pgrst.db_schemas=') + 1) as schemas
from pg_catalog.pg_db_role_setting s
join pg_catalog.pg_roles r on r.oid = s.setrole
cross join unnest(s.setconfig) setting
where r.rolname = 'authenticator' and setting like 'pgrst.db\_schemas=%%'

-- name: relations
-- Tables, partitions, views and foreign tables that no extension owns.
select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
       c.relispartition as is_partition, pg_get_userbyid(c.relowner)::text as owner,
       c.relrowsecurity as is_row_security_on, c.relforcerowsecurity as is_row_security_forced,
       coalesce((select lower(o.option_value) in ('true', 'on', 'yes', '1')
                 from pg_options_to_table(c.reloptions) o
                 where o.option_name = 'security_invoker'), false) as is_security_invoker,
       case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as definition,
       parent_schema.nspname::text as parent_schema, parent.relname::text as parent_name,
       obj_description(c.oid, 'pg_class') as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_inherits i on i.inhrelid = c.oid and c.relispartition
left join pg_catalog.pg_class parent on parent.oid = i.inhparent
left join pg_catalog.pg_namespace parent_schema on parent_schema.oid = parent.relnamespace
where c.relnamespace = any(%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid
                    and e.deptype = 'e')
order by n.nspname, c.relname

-- name: columns
-- The columns of those relations, in their order.
select a.attrelid as oid, a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
       not a.attnotnull as is_nullable,
       case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end as default,
       case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end as generated,
       case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity
from pg_catalog.pg_attribute a
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = any(%(relations)s) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum

-- name: constraints
-- Their constraints; what a foreign key repeats for each partition of its parent is left out.
select k.conrelid as oid, k.conname::text as name, k.contype::text as kind,
       array(select a.attname::text from unnest(k.conkey) with ordinality u(number, position)
             join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
             order by u.position) as columns,
       pg_get_constraintdef(k.oid) as definition,
       parent_schema.nspname::text as parent_schema, parent.relname::text as parent_name,
       array(select a.attname::text from unnest(k.confkey) with ordinality u(number, position)
             join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
             order by u.position) as parent_columns,
       k.confdeltype::text as on_delete, k.convalidated as is_validated
from pg_catalog.pg_constraint k
left join pg_catalog.pg_class parent on parent.oid = k.confrelid
left join pg_catalog.pg_namespace parent_schema on parent_schema.oid = parent.relnamespace
where k.conrelid = any(%(relations)s) and k.contype in ('p', 'u', 'f', 'c', 'x')
  and not exists (select from pg_catalog.pg_constraint whole
                  where whole.oid = k.conparentid and whole.conrelid = k.conrelid)
order by k.conrelid, k.conname

-- name: indexes
-- Their indexes; included columns are no parts.
select i.indrelid as oid, c.relname::text as name, m.amname::text as method,
       array(select coalesce((select a.attname::text from pg_catalog.pg_attribute a
                              where a.attrelid = i.indrelid and a.attnum = i.indkey[n - 1]
                                and i.indkey[n - 1] <> 0),
                             pg_get_indexdef(i.indexrelid, n, true))
             from generate_series(1, i.indnkeyatts) n order by n) as parts,
       pg_get_indexdef(i.indexrelid) as definition,
       pg_get_expr(i.indpred, i.indrelid) as predicate, i.indisunique as is_unique,
       i.indisprimary as is_primary, i.indisvalid as is_valid,
       exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid
               and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')) as is_constraint
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_am m on m.oid = c.relam
where i.indrelid = any(%(relations)s)
order by i.indrelid, c.relname

-- name: policies
-- Their policies, and those on the platform's table of stored objects.
select p.polrelid as oid, p.polname::text as name,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
            when 'd' then 'delete' else 'all' end as command,
       p.polpermissive as is_permissive,
       array(select coalesce(r.rolname::text, 'public') from unnest(p.polroles) role
             left join pg_catalog.pg_roles r on r.oid = role order by 1) as roles,
       pg_get_expr(p.polqual, p.polrelid) as using,
       pg_get_expr(p.polwithcheck, p.polrelid) as with_check,
       not p.polrelid = any(%(relations)s) as is_of_objects
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where p.polrelid = any(%(relations)s) or (n.nspname = 'storage' and c.relname = 'objects')
order by p.polrelid, p.polname

-- name: triggers
-- Their triggers, without those that constraints and partitions bring.
select t.tgrelid as oid, t.tgname::text as name, n.nspname::text as function_schema,
       f.proname::text as function_name, pg_get_triggerdef(t.oid) as definition,
       t.tgenabled <> 'D' as is_enabled
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc f on f.oid = t.tgfoid
join pg_catalog.pg_namespace n on n.oid = f.pronamespace
where t.tgrelid = any(%(relations)s) and not t.tgisinternal and t.tgparentid = 0
order by t.tgrelid, t.tgname

-- name: relation_grants
-- Who may do what on a whole relation; no list means what the server gives by default.
select c.oid, coalesce(r.rolname::text, 'public') as role, lower(x.privilege_type) as privilege
from pg_catalog.pg_class c
cross join aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
left join pg_catalog.pg_roles r on r.oid = x.grantee
where c.oid = any(%(relations)s)
group by 1, 2, 3
order by 1, 2, 3

-- name: column_grants
-- Who may do what on single columns.
select a.attrelid as oid, coalesce(r.rolname::text, 'public') as role,
       lower(x.privilege_type) as privilege,
       array_agg(distinct a.attname::text order by a.attname::text) as columns
from pg_catalog.pg_attribute a
cross join aclexplode(a.attacl) x
left join pg_catalog.pg_roles r on r.oid = x.grantee
where a.attrelid = any(%(relations)s) and a.attnum > 0 and not a.attisdropped
group by 1, 2, 3
order by 1, 2, 3

-- name: view_reads
-- The relations that each view reads, those of the platform included.
select distinct r.ev_class as oid, n.nspname::text as schema, c.relname::text as name
from pg_catalog.pg_rewrite r
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
join pg_catalog.pg_class c on c.oid = d.refobjid and c.oid <> r.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where r.ev_class = any(%(relations)s) and d.refclassid = 'pg_catalog.pg_class'::regclass
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by 1, 2, 3

-- name: functions
-- Functions and procedures that no extension owns.
select p.oid, n.nspname::text as schema, p.proname::text as name,
       pg_get_function_identity_arguments(p.oid) as arguments,
       array(select coalesce(p.proargnames[i], '')
             from generate_series(1, coalesce(array_length(p.proallargtypes, 1), p.pronargs)) i
             where p.proargmodes is null or p.proargmodes[i] in ('i', 'b', 'v')
             order by i) as argument_names,
       coalesce(pg_get_function_result(p.oid), 'void') as returns, l.lanname::text as language,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body,
       p.prosecdef as is_security_definer,
       case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end
         as volatility,
       coalesce(p.proconfig, '{}') as settings, pg_get_userbyid(p.proowner)::text as owner
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where p.pronamespace = any(%(schemas)s) and p.prokind in ('f', 'p')
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid
                    and e.deptype = 'e')
order by n.nspname, p.proname, 4

-- name: function_grants
-- Who may call them; no list means everybody.
select p.oid, coalesce(r.rolname::text, 'public') as role, lower(x.privilege_type) as privilege
from pg_catalog.pg_proc p
cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
left join pg_catalog.pg_roles r on r.oid = x.grantee
where p.oid = any(%(functions)s)
group by 1, 2, 3
order by 1, 2, 3

-- name: sequences
-- Sequences, how far they are, and the column that each one numbers.
select n.nspname::text as schema, c.relname::text as name, s.seqmax as value_max,
       s.seqincrement as increment,
       case when has_sequence_privilege(c.oid, 'select, usage')
            then pg_sequence_last_value(c.oid) end as last_value,
       owner_schema.nspname::text as table_schema, owner.relname::text as table_name,
       a.attname::text as column_name
from pg_catalog.pg_sequence s
join pg_catalog.pg_class c on c.oid = s.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass
  and d.objid = c.oid and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
  and d.deptype in ('a', 'i')
left join pg_catalog.pg_class owner on owner.oid = d.refobjid
left join pg_catalog.pg_namespace owner_schema on owner_schema.oid = owner.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = owner.oid and a.attnum = d.refobjsubid
where c.relnamespace = any(%(schemas)s)
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_class'::regclass and e.objid = c.oid
                    and e.deptype = 'e')
order by n.nspname, c.relname

-- name: enumerations
-- Enum types and their labels, in order.
select n.nspname::text as schema, t.typname::text as name,
       array(select e.enumlabel::text from pg_catalog.pg_enum e where e.enumtypid = t.oid
             order by e.enumsortorder) as labels
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where t.typtype = 'e' and t.typnamespace = any(%(schemas)s)
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = t.oid
                    and e.deptype = 'e')
order by n.nspname, t.typname

-- name: extensions
-- Extensions, and the schema that each one's objects stand in.
select e.extname::text as name, n.nspname::text as schema
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
order by e.extname

-- name: bypass_roles
-- Roles that no policy holds for.
select rolname::text as name
from pg_catalog.pg_roles
where (rolsuper or rolbypassrls) and rolname not like 'pg\_%%'
order by rolname

-- name: buckets
-- The buckets of the platform's object storage.
select id::text as name from storage.buckets order by id

-- name: activity
-- What the server knows of each table's size and last change; partitions are added to their parent.
select t.oid,
       coalesce(sum(greatest(leaf.reltuples::bigint, s.n_live_tup, 0)), 0)::bigint
         as rows_estimated,
       coalesce(sum(pg_relation_size(leaf.oid)), 0)::bigint as size_bytes,
       coalesce(bool_or(leaf.reltuples >= 0 or s.n_live_tup > 0), false) as is_estimated,
       bool_or(row_security_active(t.oid)) as is_filtered,
       bool_and(has_table_privilege(t.oid, 'select')
                and has_schema_privilege(whole.relnamespace, 'usage')) as is_readable,
       greatest(max(s.last_autoanalyze), max(s.last_autovacuum)) as seen_at,
       current_setting('track_commit_timestamp')::boolean as has_commit_times
from unnest(%(relations)s::oid[]) t(oid)
join pg_catalog.pg_class whole on whole.oid = t.oid
left join lateral (
  select leaf_class.oid, leaf_class.reltuples
  from pg_catalog.pg_partition_tree(t.oid) tree
  join pg_catalog.pg_class leaf_class on leaf_class.oid = tree.relid
  where tree.isleaf
  union all
  select whole.oid, whole.reltuples where whole.relkind = 'r' and not whole.relispartition
) leaf on true
left join pg_catalog.pg_stat_all_tables s on s.relid = leaf.oid
group by t.oid
