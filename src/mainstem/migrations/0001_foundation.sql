-- Why: everything later rests on these: the three roles, schema app, claim helpers for policies,
-- version-7 ids, the manifest of table classes, and what turns a plain table into a protected one.
--
-- Runs unchanged on the embedded PostgreSQL 18, on PostgreSQL 15 to 18 and on Supabase. It needs no
-- superuser, only CREATE on the database, CREATEROLE where the roles are missing, and BYPASSRLS,
-- which the owner of the audit function must have.

create schema if not exists app;
comment on schema app is
  'Claim helpers, the manifest of tables, partitions, the job queue and the secrets of sign-in. Never exposed by the data API.';

-- Roles ------------------------------------------------------------------------------------------

do $$
declare
  wanted text;
  -- From 16 on, being a member does not yet mean being allowed to SET ROLE.
  right_needed constant text :=
    case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
begin
  if not (select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = current_user) then
    raise exception 'role "%" lacks BYPASSRLS, which the owner of the audit functions needs', current_user
      using errcode = 'insufficient_privilege', hint = 'connect as a superuser, or as "postgres" on Supabase';
  end if;
  foreach wanted in array array['anon', 'authenticated', 'service_role'] loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
        execute format('create role %I nologin noinherit %s', wanted,
                       case when wanted = 'service_role' then 'bypassrls' else 'nobypassrls' end);
      end if;
    exception when duplicate_object or unique_violation then
      null;  -- Roles belong to the cluster: a migration of another database was quicker.
    end;
    if not pg_has_role(current_user, wanted, right_needed) then
      execute format('grant %I to current_user', wanted);
    end if;
  end loop;
  if not (select rolbypassrls from pg_catalog.pg_roles where rolname = 'service_role') then
    execute 'alter role service_role bypassrls';
  end if;
end
$$;

grant usage on schema app, public to anon, authenticated, service_role;

-- Claims -----------------------------------------------------------------------------------------
-- Used in policies, so: RETURN bodies, STABLE, PARALLEL SAFE, no SET clause, no table. Anything else
-- is not inlined, and a call that is not inlined cannot become an index condition.
-- After a transaction the settings are '' and not null, hence nullif.

create function app.claims() returns jsonb
  language sql stable parallel safe
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
comment on function app.claims() is 'The claims of this transaction, or null.';

create function app.agency_id() returns uuid
  language sql stable parallel safe
  return (app.claims() ->> 'agency_id')::uuid;
comment on function app.agency_id() is 'The agency of the claims; null sees no row.';

create function app.user_id() returns uuid
  language sql stable parallel safe
  return (app.claims() ->> 'sub')::uuid;
comment on function app.user_id() is 'The person of the claims, or null (an API key, a job).';

create function app.user_role() returns text
  language sql stable parallel safe
  return app.claims() ->> 'user_role';
comment on function app.user_role() is 'owner, admin, manager, member or client.';

create function app.agency_in(context text) returns uuid
  language sql stable parallel safe
  return case when (app.claims() ->> 'app_context') in (context, '*')
              then (app.claims() ->> 'agency_id')::uuid end;
comment on function app.agency_in(text) is
  'The agency of the claims, in that app only; null elsewhere. The claim * is in every app.';

create function app.in_app(context text) returns boolean
  language sql stable parallel safe
  return context = 'both' or (app.claims() ->> 'app_context') in (context, '*');
comment on function app.in_app(text) is
  'Whether rows of that app_context show: shared rows always, one app''s rows in that app.';

-- The plain setting app.client_ids is set beside the claims: * for all of the agency's clients, else
-- text that contains the visible ones. An id stands in it as 36 characters, with separators that no
-- uuid contains: to find the text is to find the id, whatever the separators are. Parsing the claims'
-- json for every row made counts seven times slower, and reading the setting costs too: what most
-- rows meet comes first. Without the setting (a Supabase token) the claims are asked; null there
-- means all clients, for the agency's staff. Rows without a client, the agency's own, are for the
-- staff only.
create function app.sees_client(client_id uuid) returns boolean
  language sql stable parallel safe
  return case
    when current_setting('app.client_ids', true) = '*' then true
    when strpos(current_setting('app.client_ids', true), client_id::text) > 0 then true
    when current_setting('app.client_ids', true) <> '' and client_id is not null then false
    when client_id is null or app.claims() ->> 'client_ids' is null
      then app.user_role() in ('owner', 'admin', 'manager', 'member')
    else strpos(app.claims() ->> 'client_ids', client_id::text) > 0
  end;
