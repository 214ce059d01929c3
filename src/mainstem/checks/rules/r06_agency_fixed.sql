-- rule: 6
-- The agency and the id of a row cannot be updated: no grant on the columns, and a trigger that refuses.
--
-- The grant stops tenants; the trigger stops our own code and service_role as well.
select g.label as object,
       'lets ' || g.role || ' use ' || g.privilege as message,
       'revoke it; call app.grant_columns(...)' as fix
from our_grant as g
where g.class = 'TENANT' and g.role <> 'service_role' and g.privilege = 'UPDATE'
   or not g.is_partition and g.role <> 'service_role'
      and g.privilege in ('UPDATE (agency_id)', 'UPDATE (id)')
union all
select t.label, 'has no trigger that refuses to change its key', 'call app.add_triggers(...)'
from our_table as t
where t.class = 'TENANT'
  and not exists (
    select
    from pg_trigger as g
    where g.tgrelid = t.relation and g.tgfoid = to_regproc('app.refuse_rekey')
      and g.tgenabled in ('O', 'A')
      and g.tgtype & 19 = 19  -- for each row, before, update
      and (select array_agg(a.attname::text order by a.attname)
           from unnest(g.tgattr::int2[]) as u (number)
           join pg_attribute as a on a.attrelid = t.relation and a.attnum = u.number)
          @> array['agency_id', 'id'])
order by 1
