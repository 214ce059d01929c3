-- rule: 22
-- Nothing of ours needs an extension other than vector.
--
-- The embedded server has no pgcrypto, citext, pg_trgm, uuid-ossp or btree_gist. Extensions that a
-- platform installs for itself do no harm as long as nothing depends on them.
with ours (classid, objid, label) as (
  select 'pg_class'::regclass, r.relation, r.label from our_relation as r
  union all select 'pg_proc'::regclass, f.function, f.label from our_function as f
  union all select 'pg_type'::regclass, t.oid, n.nspname || '.' || t.typname
  from pg_type as t join pg_namespace as n on n.oid = t.typnamespace
  where t.typtype = 'd' and n.nspname in ('public', 'app')
  union all select 'pg_attrdef'::regclass, v.oid, t.label
  from our_table as t join pg_attrdef as v on v.adrelid = t.relation
  union all select 'pg_constraint'::regclass, k.constraint_id, k.label from our_constraint as k
  union all select 'pg_policy'::regclass, p.policy, p.label from our_policy as p
  union all select 'pg_rewrite'::regclass, w.oid, r.label
  from our_relation as r join pg_rewrite as w on w.ev_class = r.relation
  union all select 'pg_trigger'::regclass, g.oid, t.label
  from our_table as t join pg_trigger as g on g.tgrelid = t.relation
)
select distinct o.label as object, 'needs the extension ' || x.extname as message,
       'write it without; case-insensitive uniqueness is an index on lower(...)' as fix
from ours as o
join pg_depend as d on d.classid = o.classid and d.objid = o.objid and d.deptype <> 'e'
join pg_depend as member on member.classid = d.refclassid and member.objid = d.refobjid
  and member.deptype = 'e' and member.refclassid = 'pg_extension'::regclass
join pg_extension as x on x.oid = member.refobjid
where x.extname not in ('plpgsql', 'vector')
order by 1
