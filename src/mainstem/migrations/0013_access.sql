-- Why: the server asks who a request is from in one message, and who may only read a client's rows
-- writes none of them.

-- Who a request is from ----------------------------------------------------------------------------
-- Asked for each request, so that what is revoked is gone at once. In PL/pgSQL, whose plans last as
-- long as the connection: planning the two statements anew would cost more than running them.
create function app.access_of_request(
  key_prefix text, token_session uuid, cookie_hash bytea, at timestamptz, clients_max integer,
  out key text, out session text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  wanted uuid := token_session;
begin
  if key_prefix is not null then
    select row_to_json(live)::text into key from (
      select k.id, k.agency_id, k.client_id, encode(k.key_hash, 'base64') as key_hash, k.app, k.profile, k.scopes,
             k.last_used_at,
             array(select p.key || case when rp.is_allowed then '+' else '-' end
                   from public.role_permission as rp join public.permission as p on p.id = rp.permission_id
                   where rp.agency_id = k.agency_id
                     and rp.user_role = case when k.client_id is null then 'manager' else 'client' end
                   order by p.key) as overrides
      from app.token_route as r
      join public.api_key as k on k.agency_id = r.agency_id and k.id = r.target_id
      where r.kind = 'api_key' and r.token = key_prefix
        and k.revoked_at is null and (k.expires_at is null or k.expires_at > at)
    ) as live;
  end if;
  if wanted is null and cookie_hash is not null then
    select s.id into wanted from app.session as s where s.token_hash = cookie_hash and s.kind = 'browser';
  end if;
  if wanted is not null then
    select row_to_json(live)::text into session from (
      select s.id as session_id, s.kind, s.assurance, s.app_context, s.client_id as session_client_id,
             s.last_seen_at, u.id, u.agency_id, u.email, u.role, u.first_name, u.last_name, u.is_active,
             u.last_login_at, u.created_at, u.updated_at, u.settings -> 'metadata' as metadata,
             array(select m.client_id from public.member_client_access as m
                   where m.agency_id = u.agency_id and m.user_id = u.id
                   order by m.client_id limit clients_max) as client_ids,
             array(select m.client_id from public.member_client_access as m
                   where m.agency_id = u.agency_id and m.user_id = u.id and m.permission = 'read'
                   order by m.client_id limit clients_max) as read_only_client_ids,
             exists (select from app.credential as c
                     where c.user_id = u.id and c.kind = 'totp' and c.confirmed_at is not null
                    ) as has_second_factor,
             array(select p.key || case when rp.is_allowed then '+' else '-' end
                   from public.role_permission as rp join public.permission as p on p.id = rp.permission_id
                   where rp.agency_id = u.agency_id and rp.user_role = u.role
                   order by p.key) as overrides
      from app.session as s
      join public."user" as u on u.id = s.user_id
      where s.id = wanted and s.revoked_at is null and s.expires_at > at and u.is_active
    ) as live;
  end if;
end
$$;
comment on function app.access_of_request(text, uuid, bytea, timestamptz, integer) is
  'The live API key of a prefix, and the live session of an id or a cookie with its person, as JSON.';
revoke all on function app.access_of_request(text, uuid, bytea, timestamptz, integer) from public;
grant execute on function app.access_of_request(text, uuid, bytea, timestamptz, integer) to service_role;

-- Who may only read --------------------------------------------------------------------------------
-- A policy has one expression for all commands (rule 9), so it cannot tell reading from writing; a
-- trigger can. In app.client_ids the clients whose rows may only be read have a mark behind their id.
-- The condition stands in WHEN, where it is one look at a setting, and the triggers come after the row,
-- so that COPY still writes many rows at once.
create function app.is_read_only(client_id uuid) returns boolean
  language sql stable parallel safe
  return case
    when current_setting('app.client_ids', true) = '*' then false
    when current_setting('app.client_ids', true) <> ''
      then strpos(current_setting('app.client_ids', true), client_id::text || '!') > 0
    else strpos(app.claims() ->> 'read_only_client_ids', client_id::text) > 0
  end;
comment on function app.is_read_only(uuid) is
  'Whether the claims may read rows of that client and write none of them.';

create function app.refuse_read_only() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'rows of % of this client may be read only', tg_argv[0]
    using errcode = 'insufficient_privilege',
          hint = 'an admin of the agency decides who may write for a client';
end
$$;
comment on function app.refuse_read_only() is 'Refuses a write for a client whose rows the claims may only read.';
revoke all on function app.refuse_read_only() from public;

-- As before, and the refusal above for tables of client scope.
create or replace procedure app.add_triggers(of_table text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  relation constant regclass := format('public.%I', of_table)::regclass;
  class_of app.table_class;
  auditor constant text := case of_table when 'agency' then 'audit_agency' else 'audit' end;
  client_column constant text := case of_table when 'client' then 'id' else 'client_id' end;
  moment record;
begin
  select m.* into class_of from app.table_class as m where m.schema_name = 'public' and m.table_name = of_table;
  if exists (select from pg_catalog.pg_attribute
             where attrelid = relation and attname = 'updated_at' and not attisdropped) then
    execute format('create or replace trigger %I before update on public.%I
                      for each row execute function app.touch_updated_at(%L)',
                   of_table || '_touch', of_table, of_table);
  end if;
  if class_of.class = 'TENANT' then
    execute format('create or replace trigger %I before update of agency_id, id on public.%I
                      for each row when (old.agency_id is distinct from new.agency_id or old.id is distinct from new.id)
                      execute function app.refuse_rekey(%L)', of_table || '_rekey', of_table, of_table);
  end if;
  if class_of.class = 'TENANT' and class_of.scope = 'client' then
    for moment in
      select * from (values ('insert', 'app.is_read_only(new.%1$I)'), ('delete', 'app.is_read_only(old.%1$I)'),
                            ('update', 'app.is_read_only(old.%1$I) or app.is_read_only(new.%1$I)')
                    ) as events (verb, condition)
    loop
      execute format('create or replace trigger %I after %s on public.%I for each row when (%s)
                        execute function app.refuse_read_only(%L)',
                     of_table || '_read_only_' || moment.verb, moment.verb, of_table,
                     format(moment.condition, client_column), of_table);
    end loop;
  end if;
  if class_of.high_volume or (class_of.class = 'GLOBAL' and class_of.scope = 'global') then
    return;
  end if;
  for moment in
    select * from (values ('insert', 'new table as new_rows'),
                          ('update', 'old table as old_rows new table as new_rows'),
                          ('delete', 'old table as old_rows')) as events (verb, transition)
  loop
    execute format('create or replace trigger %I after %s on public.%I referencing %s
                      for each statement execute function app.%I(%L, %L)',
                   of_table || '_audit_' || moment.verb, moment.verb, of_table, moment.transition,
                   auditor, of_table, class_of.unaudited);
  end loop;
end
$$;
comment on procedure app.add_triggers(text) is
  'updated_at, the guards of the key and of read-only clients, and, unless the manifest says high volume, one audit trigger for each event.';

do $$
declare
  of_table text;
begin
  for of_table in
    select m.table_name from app.table_class as m
    where m.schema_name = 'public' and m.class = 'TENANT' and m.scope = 'client' order by 1
  loop
    call app.add_triggers(of_table);
  end loop;
end
$$;
