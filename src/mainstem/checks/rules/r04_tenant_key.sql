-- rule: 4
-- A TENANT table's key is agency_id uuid not null, id uuid not null default app.uuid7(), primary key (agency_id, id).
--
-- Citus refuses a primary key on id alone; (id, agency_id) made tenant counts 3 to 7 times slower.
with wrong as (
  select t.label,
         case
           when c.name is null then 'has no column ' || wanted.name
           when c.type_name <> 'uuid' then wanted.name || ' is ' || c.type_name || ', not uuid'
           when not c.is_required then wanted.name || ' may be null'
           when wanted.name = 'id' and c.default_value is distinct from 'app.uuid7()'
             then 'id has ' || coalesce('default ' || c.default_value, 'no default')
                  || ' instead of app.uuid7()'
           when wanted.name = 'agency_id' and c.default_value is not null
             then 'agency_id has the default ' || c.default_value
         end as message
  from our_table as t
  cross join (values ('agency_id'), ('id')) as wanted (name)
  left join our_column as c on c.relation = t.relation and c.name = wanted.name
  where t.class = 'TENANT'
  union all
  select t.label,
         case
           when k.name is null then 'has no primary key'
           when k.columns <> array['agency_id', 'id']
             then 'has primary key (' || array_to_string(k.columns, ', ') || ')'
         end
  from our_table as t
  left join our_constraint as k on k.relation = t.relation and k.kind = 'p'
  where t.class = 'TENANT'
)
select w.label as object, w.message, 'a migration that gives it the key of rule 4' as fix
from wrong as w
where w.message is not null
order by 1, 2
