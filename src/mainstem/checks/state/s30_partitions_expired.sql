-- rule: 25
-- Partitions whose rows are all older than the table's retention are gone.
--
-- Keeping them breaks the promise of how long data is held. Partitions that an import filled are
-- spared where the table's policy says so. One period of grace: retention runs once a period.
select p.label as object,
       'is past the retention of ' || policy.retention || ' of ' || policy.table_name as message,
       'select * from app.drop_expired_partitions()' as fix
from our_partition as p
join pg_class as c on c.oid = p.relation
join our_table as t on t.relation = p.root
join app.partition_policy as policy
  on policy.schema_name = t.schema_name and policy.table_name = t.name
left join app.partition as known on known.schema_name = p.schema_name and known.name = p.name
where app.uuid7_time(
        (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::uuid)
      < now() - policy.retention - ('1 ' || policy.period)::interval
  and not (coalesce(known.holds_imported, false) and policy.keep_imported)
order by 1
