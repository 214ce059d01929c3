-- rule: 1
-- Every table declares one class in app.table_class, and every declaration has its table.
--
-- All other rules start from the class: a table without one would be checked by none of them.
select t.label as object, 'has no row in app.table_class' as message,
       'call app.protect(...), app.protect_global(...) or app.protect_local(...) in its migration'
         as fix
from our_table as t
where t.class is null
union all
select d.label, 'is declared in app.table_class but there is no such table',
       'restore the table, or delete its row in app.table_class in a migration'
from declared as d
where d.relation is null
order by 1
