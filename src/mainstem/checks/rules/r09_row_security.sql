-- rule: 9
-- Row-level security is enabled and forced on every table.
--
-- Enabled alone, it does not bind the table's owner. LOCAL tables have it without a policy: a second
-- lock beside having no grants.
select t.label as object,
       case when not t.is_secured then 'has row-level security off'
            else 'does not force row-level security on its owner' end as message,
       'alter table ' || t.relation::regclass
         || case when not t.is_secured then ' enable' else ' force' end || ' row level security' as fix
from our_table as t
where not (t.is_secured and t.is_forced)
order by 1
