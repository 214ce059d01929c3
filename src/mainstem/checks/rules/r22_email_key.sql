-- rule: 22
-- A person's e-mail address is unique whatever its case: a unique index on lower(email).
--
-- Two accounts that differ in case are one person with two passwords; citext is not everywhere.
select 'user' as object, 'has no unique index on lower(email)' as message,
       'create unique index user_email_key on public."user" (lower(email))' as fix
from pg_class as c
where c.oid = to_regclass('public."user"')
  and not exists (
    select from pg_index as x
    where x.indrelid = c.oid and x.indisunique and x.indisvalid and x.indpred is null
      and pg_get_expr(x.indexprs, x.indrelid) = 'lower(email)' and x.indnkeyatts = 1)
