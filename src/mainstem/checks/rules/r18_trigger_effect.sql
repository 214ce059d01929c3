-- rule: 18
-- Trigger functions know their table by an argument, do not notify, and touch no LOCAL table.
--
-- On Citus TG_TABLE_NAME is the shard's, NOTIFY runs on a worker, and LOCAL tables are elsewhere.
select f.label as object, 'is a trigger function that ' || test.problem as message, test.fix
from our_function as f
cross join lateral (values
  (f.source ~* '\mtg_(table_name|relname|relid)\M', 'reads TG_TABLE_NAME',
   'pass the name as an argument of the trigger'),
  (f.source ~* '\m(pg_notify|notify)\M', 'notifies', 'notify in the application''s transaction'),
  (exists (select from declared as d
           where d.class = 'LOCAL' and f.source ~* ('\m' || d.schema_name || '\.' || d.table_name || '\M')),
   'touches a LOCAL table', 'do it in the application''s transaction')
) as test (is_broken, problem, fix)
where f.is_trigger and test.is_broken
order by 1, 2
