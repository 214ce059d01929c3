-- The columns that a statement may name: generated ones are left out.
select d.label, a.attname as name, base.typname as type_name,
       case when base.typname in ('varchar', 'bpchar') and greatest(a.atttypmod, t.typtypmod) > 4
            then greatest(a.atttypmod, t.typtypmod) - 4 end as length_max,
       base.typcategory = 'A' as is_array, a.attnotnull as is_required,
       a.atthasdef or a.attidentity <> '' as has_default,
       has_column_privilege('authenticated', d.relation, a.attnum, 'insert') as is_insertable,
       has_column_privilege('authenticated', d.relation, a.attnum, 'update') as is_updatable
from declared as d
join pg_attribute as a on a.attrelid = d.relation and a.attnum > 0 and not a.attisdropped
join pg_type as t on t.oid = a.atttypid
join pg_type as base on base.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
where a.attgenerated = '' and a.attidentity <> 'a'
order by d.label, a.attnum
