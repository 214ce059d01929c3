-- rule: 14
-- Every partition has row-level security enabled and forced, and nothing granted.
--
-- Partitions do not inherit it: a direct read returned every tenant's rows on all four servers.
select p.label as object,
       case when not p.is_secured then 'is a partition with row-level security off'
            else 'is a partition that does not force row-level security' end as message,
       'alter table ' || p.relation::regclass || ' enable row level security, force row level security'
         as fix
from our_partition as p
where not (p.is_secured and p.is_forced)
union all
select g.label, 'is a partition and grants ' || g.privilege || ' to ' || g.role,
       'revoke all on ' || g.relation::regclass || ' from ' || g.role
from our_grant as g
where g.is_partition
order by 1
