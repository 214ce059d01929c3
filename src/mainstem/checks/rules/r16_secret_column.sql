-- rule: 16
-- No column that holds a secret, or the hash of one, can be read or tried by requests.
--
-- A sealed secret that a tenant can read waits, copied, for the day when its key leaks; a hash of a
-- token is what a guess is tried on. app.hide_columns keeps them, also when the table is protected
-- again. Hashes that recognise a text or an address (content_hash, value_hash) are no proofs.
select g.label || '.' || a.attname as object, 'can be read by ' || g.role as message,
       format('call app.hide_columns(%L, %L)', g.label, array[a.attname]) as fix
from our_grant as g
join pg_attribute as a on a.attrelid = g.relation and a.attnum > 0 and not a.attisdropped
where g.role <> 'service_role' and not g.is_partition
  and a.attname ~ '_encrypted$|^(token|.*_token|key|state|secret|password|code)_hash$'
  and g.privilege in ('SELECT', 'SELECT (' || a.attname || ')')
order by 1, 2
