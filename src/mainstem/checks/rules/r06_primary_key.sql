-- rule: 6
-- Every table has a primary key and none is unlogged, partitions included.
--
-- One offender blocks moving tenants for all, and an unlogged table is empty after a crash.
select t.label as object, 'has no primary key' as message, 'add one in a migration' as fix
from our_table as t
where not exists (
  select from our_constraint as k where k.relation = t.relation and k.kind = 'p')
union all
select r.label, 'is unlogged', 'alter table ' || r.relation::regclass || ' set logged'
from our_relation as r
where r.kind in ('r', 'p') and r.persistence = 'u'
order by 1
