-- rule: 16
-- The roles anon, authenticated and service_role exist; the first two obey row-level security and own nothing.
--
-- Whoever has BYPASSRLS, is a superuser, owns a table or may become such a role sees every tenant.
with wanted (name) as (values ('anon'), ('authenticated'), ('service_role'))
select w.name as object, 'is a role that does not exist' as message, 'run `mainstem db migrate`' as fix
from wanted as w
where not exists (select from pg_roles as r where r.rolname = w.name)
union all
select r.rolname, 'has BYPASSRLS or is a superuser',
       'alter role ' || quote_ident(r.rolname) || ' nosuperuser nobypassrls'
from pg_roles as r
where r.rolname in ('anon', 'authenticated') and (r.rolsuper or r.rolbypassrls)
union all
select r.rolname, 'lacks BYPASSRLS, which background work needs', 'alter role service_role bypassrls'
from pg_roles as r
where r.rolname = 'service_role' and not (r.rolsuper or r.rolbypassrls)
union all
select r.rolname, 'owns ' || o.label, 'alter ... owner to the role that runs the migrations'
from pg_roles as r
join our_relation as o on o.owner = r.oid
where r.rolname in ('anon', 'authenticated') and o.kind in ('r', 'p', 'v', 'm')
union all
select r.rolname, 'is a member of ' || other.rolname || ', which does not obey row-level security',
       'revoke ' || quote_ident(other.rolname) || ' from ' || quote_ident(r.rolname)
from pg_roles as r
join pg_roles as other on other.oid <> r.oid and (other.rolsuper or other.rolbypassrls)
where r.rolname in ('anon', 'authenticated') and not r.rolsuper
  and pg_has_role(r.oid, other.oid, 'member')
order by 1
