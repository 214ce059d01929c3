-- The views of public that requests may read.
select r.schema_name as schema, r.name, r.label,
       array(select a.attname::text from pg_attribute as a
             where a.attrelid = r.relation and a.attnum > 0 and not a.attisdropped) as columns
from our_relation as r
where r.kind = 'v' and has_table_privilege('authenticated', r.relation, 'select')
order by r.label
