-- Foreign keys; one to one where a unique index has the same columns and no condition.
select k.conrelid as oid, k.conname::text as name, parent.relname::text as referenced,
       array(select a.attname::text from unnest(k.conkey) with ordinality u(number, position)
             join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number
             order by u.position) as columns,
       array(select a.attname::text from unnest(k.confkey) with ordinality u(number, position)
             join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
             order by u.position) as referenced_columns,
       exists (select from pg_catalog.pg_index i
               where i.indrelid = k.conrelid and i.indisunique and i.indpred is null
                 and i.indnkeyatts = cardinality(k.conkey)
                 and array(select unnest(i.indkey::int2[]) order by 1 limit i.indnkeyatts)
                     = array(select unnest(k.conkey) order by 1)) as is_one_to_one
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class parent on parent.oid = k.confrelid
where k.contype = 'f' and k.conparentid = 0 and n.nspname = any(%(schemas)s)
order by k.conrelid, k.conname collate "C"
