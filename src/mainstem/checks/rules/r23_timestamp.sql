-- rule: 23
-- Every timestamp is timestamptz.
--
-- A timestamp without a zone means another moment on each machine that reads it.
select c.label || '.' || c.name as object, 'is ' || c.type_name as message,
       'alter column type timestamptz' as fix
from our_column as c
where c.type in ('timestamp'::regtype, 'timestamp[]'::regtype, 'timetz'::regtype)
order by 1
