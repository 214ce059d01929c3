-- rule: 17
-- A function that runs as its owner cannot be called by anon, authenticated or public.
--
-- It sees every tenant. Trigger functions are exempt: they cannot be called by name.
select f.label as object, 'runs as its owner and may be called by ' || r.name as message,
       'revoke all on routine ' || f.function::regprocedure || ' from public, ' || r.name as fix
from our_function as f
cross join (select rolname as name, oid from pg_roles where rolname in ('anon', 'authenticated'))
  as r
where f.is_definer and not f.is_trigger and has_function_privilege(r.oid, f.function, 'execute')
order by 1, 2
