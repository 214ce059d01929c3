-- rule: 18
-- Every TENANT table that is not of high volume has an audit trigger for each event, for each statement; those of high volume have none.
--
-- Every mutation is audited, but an audit trigger doubles the cost of a bulk insert and triples an
-- update's. On a partitioned table it stands on the parent, through which all loads go.
with audit as (
  select g.tgrelid as relation, g.tgname as name, g.tgtype as type, g.tgargs as arguments
  from pg_trigger as g
  where g.tgfoid in (to_regproc('app.audit'), to_regproc('app.audit_agency'))
    and g.tgenabled in ('O', 'A')
),
missing as (
  select t.label, event.name as event
  from our_table as t
  cross join (values ('insert', 4), ('delete', 8), ('update', 16)) as event (name, bit)
  where t.class = 'TENANT' and not t.high_volume
    and not exists (
      select from audit as a
      where a.relation = t.relation and a.type & event.bit > 0
        and a.type & 1 = 0 and a.type & 66 = 0)  -- for each statement, after
)
select m.label as object, 'has no audit trigger for ' || m.event as message,
       'call app.add_triggers(...)' as fix
from missing as m
union all
select r.label, 'is of high volume and has the audit trigger ' || a.name,
       'drop trigger ' || quote_ident(a.name) || ' on ' || r.relation::regclass
from audit as a
join our_relation as r on r.relation = a.relation
left join our_table as t on t.relation = r.relation
where coalesce(t.high_volume, r.is_partition)
union all
select r.label, 'has the audit trigger ' || a.name || ' without the table''s own name as argument',
       'call app.add_triggers(...)'
from audit as a
join our_table as r on r.relation = a.relation
where position(convert_to(r.name, 'UTF8') || '\x00'::bytea in a.arguments) <> 1
order by 1, 2
