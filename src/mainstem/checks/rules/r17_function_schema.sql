-- rule: 17
-- Our functions live in schema app.
--
-- In public they would be found by an unqualified name, which anybody's search_path can redirect,
-- and the data API would offer them.
select f.label as object, 'is a function in schema ' || f.schema_name as message,
       'create it in schema app' as fix
from our_function as f
where f.schema_name <> 'app'
order by 1
