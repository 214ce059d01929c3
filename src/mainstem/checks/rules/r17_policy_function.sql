-- rule: 17
-- A function used in policies is SQL with a return body, stable, parallel safe, without a SET clause.
--
-- Anything else is not inlined: it is called for every row and cannot become an index condition.
select f.label as object, 'is used in policies and ' || test.problem as message,
       'language sql stable parallel safe return ...' as fix
from policy_function as f
cross join lateral (values
  (f.language not in ('sql', 'internal'), 'is written in ' || f.language),
  (f.language = 'sql' and not f.is_bound, 'has a body of text instead of return'),
  (f.volatility <> 's', 'is not stable'),
  (f.parallel <> 's', 'is not parallel safe'),
  (f.settings is not null, 'has a SET clause'),
  (f.is_definer, 'is security definer'),
  (f.is_strict, 'is strict')
) as test (is_broken, problem)
where test.is_broken
order by 1, 2
