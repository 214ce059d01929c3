-- rule: 23
-- No enum types: an enumeration is text with a named check.
--
-- A value cannot be taken out of an enum, nor added and used in one transaction before version 12.
select n.nspname || '.' || t.typname as object, 'is an enum type' as message,
       'text, with a named check' as fix
from pg_type as t
join pg_namespace as n on n.oid = t.typnamespace
where t.typtype = 'e' and n.nspname in ('public', 'app', 'legacy')
  and not exists (select from pg_depend as d
                  where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
order by 1
