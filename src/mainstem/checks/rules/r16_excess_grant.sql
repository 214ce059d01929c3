-- rule: 16
-- Requests are granted reading and writing rows only, nothing to public or anon, and in schema app nothing that has no policy.
--
-- TRUNCATE knows no row-level security. Supabase grants everything on new tables to its roles, so
-- a table that was made without app.protect is open.
select g.label as object, 'grants ' || g.privilege || ' to ' || g.role as message,
       'revoke ' || g.privilege || ' on ' || g.relation::regclass || ' from ' || g.role as fix
from our_grant as g
where g.kind in ('r', 'p', 'v', 'S') and not g.is_partition
  and (g.role in ('public', 'anon')
    or g.role = 'authenticated' and g.schema_name = 'app'
       and not exists (select from our_policy as p where p.relation = g.relation)
    or g.role = 'authenticated' and g.kind in ('r', 'p', 'v')
       and g.privilege !~ '^(SELECT|INSERT|UPDATE|DELETE)\M')
order by 1, 2
