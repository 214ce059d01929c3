-- rule: 17
-- Every other function has search_path set to nothing, or a body that was bound at creation.
--
-- Otherwise the caller's search_path decides which table or function its names mean.
select f.label as object, 'resolves names by the caller''s search_path' as message,
       'alter routine ' || f.function::regprocedure || ' set search_path = ''''' as fix
from our_function as f
where f.language in ('sql', 'plpgsql')
  and not (f.language = 'sql' and f.is_bound)
  and not coalesce(f.settings @> array['search_path=""'], false)
order by 1
