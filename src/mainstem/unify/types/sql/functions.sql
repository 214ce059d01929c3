-- Functions that a client can call: no triggers, nothing of an extension.
select n.nspname::text as schema, p.proname::text as name, p.prorettype as returns,
       p.proretset as is_set, p.pronargdefaults as default_count,
       coalesce(p.proallargtypes, p.proargtypes::oid[])::int8[] as types,
       coalesce(p.proargnames::text[], '{}') as names,
       coalesce(p.proargmodes::text[], '{}') as modes
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname = any(%(schemas)s) and p.prokind = 'f'
  and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
  and not exists (select from pg_catalog.pg_depend e
                  where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid
                    and e.deptype = 'e')
order by n.nspname, p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"
