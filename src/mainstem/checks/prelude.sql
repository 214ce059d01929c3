-- What the checks read instead of the raw catalog: temporary views, gone with the transaction.
-- Ours are the schemas public, app and legacy, without what extensions put there.

-- The manifest of classes; in a database without app.table_class the runner makes an empty one.
create temporary view declared as
select m.schema_name, m.table_name, m.class, m.scope, m.app, m.has_app_context, m.high_volume,
       case m.schema_name when 'public' then '' else m.schema_name || '.' end || m.table_name as label,
       c.oid as relation
from {manifest} as m
left join pg_namespace as n on n.nspname = m.schema_name
left join pg_class as c
  on c.relnamespace = n.oid and c.relname = m.table_name and c.relkind in ('r', 'p');

-- Every relation of ours, partitions and indexes included.
create temporary view our_relation as
select c.oid as relation, n.nspname as schema_name, c.relname as name, c.relkind as kind,
       c.relispartition as is_partition, c.relrowsecurity as is_secured,
       c.relforcerowsecurity as is_forced, c.relpersistence as persistence,
       c.reloptions as options, c.relacl as acl, c.relowner as owner, c.relam as access_method,
       case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as label
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'app', 'legacy')
  and not exists (select from pg_depend as d
                  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');

-- The tables themselves: not the partitions, which mirror their parent.
create temporary view our_table as
select r.*, d.class, d.scope, d.app, d.has_app_context, d.high_volume
from our_relation as r
left join declared as d on d.relation = r.relation
where r.kind in ('r', 'p') and not r.is_partition and r.schema_name <> 'legacy';

create temporary view our_partition as
select r.*, pg_partition_root(r.relation)::oid as root
from our_relation as r
where r.kind in ('r', 'p') and r.is_partition;

create temporary view our_column as
select r.relation, r.label, r.class, a.attnum as number, a.attname as name, a.atttypid as type,
       format_type(a.atttypid, a.atttypmod) as type_name, a.attnotnull as is_required,
       a.attcollation as collation, a.attcompression as compression, a.attgenerated as generated,
       pg_get_expr(v.adbin, v.adrelid) as default_value
from our_table as r
join pg_attribute as a on a.attrelid = r.relation and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as v on v.adrelid = a.attrelid and v.adnum = a.attnum;

-- Constraints on our tables, with the names of their columns; copies for partitions are left out.
create temporary view our_constraint as
select k.oid as constraint_id, k.conname as name, k.contype as kind, t.relation, t.label, t.class,
       k.confrelid as target, k.confdeltype as on_delete, k.confupdtype as on_update,
       k.convalidated as is_valid, pg_get_constraintdef(k.oid) as definition, k.conindid as index,
       to_jsonb(k) as raw, k.conkey as column_numbers,
       (select array_agg(a.attname::text order by u.place)
        from unnest(k.conkey) with ordinality as u (number, place)
        join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.number) as columns,
       (select array_agg(a.attname::text order by u.place)
        from unnest(k.confkey) with ordinality as u (number, place)
        join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.number) as target_columns
from pg_constraint as k
join our_table as t on t.relation = k.conrelid
where k.conparentid = 0;

-- Indexes on our tables, with the names of their key columns; an expression counts as null.
create temporary view our_index as
select x.indexrelid as index, i.relname as name, t.relation, t.label, t.class,
       x.indisunique as is_unique, x.indisvalid as is_valid,
       pg_get_expr(x.indpred, x.indrelid) as predicate,
       (select array_agg(a.attname::text order by u.place)
        from unnest(x.indkey::int2[]) with ordinality as u (number, place)
        left join pg_attribute as a
          on a.attrelid = x.indrelid and a.attnum = u.number and u.number > 0
        where u.place <= x.indnkeyatts) as columns
from pg_index as x
join pg_class as i on i.oid = x.indexrelid
join our_table as t on t.relation = x.indrelid;

create temporary view our_policy as
select p.oid as policy, p.polname as name, p.polrelid as relation, r.label, r.class, r.scope,
       p.polcmd as command, p.polroles as roles, p.polpermissive as is_permissive,
       pg_get_expr(p.polqual, p.polrelid) as using_text,
       pg_get_expr(p.polwithcheck, p.polrelid) as check_text
from pg_policy as p
join our_table as r on r.relation = p.polrelid;

create temporary view our_function as
select p.oid as function, n.nspname as schema_name, p.proname as name, p.prokind as kind,
       l.lanname as language, p.provolatile as volatility, p.proparallel as parallel,
       p.prosecdef as is_definer, p.proconfig as settings, p.prosqlbody is not null as is_bound,
       p.prosrc as source, p.proowner as owner, p.prorettype = 'trigger'::regtype as is_trigger,
       p.proisstrict as is_strict, p.proacl as acl,
       n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'
         as label
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
join pg_language as l on l.oid = p.prolang
where n.nspname in ('public', 'app', 'legacy')
  and not exists (select from pg_depend as d
                  where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');

-- Functions that policies call, directly or through each other.
create temporary view policy_function as
with recursive called (function) as (
  select d.refobjid
  from pg_depend as d
  join our_policy as p on d.classid = 'pg_policy'::regclass and d.objid = p.policy
  where d.refclassid = 'pg_proc'::regclass
  union
  select d.refobjid
  from called
  join pg_depend as d on d.classid = 'pg_proc'::regclass and d.objid = called.function
  where d.refclassid = 'pg_proc'::regclass and d.deptype = 'n'
)
select f.* from our_function as f join called on called.function = f.function;

-- What the roles of requests were granted on our relations.
create temporary view our_grant as
select r.relation, r.label, r.kind, r.is_partition, r.schema_name, r.class,
       coalesce(g.rolname, 'public') as role, e.privilege_type as privilege
from (select r.*, t.class from our_relation as r left join our_table as t using (relation)) as r
cross join lateral aclexplode(r.acl) as e
left join pg_roles as g on g.oid = e.grantee
where e.grantee = 0 or g.rolname in ('anon', 'authenticated', 'service_role')
union
select r.relation, r.label, r.kind, r.is_partition, r.schema_name, null,
       coalesce(g.rolname, 'public'), e.privilege_type || ' (' || a.attname || ')'
from our_relation as r
join pg_attribute as a on a.attrelid = r.relation and a.attacl is not null
cross join lateral aclexplode(a.attacl) as e
left join pg_roles as g on g.oid = e.grantee
where e.grantee = 0 or g.rolname in ('anon', 'authenticated', 'service_role');
