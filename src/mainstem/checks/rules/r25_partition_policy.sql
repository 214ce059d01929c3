-- rule: 25
-- Every partitioned table stands in app.partition_policy, and every row there has its partitioned table.
--
-- A table that is not registered gets no new partitions, and from then on every insert fails.
select t.label as object, 'is partitioned but has no row in app.partition_policy' as message,
       'insert its period and retention into app.partition_policy in a migration' as fix
from our_table as t
where t.kind = 'p'
  and not exists (select from app.partition_policy as p
                  where p.schema_name = t.schema_name and p.table_name = t.name)
union all
select p.table_name, 'has a row in app.partition_policy but is not partitioned',
       'delete the row, or partition the table'
from app.partition_policy as p
where not exists (select from our_table as t
                  where t.schema_name = p.schema_name and t.name = p.table_name and t.kind = 'p')
order by 1
