-- rule: 2
-- The GLOBAL tables are the six that the rules name, each with a policy.
--
-- On Citus each is a reference table: a write goes to every node, about seven times the cost. One
-- without a policy would show every agency's name or people to all.
with meant (name) as (values ('agency'), ('user'), ('social_platform'), ('cartridge_preset'),
                             ('permission'), ('pricing_tier'))
select t.label as object, 'is declared GLOBAL but is not one of the six' as message,
       'declare it TENANT, or change the rule first' as fix
from our_table as t
where t.class = 'GLOBAL' and t.name not in (select m.name from meant as m)
union all
select t.label, 'is declared ' || t.class || ' but the rules name it GLOBAL',
       'call app.protect_global(...)'
from our_table as t
where t.class <> 'GLOBAL' and t.schema_name = 'public' and t.name in (select m.name from meant as m)
union all
select t.label, 'is GLOBAL and has no policy', 'call app.protect_global(...)'
from our_table as t
where t.class = 'GLOBAL'
  and not exists (select from our_policy as p where p.relation = t.relation)
order by 1
