-- rule: 19
-- Our functions use no MERGE and no volatile function in an update.
--
-- Citus refuses both. (Queries outside the database are reviewed: docs/reference/checks.md.)
select f.label as object, 'uses MERGE' as message, 'insert ... on conflict do update' as fix
from our_function as f
where f.language in ('sql', 'plpgsql') and f.source ~* '\mmerge\s+into\M'
union all
select f.label, 'updates with a volatile function', 'compute the value first'
from our_function as f
where f.language in ('sql', 'plpgsql')
  and f.source ~* '\mset\s+\w+\s*=\s*(clock_timestamp|random|gen_random_uuid|app\.uuid7)\s*\('
order by 1
