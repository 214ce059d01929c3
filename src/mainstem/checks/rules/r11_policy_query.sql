-- rule: 11
-- No policy contains a sub-select, and no function that a policy calls reads a table.
--
-- Citus refuses both. What a policy needs to know is in the claims.
select p.label as object,
       'has a sub-select in its policy ' || p.name as message,
       'take what it looks up from the claims' as fix
from our_policy as p
where concat(p.using_text, p.check_text) ~* '\mselect\M'
union all
select f.label, 'is called by policies and reads ' || d.refobjid::regclass,
       'take what it looks up from the claims'
from policy_function as f
join pg_depend as d on d.classid = 'pg_proc'::regclass and d.objid = f.function
where d.refclassid = 'pg_class'::regclass
union all
-- A body kept as text records no dependencies: then its words must do.
select f.label, 'is called by policies and seems to read a table', 'give it a return body'
from policy_function as f
where not f.is_bound and f.source ~* '\m(from|join|table|execute|perform)\M'
order by 1
