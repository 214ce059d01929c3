-- The unique indexes, by name.
select i.label, i.name, array_remove(i.columns, null) as columns
from our_index as i
where i.is_unique and i.class is not null
order by i.label, i.name
