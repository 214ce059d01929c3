-- What no request may read by its name: partitions, materialized views, and the schemas app and
-- unify, but for LOCAL tables that a policy opens to tenants.
select n.nspname as schema, c.relname as name,
       case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as label
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('public', 'legacy') and (c.relispartition and c.relkind in ('r', 'p') or c.relkind = 'm')
   or (n.nspname = 'app' or n.nspname ~ '^unify') and c.relkind in ('r', 'p', 'm')
      and not exists (select from our_policy as p where p.relation = c.oid)
order by 3
