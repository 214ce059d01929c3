-- The foreign keys between declared tables.
select k.label, k.columns, target.label as target, k.target_columns
from our_constraint as k
join our_table as target on target.relation = k.target
where k.kind = 'f' and k.class is not null
order by k.label, k.name
