-- rule: 1
-- What a table declares (class, scope, app_context) is what its columns say.
--
-- A TENANT table without agency_id, or one of client scope without client_id, cannot be isolated by
-- any policy; a GLOBAL table with an agency_id of its own would need one.
select d.label as object,
       'is declared ' || d.class || ' of scope ' || coalesce(d.scope, '-') || ' but '
         || mismatch as message,
       'correct the table, or its row in app.table_class, in a migration' as fix
from declared as d
cross join lateral (
  select array_agg(a.attname::text) as names
  from pg_attribute as a
  where a.attrelid = d.relation and a.attnum > 0 and not a.attisdropped
) as has
cross join lateral (values
  (d.class = 'TENANT' and 'agency_id' <> all (has.names), 'has no agency_id'),
  (d.class = 'GLOBAL' and d.scope = 'global' and 'agency_id' = any (has.names), 'has an agency_id'),
  (d.class = 'TENANT' and d.scope = 'client' and 'client_id' <> all (has.names)
     and d.table_name <> 'client', 'has no client_id'),
  (d.class = 'TENANT' and d.scope = 'user' and 'user_id' <> all (has.names), 'has no user_id'),
  (d.class <> 'LOCAL' and d.has_app_context <> ('app_context' = any (has.names)),
     case when d.has_app_context then 'has no app_context' else 'has an undeclared app_context' end),
  (d.class = 'LOCAL' and d.schema_name = 'public', 'stands in schema public'),
  (d.class <> 'LOCAL' and d.schema_name <> 'public', 'does not stand in schema public')
) as test (is_broken, mismatch)
where d.relation is not null and test.is_broken
order by 1
