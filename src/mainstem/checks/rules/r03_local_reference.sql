-- rule: 3
-- LOCAL tables have foreign keys only to LOCAL and GLOBAL tables.
--
-- To a TENANT table Citus accepts the definition, and then every insert fails.
select k.label as object,
       'is LOCAL and its foreign key ' || k.name || ' points to the '
         || coalesce(target.class, 'undeclared') || ' table '
         || coalesce(target.label, k.target::regclass::text) as message,
       'drop the constraint; keep the id as a plain column' as fix
from our_constraint as k
left join our_table as target on target.relation = k.target
where k.kind = 'f' and k.class = 'LOCAL' and coalesce(target.class, 'TENANT') = 'TENANT'
order by 1
