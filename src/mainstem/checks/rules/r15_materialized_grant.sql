-- rule: 15
-- Nothing is granted on materialized views.
--
-- They hold rows of all tenants and know no row-level security; a security_invoker view that
-- filters by tenant stands in front of one.
select g.label as object, 'is a materialized view and grants ' || g.privilege || ' to ' || g.role
         as message,
       'revoke all on ' || g.relation::regclass || ' from ' || g.role as fix
from our_grant as g
where g.kind = 'm'
order by 1