comment on function app.sees_client(uuid) is 'Whether the claims may see rows of that client.';

-- Ids --------------------------------------------------------------------------------------------
-- Version 7 (RFC 9562): 48 bits of milliseconds, version, 12 bits of sub-millisecond fraction
-- (microseconds * 4096 / 1000, rounded down, as PostgreSQL 18 does), variant, 62 bits of chance or
-- hash. Without the fraction half of the ids made within a millisecond are out of order.
-- None is STRICT, which would keep them from being inlined; null gives null all the same.

-- In whole seconds and the rest of a second, both of which a double holds exactly: ten times quicker
-- than the numeric that extract() returns, and an id is minted for every imported row.
create function app.epoch_us(at timestamptz) returns bigint
  language sql immutable parallel safe
  return case when at < timestamptz '1970-01-01 00:00:00+00' then 0 else
    floor(date_part('epoch', at - timestamptz '1970-01-01 00:00:00+00'))::bigint * 1000000
    + date_part('microseconds', at - timestamptz '1970-01-01 00:00:00+00')::bigint % 1000000 end;
comment on function app.epoch_us(timestamptz) is 'Microseconds since 1970; 0 for times before.';

create function app.uuid7_prefix(at timestamptz) returns text
  language sql immutable parallel safe
  return lpad(to_hex(app.epoch_us(at) / 1000), 12, '0') || to_hex(28672 + app.epoch_us(at) % 1000 * 4096 / 1000);
comment on function app.uuid7_prefix(timestamptz) is
  'The first 16 of the 32 hexadecimal digits of a version-7 id of that time; an earlier time counts as 1970.';

create function app.uuid7_floor(at timestamptz) returns uuid
  language sql immutable parallel safe
  return (app.uuid7_prefix(at) || '8000000000000000')::uuid;
comment on function app.uuid7_floor(timestamptz) is
  'The smallest version-7 id of that time: turns a time range into an id range, so that partitions prune.';

create function app.uuid7_minted(at timestamptz, seed text) returns uuid
  language sql immutable parallel safe
  return (app.uuid7_prefix(at)
          || translate(substr(md5(seed), 17, 1), '0123456789abcdef', '89ab89ab89ab89ab')
          || substr(md5(seed), 18))::uuid;
comment on function app.uuid7_minted(timestamptz, text) is
  'The id of a legacy row, from its created_at and source/table/key: the same on every run, in time order.';

