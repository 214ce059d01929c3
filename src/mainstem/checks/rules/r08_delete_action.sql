-- rule: 8
-- A foreign key does cascade or no action on delete, and no action on update.
--
-- Citus refuses set null; the child is nulled in the same transaction. Keys are never updated.
select k.label as object,
       'has the foreign key ' || k.name || ': ' || k.definition as message,
       'on delete cascade, or no action' as fix
from our_constraint as k
where k.kind = 'f' and (k.on_delete not in ('a', 'c') or k.on_update <> 'a')
order by 1
