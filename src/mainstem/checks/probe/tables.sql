-- Every declared table that exists. A LOCAL one may be opened to tenants by a policy.
select d.schema_name as schema, d.table_name as name, d.label, d.class as table_class,
       coalesce(d.scope, case when d.class = 'LOCAL' and 'client_id' = any (has.names) then 'client' end)
         as scope,
       'app_context' = any (has.names) as has_app_context, c.relkind = 'p' as is_partitioned,
       d.class <> 'LOCAL' or exists (select from our_policy as p where p.relation = d.relation)
         as is_open,
       has_table_privilege('authenticated', d.relation, 'delete') as is_deletable,
       d.app
from declared as d
join pg_class as c on c.oid = d.relation
cross join lateral (
  select array_agg(a.attname) as names from pg_attribute as a where a.attrelid = d.relation
) as has
order by d.label
