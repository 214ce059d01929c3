-- No index is invalid and no constraint unvalidated.
--
-- That is what a concurrent build that failed, or a load that was broken off, leaves behind: the
-- object is listed, but the server does not enforce or use it.
select i.label as object, 'has the invalid index ' || i.name as message,
       'drop it and build it again' as fix
from our_index as i
where not i.is_valid
union all
select k.label, 'has the constraint ' || k.name || ' that was never validated',
       'alter table ' || k.relation::regclass || ' validate constraint ' || quote_ident(k.name)
from our_constraint as k
where not k.is_valid and coalesce((k.raw ->> 'conenforced')::boolean, true)
order by 1
