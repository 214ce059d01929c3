-- rule: 17
-- Nothing of ours stands in schema auth.
--
-- On Supabase it belongs to the platform, which changes it without asking.
select n.nspname || '.' || found.name as object,
       'stands in schema auth and belongs to the owner of schema app' as message,
       'move it to schema app' as fix
from pg_namespace as n
join pg_namespace as ours on ours.nspname = 'app'
cross join lateral (
  select c.relname as name from pg_class as c
  where c.relnamespace = n.oid and c.relowner = ours.nspowner and c.relkind in ('r', 'p', 'v', 'm')
  union all
  select p.proname from pg_proc as p
  where p.pronamespace = n.oid and p.proowner = ours.nspowner
) as found
where n.nspname = 'auth'
order by 1