create function app.uuid7_time(id uuid) returns timestamptz
  language sql immutable parallel safe
  return case when substr(id::text, 15, 1) = '7' then
    (timestamp '1970-01-01' + interval '1 microsecond' * (
      ('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint * 1000
      + least(999, (('x' || substr(id::text, 16, 3))::bit(12)::int * 1000 + 4095) / 4096))
    ) at time zone 'UTC' end;
comment on function app.uuid7_time(uuid) is 'The time in a version-7 id, to the microsecond; null for other versions.';

do $$
begin
  if current_setting('server_version_num')::int >= 180000 then
    execute 'create function app.uuid7() returns uuid language sql volatile parallel safe return uuidv7()';
  else
    execute $make$
      create function app.uuid7() returns uuid language sql volatile parallel safe
      return (app.uuid7_prefix(clock_timestamp()) || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
    $make$;
  end if;
end
$$;
comment on function app.uuid7() is 'A new version-7 id; the server''s own where it makes them.';

-- Embeddings -------------------------------------------------------------------------------------
-- The one optional extension is vector. Where it cannot be had an embedding is an array of real, and
-- the distance is computed here; code uses app.to_embedding and app.embedding_distance either way.

do $$
declare
  place text;
begin
  begin
    if not exists (select from pg_catalog.pg_extension where extname = 'vector')
       and exists (select from pg_catalog.pg_available_extensions where name = 'vector') then
      create schema if not exists extensions;
      grant usage on schema extensions to anon, authenticated, service_role;
      create extension vector schema extensions;
    end if;
  exception when insufficient_privilege then
    raise notice 'vector is there but may not be created by %: embeddings are arrays of real', current_user;
  end;
  select n.nspname into place
  from pg_catalog.pg_extension as e join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
  where e.extname = 'vector';
  if place is null then
    create domain app.embedding as real[];
    create function app.to_embedding(numbers double precision[]) returns app.embedding
      language sql immutable strict parallel safe return numbers::real[];
    create function app.embedding_distance(a app.embedding, b app.embedding) returns double precision
      language sql immutable strict parallel safe
      return (select 1 - sum(x * y) / nullif(sqrt(sum(x * x)) * sqrt(sum(y * y)), 0)
              from unnest(a::real[]::double precision[], b::real[]::double precision[]) as pair (x, y));
  else
    execute format('create domain app.embedding as %I.vector', place);
    execute format(
      'create function app.to_embedding(numbers double precision[]) returns app.embedding
         language sql immutable strict parallel safe return numbers::%I.vector', place);
    execute format(
      'create function app.embedding_distance(a app.embedding, b app.embedding) returns double precision
         language sql immutable strict parallel safe
         return a::%1$I.vector operator(%1$I.<=>) b::%1$I.vector', place);
  end if;
end
$$;
comment on domain app.embedding is 'A vector where the extension is installed, else an array of real.';
comment on function app.to_embedding(double precision[]) is 'An embedding from an array of numbers, on every server.';
comment on function app.embedding_distance(app.embedding, app.embedding) is 'The cosine distance of two embeddings.';

-- The manifest -----------------------------------------------------------------------------------

create table app.table_class (
  schema_name text not null default 'public',
  table_name text not null,
  class text not null,
  scope text,
  app text,
  has_app_context boolean not null default false,
  high_volume boolean not null default false,
  writable jsonb,
  unaudited text[] not null default '{}',
  constraint table_class_pkey primary key (schema_name, table_name),
  constraint table_class_class_check check (class in ('TENANT', 'GLOBAL', 'LOCAL')),
  constraint table_class_scope_check check (
    (class = 'LOCAL' and scope is null)
    or (class = 'GLOBAL' and scope in ('global', 'agency'))
    or (class = 'TENANT' and scope in ('agency', 'client', 'user'))),
  constraint table_class_app_check check (app in ('audience', 'revos', 'mail', 'persona')),
  constraint table_class_one_app_check check (app is null or not has_app_context)
);
comment on table app.table_class is
  'One row a table: what it is, who sees its rows, and which columns a role may write. The checks compare it with the catalog.';
comment on column app.table_class.writable is
  'By role: the columns it may insert and update, and whether it may delete. Null: no tenant role writes.';

comment on column app.table_class.high_volume is 'Whether its rows come in such numbers that none is audited.';
comment on column app.table_class.unaudited is
  'Counters and times of last use: a change of nothing else leaves no trail.';

insert into app.table_class (schema_name, table_name, class) values
  ('app', 'table_class', 'LOCAL'),
  ('app', 'migration', 'LOCAL');  -- made by the migration runner, before the first file

-- Triggers ---------------------------------------------------------------------------------------

-- A tenant's statement cannot choose updated_at. A load, an undo or service_role may: it restores.
create function app.touch_updated_at() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.updated_at is not distinct from old.updated_at or current_user in ('authenticated', 'anon') then
    new.updated_at := now();
  end if;
  return new;
end
$$;
comment on function app.touch_updated_at() is 'Sets updated_at on every change of a row.';

-- Fires only where a statement names the columns, and then only where a value really changes.
create function app.refuse_rekey() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the id and the agency of a row of % never change', tg_argv[0]
    using errcode = 'integrity_constraint_violation',
          hint = 'insert a new row and delete this one';
end
$$;
comment on function app.refuse_rekey() is 'Refuses to move a row to another agency or id.';

-- Names of changed columns only, never values: an audit trail must not become a store of secrets.
-- Runs as its owner, who has BYPASSRLS: the trail is not writable by the tenants it describes.
-- public.audit_log has no foreign keys: it outlives what it speaks of.
create function app.audit() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  claims constant jsonb := app.claims();
  actor constant uuid := app.user_id();
  actor_role constant text := coalesce(claims ->> 'user_role', claims ->> 'role', session_user::text);
  actor_app constant text := claims ->> 'app_context';
  ignored constant text[] := array_append(tg_argv[1]::text[], 'updated_at');
begin
  if tg_op = 'INSERT' then
    insert into public.audit_log (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action)
    select n.agency_id, actor, actor_role, actor_app, tg_argv[0], n.id, 'insert' from new_rows as n;
  elsif tg_op = 'DELETE' then
    insert into public.audit_log (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action)
    select o.agency_id, actor, actor_role, actor_app, tg_argv[0], o.id, 'delete' from old_rows as o;
  else
    insert into public.audit_log
      (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action, changed_columns)
    select n.agency_id, actor, actor_role, actor_app, tg_argv[0], n.id, 'update', changed.names
    from new_rows as n
    join old_rows as o on o.agency_id = n.agency_id and o.id = n.id
    cross join lateral (select to_jsonb(o) as old_row, to_jsonb(n) as new_row offset 0) as pair
    cross join lateral (
      select array_agg(field.key order by field.key) as names
      from jsonb_each(pair.new_row) as field
      where field.key <> all (ignored) and field.value is distinct from pair.old_row -> field.key
    ) as changed
    where changed.names is not null;
  end if;
  return null;
end
$$;
comment on function app.audit() is 'Writes one audit_log row for each changed row of the statement.';

-- The root has no agency_id: its own id is the tenant.
create function app.audit_agency() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  claims constant jsonb := app.claims();
  actor constant uuid := app.user_id();
  actor_role constant text := coalesce(claims ->> 'user_role', claims ->> 'role', session_user::text);
  actor_app constant text := claims ->> 'app_context';
  ignored constant text[] := array_append(tg_argv[1]::text[], 'updated_at');
begin
  if tg_op = 'INSERT' then
    insert into public.audit_log (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action)
    select n.id, actor, actor_role, actor_app, tg_argv[0], n.id, 'insert' from new_rows as n;
  elsif tg_op = 'DELETE' then
    insert into public.audit_log (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action)
    select o.id, actor, actor_role, actor_app, tg_argv[0], o.id, 'delete' from old_rows as o;
  else
    insert into public.audit_log
      (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action, changed_columns)
    select n.id, actor, actor_role, actor_app, tg_argv[0], n.id, 'update', changed.names
    from new_rows as n
    join old_rows as o on o.id = n.id
    cross join lateral (select to_jsonb(o) as old_row, to_jsonb(n) as new_row offset 0) as pair
    cross join lateral (
      select array_agg(field.key order by field.key) as names
      from jsonb_each(pair.new_row) as field
      where field.key <> all (ignored) and field.value is distinct from pair.old_row -> field.key
    ) as changed
    where changed.names is not null;
  end if;
  return null;
end
$$;
comment on function app.audit_agency() is 'app.audit for the table agency, whose tenant is its own id.';

-- Protection -------------------------------------------------------------------------------------
-- Each is run once for a table, right after it is made, and may be run again after a column is added.

-- The one policy. Every conjunct has a column of the row on its left: others are evaluated row by row.
create function app.policy_expression(of_table text) returns text
  language sql stable set search_path = pg_catalog, pg_temp as $$
  select case
    when m.class = 'GLOBAL' and m.scope = 'global' then 'app.agency_id() is not null'
    when of_table = 'agency' then 'id = app.agency_id()'
    else concat_ws(' and ',
      case when m.app is null then 'agency_id = app.agency_id()'
           else format('agency_id = app.agency_in(%L)', m.app) end,
      case when m.has_app_context then 'app.in_app(app_context)' end,
      case when m.scope = 'client' and of_table = 'client' then 'app.sees_client(id)'
           when m.scope = 'client' then 'app.sees_client(client_id)' end,
      case when m.scope = 'user' then 'user_id = app.user_id()' end)
  end
  from app.table_class as m
  where m.schema_name = 'public' and m.table_name = of_table
$$;
comment on function app.policy_expression(text) is 'The policy that the manifest asks of a table in public.';

-- Supabase grants everything on new tables to its roles, so: first nothing, then what is meant.
create procedure app.revoke_everything(relation regclass)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('revoke all on %s from public, anon, authenticated, service_role', relation);
end
$$;
comment on procedure app.revoke_everything(regclass) is 'Takes every grant on a relation from the roles of requests.';

create procedure app.grant_columns(of_table text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  rights jsonb;
  columns text;
begin
  select m.writable -> 'authenticated' into rights
  from app.table_class as m where m.schema_name = 'public' and m.table_name = of_table;
  call app.revoke_everything(format('public.%I', of_table)::regclass);
  execute format('grant select, insert, update, delete on public.%I to service_role', of_table);
  execute format('grant select on public.%I to authenticated', of_table);
  select string_agg(quote_ident(name), ', ') into columns from jsonb_array_elements_text(rights -> 'insert') as name;
  if columns is not null then
    execute format('grant insert (%s) on public.%I to authenticated', columns, of_table);
  end if;
  select string_agg(quote_ident(name), ', ') into columns from jsonb_array_elements_text(rights -> 'update') as name;
  if columns is not null then
    execute format('grant update (%s) on public.%I to authenticated', columns, of_table);
  end if;
  if (rights -> 'delete')::boolean then
    execute format('grant delete on public.%I to authenticated', of_table);
  end if;
end
$$;
comment on procedure app.grant_columns(text) is 'Grants on a table in public what its manifest row says.';

create procedure app.add_policy(of_table text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  rule constant text := app.policy_expression(of_table);
  is_readable_by_all constant boolean := (
    select m.scope = 'global' from app.table_class as m
    where m.schema_name = 'public' and m.table_name = of_table);
begin
  execute format('alter table public.%I enable row level security', of_table);
  execute format('alter table public.%I force row level security', of_table);
  if exists (select from pg_catalog.pg_policy
             where polrelid = format('public.%I', of_table)::regclass and polname = of_table || '_tenant') then
    execute format('drop policy %I on public.%I', of_table || '_tenant', of_table);
  end if;
  if is_readable_by_all then
    execute format('create policy %I on public.%I for select using (%s)', of_table || '_tenant', of_table, rule);
  else
    execute format('create policy %I on public.%I for all using (%s) with check (%s)',
                   of_table || '_tenant', of_table, rule, rule);
  end if;
end
$$;
comment on procedure app.add_policy(text) is 'Row-level security, enabled and forced, with the one policy of the manifest.';

create procedure app.add_triggers(of_table text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  relation constant regclass := format('public.%I', of_table)::regclass;
  class_of app.table_class;
  auditor constant text := case of_table when 'agency' then 'audit_agency' else 'audit' end;
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
  'updated_at, the guard of the key, and, unless the manifest says high volume, one audit trigger for each event.';

-- scope: agency, client or user. app: the app that alone sees the rows. high_volume: no audit.
-- writes: what authenticated may do. fixed: columns it never writes (derived, or decided by the
-- server). unaudited: columns whose change alone is not worth a row of the trail.
create procedure app.protect(
  of_table text, scope text, app text default null, high_volume boolean default false,
  writes text[] default '{insert,update,delete}', fixed text[] default '{}', unaudited text[] default '{}')
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  relation constant regclass := format('public.%I', of_table)::regclass;
  names text[];
begin
  select array_agg(a.attname::text order by a.attnum) into names
  from pg_catalog.pg_attribute as a
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  if not fixed || protect.unaudited <@ names then
    raise exception 'table % has no column to match all of %', of_table, fixed || protect.unaudited;
  end if;
  insert into app.table_class
    (table_name, class, scope, app, has_app_context, high_volume, unaudited, writable)
  values (
    of_table, 'TENANT', protect.scope, protect.app, 'app_context' = any (names), protect.high_volume,
    protect.unaudited,
    case when writes = '{}' then null else jsonb_build_object('authenticated', jsonb_strip_nulls(jsonb_build_object(
      'insert', case when 'insert' = any (writes) then
        (select jsonb_agg(name) from unnest(names) as name where name <> all (fixed)) end,
      'update', case when 'update' = any (writes) then
        (select jsonb_agg(name) from unnest(names) as name
         where name <> all (fixed) and name not in ('agency_id', 'id', 'created_at')) end,
      'delete', 'delete' = any (writes)))) end)
  on conflict (schema_name, table_name) do update set
    class = excluded.class, scope = excluded.scope, app = excluded.app,
    has_app_context = excluded.has_app_context, high_volume = excluded.high_volume,
    unaudited = excluded.unaudited, writable = excluded.writable;
  call app.add_policy(of_table);
  call app.grant_columns(of_table);
  call app.add_triggers(of_table);
end
$$;
comment on procedure app.protect(text, text, text, boolean, text[], text[], text[]) is
  'Makes a TENANT table of a plain one: manifest, row-level security, policy, grants, triggers.';

-- An agency sees itself and its own people; the other reference tables are for everyone signed in.
-- Only service_role writes: on Citus each write goes to every node.
create procedure app.protect_global(of_table text, scope text default 'global', unaudited text[] default '{}')
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into app.table_class (table_name, class, scope, unaudited)
  values (of_table, 'GLOBAL', protect_global.scope, protect_global.unaudited)
  on conflict (schema_name, table_name) do update set
    class = excluded.class, scope = excluded.scope, unaudited = excluded.unaudited;
  call app.add_policy(of_table);
  call app.grant_columns(of_table);
  call app.add_triggers(of_table);
end
$$;
comment on procedure app.protect_global(text, text, text[]) is 'Makes a GLOBAL reference table: readable when signed in, written by service_role.';

-- Row-level security without a policy on top of no grants: two locks on what no tenant may reach.
create procedure app.protect_local(of_table text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into app.table_class (schema_name, table_name, class) values ('app', of_table, 'LOCAL')
  on conflict (schema_name, table_name) do nothing;
  execute format('alter table app.%I enable row level security', of_table);
  execute format('alter table app.%I force row level security', of_table);
  call app.revoke_everything(format('app.%I', of_table)::regclass);
  execute format('grant select, insert, update, delete on app.%I to service_role', of_table);
end
$$;
comment on procedure app.protect_local(text) is 'Closes a table of schema app to everyone but service_role.';

create procedure app.protect_view(of_view text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  call app.revoke_everything(format('public.%I', of_view)::regclass);
  execute format('grant select on public.%I to authenticated, service_role', of_view);
end
$$;
comment on procedure app.protect_view(text) is 'Lets requests read a view; what they see is up to the tables below it.';

-- Partitions -------------------------------------------------------------------------------------

create table app.partition_policy (
  schema_name text not null default 'public',
  table_name text not null,
  period text not null,
  ahead integer not null default 3,
  retention interval,
  keep_imported boolean not null default true,
  constraint partition_policy_pkey primary key (schema_name, table_name),
  constraint partition_policy_period_check check (period in ('month', 'week')),
  constraint partition_policy_ahead_check check (ahead between 1 and 24),
  constraint partition_policy_retention_check check (retention > interval '0')
);
comment on table app.partition_policy is
  'One row a partitioned table: its period, how many periods ahead exist, and how long rows are kept (null: for good).';
comment on column app.partition_policy.keep_imported is
  'Whether retention spares partitions that an import filled; a plan may decide otherwise by name.';

create table app.partition (
  schema_name text not null,
  name text not null,
  table_name text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  holds_imported boolean not null default false,
  created_at timestamptz not null default now(),
  constraint partition_pkey primary key (schema_name, name),
  constraint partition_table_fkey foreign key (schema_name, table_name)
    references app.partition_policy (schema_name, table_name),
  constraint partition_table_starts_key unique (schema_name, table_name, starts_at),
  constraint partition_order_check check (starts_at < ends_at)
);
comment on table app.partition is 'One row a partition: the time it covers and whether an import put rows there.';

create function app.partition_name(of_table text, period text, starts timestamp) returns text
  language sql immutable set search_path = pg_catalog, pg_temp as $$
  select of_table || case period when 'month' then to_char(starts, '_YYYY_MM') else to_char(starts, '_IYYY_"w"IW') end
$$;
comment on function app.partition_name(text, text, timestamp) is 'tracking_event_2026_11, pod_activity_2026_w47.';

-- Made apart, locked down, then attached: "create ... partition of" would lock the parent, and a
-- partition inherits neither row-level security nor its policy.
create procedure app.add_partition(policy app.partition_policy, starts timestamp)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  ends constant timestamp := starts + ('1 ' || policy.period)::interval;
  name constant text := app.partition_name(policy.table_name, policy.period, starts);
  starts_at constant timestamptz := starts at time zone 'UTC';
  ends_at constant timestamptz := ends at time zone 'UTC';
begin
  execute format('create table %1$I.%2$I (like %1$I.%3$I including all excluding indexes excluding comments)',
                 policy.schema_name, name, policy.table_name);
  execute format('alter table %I.%I enable row level security', policy.schema_name, name);
  execute format('alter table %I.%I force row level security', policy.schema_name, name);
  call app.revoke_everything(format('%I.%I', policy.schema_name, name)::regclass);
  execute format('alter table %1$I.%2$I attach partition %1$I.%3$I for values from (%4$L) to (%5$L)',
                 policy.schema_name, policy.table_name, name,
                 app.uuid7_floor(starts_at), app.uuid7_floor(ends_at));
  insert into app.partition (schema_name, name, table_name, starts_at, ends_at)
  values (policy.schema_name, name, policy.table_name, starts_at, ends_at)
  on conflict on constraint partition_pkey do update set starts_at = excluded.starts_at, ends_at = excluded.ends_at;
end
$$;
comment on procedure app.add_partition(app.partition_policy, timestamp) is 'Makes and attaches the partition of one period.';

-- From the period of `at` to as many ahead as the policy says, and those of a range besides.
create function app.wanted_partitions(at timestamptz, starting timestamptz, ending timestamptz, only_table text)
  returns table (schema_name text, table_name text, name text, starts timestamp, is_there boolean)
  language sql stable set search_path = pg_catalog, pg_temp as $$
  select p.schema_name, p.table_name, partition.name, period.starts, exists (
    select from pg_catalog.pg_inherits as i
    where i.inhrelid = to_regclass(format('%I.%I', p.schema_name, partition.name))
      and i.inhparent = to_regclass(format('%I.%I', p.schema_name, p.table_name)))
  from app.partition_policy as p
  cross join lateral (
    select now_and_ahead from generate_series(
      date_trunc(p.period, at at time zone 'UTC'),
      date_trunc(p.period, at at time zone 'UTC') + p.ahead * ('1 ' || p.period)::interval,
      ('1 ' || p.period)::interval) as now_and_ahead
    union
    select of_range from generate_series(
      date_trunc(p.period, starting at time zone 'UTC'),
      date_trunc(p.period, coalesce(ending, at) at time zone 'UTC'),
      ('1 ' || p.period)::interval) as of_range
  ) as period (starts)
  cross join lateral app.partition_name(p.table_name, p.period, period.starts) as partition (name)
  where only_table is null or only_table in (p.table_name, p.schema_name || '.' || p.table_name)
$$;
comment on function app.wanted_partitions(timestamptz, timestamptz, timestamptz, text) is
  'The partitions that should exist for a time and a range.';

create function app.missing_partitions(at timestamptz default now())
  returns table (schema_name text, table_name text, name text)
  language sql stable set search_path = pg_catalog, pg_temp as $$
  select wanted.schema_name, wanted.table_name, wanted.name
  from app.wanted_partitions(at, null, null, null) as wanted
  where not wanted.is_there
$$;
comment on function app.missing_partitions(timestamptz) is
  'The partitions that should exist at that time and do not: empty when all is well.';

-- Without arguments: from the current period to three ahead, for every table. With a range: also
-- the periods of that range, marked as holding imported rows, because only an import needs the past.
-- Each partition and each of its indexes takes a lock until the transaction ends, and a server has
-- room for some 6,400: hence the limit, which is 25 years of months. To attach one also takes a lock
-- on the tables it refers to: rather fail and come again than queue every writer behind a slow one.
create function app.ensure_partitions(
  starting timestamptz default null, ending timestamptz default null, only_table text default null)
  returns setof text
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  partitions_max constant integer := 300;
  missing record;
  missing_count integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('app.ensure_partitions', 0));
  select count(*) into missing_count
  from app.wanted_partitions(now(), starting, ending, only_table) as wanted
  where not wanted.is_there;
  if missing_count > partitions_max then
    raise exception '% partitions are missing between % and %, and one call makes at most %',
      missing_count, starting, coalesce(ending, now()), partitions_max
      using errcode = 'program_limit_exceeded',
            hint = 'look for dates far in the past; else call for one table and a part of the range at a time';
  end if;
  for missing in
    select wanted.name, wanted.starts, p as policy
    from app.wanted_partitions(now(), starting, ending, only_table) as wanted
    join app.partition_policy as p using (schema_name, table_name)
    where not wanted.is_there
    order by wanted.table_name, wanted.starts
  loop
    call app.add_partition(missing.policy, missing.starts);
    return next missing.name;
  end loop;
  update app.partition as p set holds_imported = true
  where starting is not null and not p.holds_imported
    and (only_table is null or only_table in (p.table_name, p.schema_name || '.' || p.table_name))
    and p.ends_at > starting and p.starts_at <= coalesce(ending, now());
end
$$;
comment on function app.ensure_partitions(timestamptz, timestamptz, text) is
  'Makes the partitions that are missing and returns their names.';

-- Rows elsewhere that point into a partition would hold it back, so they go first.
create procedure app.delete_references_to(partition_of regclass, partition regclass)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  reference record;
begin
  for reference in
    select c.conrelid::regclass as source,
           (select string_agg(format('r.%I = p.%I', here.attname, there.attname), ' and ')
            from unnest(c.conkey, c.confkey) as pair (here_number, there_number)
            join pg_catalog.pg_attribute as here on here.attrelid = c.conrelid and here.attnum = here_number
            join pg_catalog.pg_attribute as there on there.attrelid = c.confrelid and there.attnum = there_number
           ) as matches
    from pg_catalog.pg_constraint as c
    where c.confrelid = partition_of and c.contype = 'f' and c.conparentid = 0
  loop
    execute format('delete from %s as r using only %s as p where %s', reference.source, partition, reference.matches);
  end loop;
end
$$;
comment on procedure app.delete_references_to(regclass, regclass) is
  'Deletes the rows that point into one partition of a table.';

-- Detached first: what points at the table would hold back a partition that is still attached.
create function app.drop_partition(partition regclass) returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  partition_schema text;
  partition_name text;
  parent regclass;
begin
  select n.nspname, c.relname, i.inhparent::regclass into partition_schema, partition_name, parent
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_inherits as i on i.inhrelid = c.oid
  where c.oid = partition and c.relispartition;
  if not found then
    raise exception '% is no partition', partition using errcode = 'wrong_object_type';
  end if;
  execute format('alter table %s detach partition %s', parent, partition);
  execute format('drop table %I.%I', partition_schema, partition_name);
  delete from app.partition as p where p.schema_name = partition_schema and p.name = partition_name;
end
$$;
comment on function app.drop_partition(regclass) is
  'Drops one partition and forgets it; what it still holds is lost.';

-- A busy table is left for the next time, so that it does not hold back the others.
create function app.drop_expired_partitions(at timestamptz default now())
  returns table (partition_name text, outcome text)
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '3s' as $$
declare
  expired record;
begin
  for expired in
    select p.schema_name, p.table_name, p.name
    from app.partition as p
    join app.partition_policy as policy using (schema_name, table_name)
    where p.ends_at <= at - policy.retention and not (p.holds_imported and policy.keep_imported)
    order by p.starts_at
  loop
    partition_name := expired.name;
    begin
      if to_regclass(format('%I.%I', expired.schema_name, expired.name)) is not null then
        call app.delete_references_to(format('%I.%I', expired.schema_name, expired.table_name)::regclass,
                                      format('%I.%I', expired.schema_name, expired.name)::regclass);
        perform app.drop_partition(format('%I.%I', expired.schema_name, expired.name)::regclass);
      else
        delete from app.partition as p where p.schema_name = expired.schema_name and p.name = expired.name;
      end if;
      outcome := 'dropped';
    exception when lock_not_available then
      outcome := 'busy';
    end;
    return next;
  end loop;
end
$$;
comment on function app.drop_expired_partitions(timestamptz) is
  'Drops the partitions whose last row is older than the retention of their table.';

-- Maintenance is for the worker, which is service_role; claims and ids are for everyone. Nobody may
-- hang the trigger functions on a table of their own and so forge what their owner writes.
revoke all on function app.audit(), app.audit_agency(), app.touch_updated_at(), app.refuse_rekey(),
  app.ensure_partitions(timestamptz, timestamptz, text),
  app.drop_expired_partitions(timestamptz), app.drop_partition(regclass), app.missing_partitions(timestamptz),
  app.wanted_partitions(timestamptz, timestamptz, timestamptz, text), app.policy_expression(text) from public;
revoke all on procedure app.protect(text, text, text, boolean, text[], text[], text[]),
  app.protect_global(text, text, text[]),
  app.protect_local(text), app.protect_view(text), app.add_policy(text), app.add_triggers(text),
  app.grant_columns(text), app.revoke_everything(regclass), app.add_partition(app.partition_policy, timestamp),
  app.delete_references_to(regclass, regclass) from public;
grant execute on function app.ensure_partitions(timestamptz, timestamptz, text),
  app.drop_expired_partitions(timestamptz), app.missing_partitions(timestamptz),
  app.wanted_partitions(timestamptz, timestamptz, timestamptz, text) to service_role;

-- The runner alone writes its records; background work reads them, to say whether the schema is whole.
grant select on app.migration to service_role;

call app.protect_local('table_class');
call app.protect_local('partition_policy');
call app.protect_local('partition');
