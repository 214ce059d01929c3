-- rule: 25
-- A partitioned table is partitioned by range of id alone, has no DEFAULT partition, and its partitions are named by month or week.
--
-- So that the primary key stays (agency_id, id). One stray row in a DEFAULT partition blocks making
-- the real one.
select t.label as object,
       'is partitioned by ' || pg_get_partkeydef(t.relation) || ' instead of range (id)' as message,
       'partition by range (id)' as fix
from our_table as t
where t.kind = 'p' and pg_get_partkeydef(t.relation) <> 'RANGE (id)'
union all
select p.label, 'is a DEFAULT partition', 'move its rows, then detach and drop it'
from our_partition as p
join pg_partitioned_table as r on r.partdefid = p.relation
union all
select p.label, 'is a partition whose name has neither month nor week',
       'rename it: ' || root.relname || '_2026_11 or ' || root.relname || '_2026_w47'
from our_partition as p
join pg_class as root on root.oid = p.root
where p.name !~ ('^' || root.relname || '_\d{4}_(\d{2}|w\d{2})$')
order by 1
