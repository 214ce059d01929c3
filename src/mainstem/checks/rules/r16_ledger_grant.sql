-- Ledgers and a person's role cannot be written by authenticated.
--
-- The audit trail, sends, credits and suppressions are what a dispute is settled by, and whoever
-- writes a role makes themselves an owner; only the server writes them, after it looked at the
-- rules of the data model.
select g.label as object, 'grants ' || g.privilege || ' to ' || g.role as message,
       'revoke ' || g.privilege || ' on ' || g.relation::regclass || ' from ' || g.role as fix
from our_grant as g
where g.schema_name = 'public' and not g.is_partition and g.role <> 'service_role'
  and (g.label in ('audit_log', 'dm_delivery', 'suppression', 'credit_transaction')
         and g.privilege ~ '^(INSERT|UPDATE|DELETE)\M'
    or g.label = 'user' and g.privilege ~ '^(INSERT|UPDATE)( \(role\))?$')
order by 1, 2
