-- rule: 17
-- Every other function has search_path set to pg_catalog, pg_temp, or a body that was bound at creation.
--
-- Otherwise the caller decides what its names mean: by a search_path of their own, and where pg_temp
-- is not named last, as with an empty path, by a temporary type or table called like a common one.
select f.label as object, 'resolves names in schemas that the caller may fill' as message,
       'alter routine ' || f.function::regprocedure || ' set search_path = pg_catalog, pg_temp' as fix
from our_function as f
where f.language in ('sql', 'plpgsql')
  and not (f.language = 'sql' and f.is_bound)
  and not coalesce(f.settings @> array['search_path=pg_catalog, pg_temp'], false)
order by 1
