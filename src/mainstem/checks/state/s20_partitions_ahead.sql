-- rule: 25
-- Partitions exist from now to at least three periods ahead, without a gap.
--
-- Where none exists for an id's time, the insert fails. What is expected is worked out here from
-- the bounds in the catalog, not from names or from the register that the partitions are made by.
with bound as (
  select p.root, p.label,
         (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)'))[1]::uuid as low,
         (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::uuid as high
  from our_partition as p
  join pg_class as c on c.oid = p.relation
), wanted as (
  select t.relation, t.label, policy.period,
         date_trunc(policy.period, now() at time zone 'UTC')
           + n * ('1 ' || policy.period)::interval as starts
  from app.partition_policy as policy
  join our_table as t on t.schema_name = policy.schema_name and t.name = policy.table_name
  cross join generate_series(0, 3) as n
  where t.kind = 'p'
)
select w.label as object,
       'has no partition for the ' || w.period || ' from ' || to_char(w.starts, 'YYYY-MM-DD') as message,
       'select app.ensure_partitions()' as fix
from wanted as w
where not exists (
  select from bound as b
  where b.root = w.relation
    and b.low <= app.uuid7_floor(w.starts at time zone 'UTC')
    and b.high >= app.uuid7_floor((w.starts + ('1 ' || w.period)::interval) at time zone 'UTC'))
order by 1, 2
