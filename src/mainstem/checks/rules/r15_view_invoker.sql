-- rule: 15
-- Every view has security_invoker = true.
--
-- Without it a view reads as its owner: one leaked all 100,000 rows.
select r.label as object, 'is a view that reads as its owner' as message,
       'alter view ' || r.relation::regclass || ' set (security_invoker = true)' as fix
from our_relation as r
where r.kind = 'v'
  and not exists (
    select from pg_options_to_table(r.options) as o
    where o.option_name = 'security_invoker' and o.option_value::boolean)
order by 1
