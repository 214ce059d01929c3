-- rule: 10
-- No policy is restrictive.
--
-- Citus turns it into a permissive one on its shards, which joins the conditions by OR: it leaked
-- 19 tenants' rows to one.
select coalesce(r.label, p.polrelid::regclass::text) as object,
       'has the restrictive policy ' || p.polname as message,
       'put its condition into the one permissive policy' as fix
from pg_policy as p
left join our_relation as r on r.relation = p.polrelid
where not p.polpermissive and (r.relation is not null)
order by 1
