-- rule: 9
-- A TENANT table has exactly one policy, permissive, for all commands and roles, checking writes by the expression that it reads by.
--
-- Several permissive policies are joined by OR: each one added widens what is seen. A weaker
-- check lets a row be written that its writer may not see.
with counted as (
  select t.label, t.relation, count(p.policy) as policies
  from our_table as t
  left join our_policy as p on p.relation = t.relation
  where t.class = 'TENANT' or t.class = 'GLOBAL' and t.scope = 'agency'
  group by 1, 2
)
select c.label as object,
       case c.policies when 0 then 'has no policy'
            else 'has ' || c.policies || ' policies instead of one' end as message,
       'call app.add_policy(...), and drop any other' as fix
from counted as c
where c.policies <> 1
union all
select p.label,
       'has the policy ' || p.name || ' whose check differs from its using: '
         || coalesce(p.check_text, '(none)') || ' against ' || coalesce(p.using_text, '(none)'),
       'call app.add_policy(...)'
from our_policy as p
where (p.class = 'TENANT' or p.class = 'GLOBAL' and p.scope = 'agency')
  and p.using_text is distinct from p.check_text
union all
select p.label,
       'has the policy ' || p.name || ' for one command only', 'call app.add_policy(...)'
from our_policy as p
where (p.class = 'TENANT' or p.class = 'GLOBAL' and p.scope = 'agency') and p.command <> '*'
union all
select p.label,
       'has the policy ' || p.name || ' for some roles only', 'call app.add_policy(...)'
from our_policy as p
where (p.class = 'TENANT' or p.class = 'GLOBAL' and p.scope = 'agency') and p.roles <> '{0}'::oid[]
union all
select p.label,
       'has the policy ' || p.name || ' for writing: only service_role writes there',
       'create policy ... for select'
from our_policy as p
where p.class = 'GLOBAL' and p.scope = 'global' and p.command <> 'r'
order by 1, 2
