-- rule: 17
-- The roles of requests can create nothing in schemas public and app.
--
-- What they create there could stand in for what our code means. Databases that come from before
-- PostgreSQL 15 let everybody create in public.
select n.nspname as object, 'lets ' || r.rolname || ' create objects in the schema' as message,
       'revoke create on schema ' || n.nspname || ' from public, ' || r.rolname as fix
from pg_namespace as n
cross join pg_roles as r
where n.nspname in ('public', 'app') and r.rolname in ('anon', 'authenticated')
  and not r.rolsuper and has_schema_privilege(r.oid, n.oid, 'create')
order by 1, 2
