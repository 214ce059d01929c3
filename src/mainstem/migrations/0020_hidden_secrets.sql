-- Why: what is encrypted, and the hash of what proves who somebody is, is for the server alone. Any
-- statement of a tenant could read the columns, and save them for the day when a key leaks.
-- Hashes that recognise a text or an address stay readable: they prove nobody.

do $$
declare
  secret record;
begin
  for secret in
    select m.table_name, m.hidden || array_agg(a.attname::text order by a.attnum) as names
    from app.table_class as m
    join pg_catalog.pg_attribute as a on a.attrelid = format('public.%I', m.table_name)::regclass
    where m.schema_name = 'public' and a.attnum > 0 and not a.attisdropped
      and a.attname ~ '_encrypted$|^(token|.*_token|key|state|secret|password|code)_hash$'
      and a.attname <> all (m.hidden)
    group by m.table_name, m.hidden
    order by m.table_name
  loop
    call app.hide_columns(secret.table_name, secret.names);
  end loop;
end
$$;
