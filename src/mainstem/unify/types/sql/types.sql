-- Every type, with what it is made of.
select t.oid, n.nspname::text as schema, t.typname::text as name, t.typtype::text as kind,
       case when t.typcategory = 'A' then t.typelem else 0 end as element,
       t.typbasetype as base, coalesce(c.relkind::text, '') as relation_kind, t.typrelid as relation,
       c.relname::text as relation_name,
       array(select e.enumlabel::text from pg_catalog.pg_enum e where e.enumtypid = t.oid
             order by e.enumsortorder) as labels,
       exists (select from pg_catalog.pg_depend e
               where e.classid = 'pg_catalog.pg_type'::regclass and e.objid = t.oid
                 and e.deptype = 'e') as is_of_extension
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_class c on c.oid = t.typrelid
order by n.nspname, t.typname collate "C"
