-- A target with two firms; people and notes carry the firm, labels of two kinds share a table.
create schema app;
create function app.claims() returns jsonb language sql stable
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb;
do $$begin
  if not exists (select from pg_roles where rolname = 'authenticated') then
    create role authenticated nologin;
  end if;
end$$;
grant usage on schema app to authenticated;

create table firm (id uuid primary key, name text not null);
create table "user" (
  firm_id uuid not null references firm (id),
  id uuid primary key default gen_random_uuid(),
  full_name text not null,
  is_active boolean not null default true,
  password_hash text
);
create table label (
  firm_id uuid not null references firm (id),
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  name text not null,
  config jsonb not null default '{}'
);
create table note (
  firm_id uuid not null references firm (id),
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references "user" (id),
  body text
);
create table note_link (
  firm_id uuid not null references firm (id),
  note_id uuid not null references note (id),
  kind text not null,
  url text not null
);

do $$
declare name text;
begin
  foreach name in array array['firm', 'user', 'label', 'note', 'note_link'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy own on %I using (%I = (app.claims() ->> ''agency_id'')::uuid)',
      name, case name when 'firm' then 'id' else 'firm_id' end);
    execute format('grant select, insert, update, delete on %I to authenticated', name);
  end loop;
end$$;
revoke insert, delete on firm from authenticated;
revoke update on note, "user" from authenticated;
grant update (body) on note to authenticated;
do $$begin
  if not exists (select from pg_roles where rolname = 'service_role') then
    create role service_role nologin;
  end if;
end$$;
grant select, insert, update, delete on note to service_role;
grant update (firm_id, full_name) on "user" to authenticated;

insert into firm values
  ('00000000-0000-0000-0000-00000000000a', 'A'), ('00000000-0000-0000-0000-00000000000b', 'B');
insert into "user" (firm_id, id, full_name) values
  ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-0000000000a1', 'Ada'),
  ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-0000000000b1', 'Bob');
insert into label (firm_id, kind, name, config) values
  ('00000000-0000-0000-0000-00000000000a', 'brand', 'Red', '{"size": 3, "deep": {"a": 1}, "x": 9}'),
  ('00000000-0000-0000-0000-00000000000a', 'style', 'Calm', '{"tone": "low"}'),
  ('00000000-0000-0000-0000-00000000000b', 'brand', 'Blue', '{"size": 4}');
insert into note (firm_id, id, user_id, body) values
  ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-0000000000a9',
   '00000000-0000-0000-0000-0000000000a1', 'hello'),
  ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-0000000000b9',
   '00000000-0000-0000-0000-0000000000b1', 'world');
insert into note_link values
  ('00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-0000000000a9', 'link', 'a.example'),
  ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-0000000000b9', 'link', 'b.example');
