-- rule: 22
-- Only what PostgreSQL 15 knows and every build has: no ICU collation, no lz4, no virtual column, no temporal or unenforced constraint.
--
-- The same files must apply to PostgreSQL 15 to 18 and to the embedded server, which lacks ICU and lz4.
select c.label || '.' || c.name as object, test.problem as message,
       'write it in the common subset' as fix
from our_column as c
left join pg_collation as l on l.oid = c.collation
cross join lateral (values
  (l.collprovider not in ('d', 'c', 'b'), 'has the collation ' || l.collname),
  (c.compression = 'l', 'is compressed with lz4'),
  (c.generated = 'v', 'is a virtual generated column')
) as test (is_broken, problem)
where test.is_broken
union all
select k.label, 'has the constraint ' || k.name || ', which PostgreSQL 15 does not know: '
         || k.definition,
       'write it in the common subset'
from our_constraint as k
where (k.raw ->> 'conperiod')::boolean or not coalesce((k.raw ->> 'conenforced')::boolean, true)
order by 1
