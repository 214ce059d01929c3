-- rule: 5
-- Every unique constraint or index of a TENANT table starts with agency_id.
--
-- A uniqueness across tenants tells one agency what another has, and Citus cannot enforce it.
select i.label as object,
       'has the unique index ' || i.name || ' that starts with '
         || coalesce(i.columns[1], 'an expression') as message,
       'lead it with agency_id; what must be found across tenants stands in app.token_route' as fix
from our_index as i
where i.class = 'TENANT' and i.is_unique and i.columns[1] is distinct from 'agency_id'
order by 1
