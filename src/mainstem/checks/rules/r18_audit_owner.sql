-- rule: 18
-- The owner of the audit functions has BYPASSRLS.
--
-- They write the trail of any tenant, under forced row-level security.
select f.label as object,
       'is owned by ' || r.rolname || ', who lacks BYPASSRLS, or does not run as its owner' as message,
       'alter function ' || f.function::regprocedure || ' owner to a role with BYPASSRLS' as fix
from our_function as f
join pg_roles as r on r.oid = f.owner
where f.schema_name = 'app' and f.name in ('audit', 'audit_agency')
  and not (f.is_definer and (r.rolsuper or r.rolbypassrls))
order by 1
