-- rule: 7
-- TENANT references TENANT by (agency_id, x_id), with client_id between where both tables' rows all belong to a client, TENANT references GLOBAL by one column, GLOBAL never references TENANT.
--
-- So a row cannot point into another tenant, nor into another client, whatever the code does.
select k.label as object,
       'has the foreign key ' || k.name || ' (' || array_to_string(k.columns, ', ') || ') to '
         || coalesce(target.label, k.target::regclass::text) || ' ('
         || array_to_string(k.target_columns, ', ') || '): ' || test.problem as message,
       test.fix
from our_constraint as k
left join our_table as target on target.relation = k.target
cross join lateral (
  -- Whether no row of either table is without a client.
  select count(*) = 2 and k.relation <> k.target or count(*) = 1 and k.relation = k.target as is_kept
  from our_column as c join our_table as t on t.relation = c.relation and t.scope = 'client'
  where c.relation in (k.relation, k.target) and c.name = 'client_id' and c.is_required
) as border
cross join lateral (values
  (target.class is null, 'the target has no class', 'declare the target'),
  (k.class = 'TENANT' and target.class = 'TENANT' and not border.is_kept
     and (cardinality(k.columns) <> 2 or k.columns[1] <> 'agency_id'
          or k.target_columns <> array['agency_id', 'id']),
   'between TENANT tables it is (agency_id, x_id) to (agency_id, id)',
   'foreign key (agency_id, x_id) references x (agency_id, id)'),
  (k.class = 'TENANT' and target.class = 'TENANT' and border.is_kept
     and (cardinality(k.columns) <> 3 or k.columns[1:2] <> array['agency_id', 'client_id']
          or k.target_columns <> array['agency_id', 'client_id', 'id']),
   'between rows of clients it is (agency_id, client_id, x_id) to (agency_id, client_id, id)',
   'foreign key (agency_id, client_id, x_id) references x (agency_id, client_id, id)'),
  (k.class = 'TENANT' and target.class = 'GLOBAL' and cardinality(k.columns) <> 1,
   'to a GLOBAL table it is one column', 'foreign key (x_id) references x (id)'),
  (k.class = 'TENANT' and target.class = 'LOCAL', 'a TENANT table cannot reference a LOCAL one',
   'drop the constraint'),
  (k.class = 'GLOBAL' and target.class = 'TENANT', 'a GLOBAL table cannot reference a TENANT one',
   'keep the relation in a TENANT table'),
  (k.class = 'GLOBAL' and target.class = 'LOCAL', 'a GLOBAL table cannot reference a LOCAL one',
   'drop the constraint')
) as test (is_broken, problem, fix)
where k.kind = 'f' and k.class is not null and test.is_broken
order by 1, 2
