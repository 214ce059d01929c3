-- rule: 8
-- Every foreign key has an index, led by agency_id in TENANT tables.
--
-- Without it, deleting one parent reads the whole child table. A partial index counts when it
-- leaves out nothing but rows whose reference is null. A client that the reference carries need
-- not be in it: within an agency an id says whose the row is.
select k.label as object,
       'has no index for its foreign key ' || k.name || ' ('
         || array_to_string(k.columns, ', ') || ')' as message,
       'create index on ' || k.relation::regclass || ' ('
         || array_to_string(wanted.columns, ', ') || ')' as fix
from our_constraint as k
cross join lateral (
  select case when k.class = 'TENANT' and 'agency_id' <> all (k.columns)
              then array['agency_id'] || k.columns
              when cardinality(k.columns) = 3 then array_remove(k.columns, 'client_id')
              else k.columns end as columns
) as wanted
where k.kind = 'f'
  and not exists (
    select
    from our_index as i
    where i.relation = k.relation and i.is_valid
      and (k.class <> 'TENANT' or i.columns[1] = 'agency_id')
      and i.columns[1:cardinality(wanted.columns)] @> wanted.columns
      and (i.predicate is null
           or i.predicate = any (select '(' || quote_ident(u.name) || ' IS NOT NULL)'
                                 from unnest(k.columns) as u (name))))
order by 1, 2
