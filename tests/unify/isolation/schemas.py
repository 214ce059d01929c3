"""Small schemas whose tenants are kept apart, in the styles that people use."""

from __future__ import annotations

#: the tenant in a claim; direct, joined and two levels away
CLAIM = """
create table agency (id uuid primary key default gen_random_uuid(), name text not null);
create table client (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  name text not null,
  unique (agency_id, name)
);
create table note (
  id uuid primary key default gen_random_uuid(),
  client_id uuid not null references client (id),
  body text not null default ''
);
create table note_line (
  note_id uuid not null references note (id),
  number int not null check (number between 1 and 99),
  primary key (note_id, number)
);
alter table agency enable row level security;
alter table client enable row level security;
alter table note enable row level security;
alter table note_line enable row level security;
create policy own on agency using (id = (auth.jwt() ->> 'agency_id')::uuid);
create policy own on client using (agency_id = (auth.jwt() ->> 'agency_id')::uuid);
create policy own on note using (exists (
  select from client c where c.id = note.client_id
  and c.agency_id = (auth.jwt() ->> 'agency_id')::uuid));
create policy own on note_line using (note_id in (
  select n.id from note n join client c on c.id = n.client_id
  where c.agency_id = (auth.jwt() ->> 'agency_id')::uuid));
create table plan (id int primary key, label text not null);
"""

#: the tenant looked up in a table of members, by a function that passes the policies
MEMBERS = """
create table organization (id uuid primary key default gen_random_uuid(), name text not null);
create table membership (
  organization_id uuid not null references organization (id),
  user_id uuid not null references auth.users (id),
  role text not null default 'member' check (role in ('owner', 'admin', 'member')),
  primary key (organization_id, user_id)
);
create table project (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization (id),
  title text not null
);
create table task (
  id bigint generated always as identity primary key,
  project_id uuid not null references project (id),
  parent_id bigint references task (id),
  assignee_id uuid references auth.users (id),
  state text not null check (state in ('open', 'done'))
);
create function my_organizations() returns setof uuid language sql stable security definer
  as $$ select organization_id from membership where user_id = auth.uid() $$;
alter table organization enable row level security;
alter table membership enable row level security;
alter table project enable row level security;
alter table task enable row level security;
create policy own on organization for select using (id in (select my_organizations()));
create policy own on membership for select using (user_id = auth.uid());
create policy members on project using (exists (
  select 1 from membership m
  where m.organization_id = project.organization_id and m.user_id = auth.uid()));
create policy members on task using (project_id in (
  select p.id from project p where p.organization_id in (select my_organizations())));
"""

#: rows that belong to persons
PERSONS = """
create table profile (id uuid primary key references auth.users (id), full_name text);
create table chat (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  title text
);
create table message (
  id uuid primary key default gen_random_uuid(),
  chat_id uuid not null references chat (id) on delete cascade,
  body text not null
);
alter table profile enable row level security;
alter table chat enable row level security;
alter table message enable row level security;
create policy own on profile using (auth.uid() = id) with check (auth.uid() = id);
create policy own on chat using (auth.uid() = user_id);
create policy own on message using (
  exists (select 1 from chat where chat.id = message.chat_id and chat.user_id = auth.uid()));
"""

#: no platform at all: a setting of the application's own
SETTING = """
create table document (
  id serial primary key,
  tenant_id text not null,
  title text not null
);
alter table document enable row level security;
alter table document force row level security;
create policy own on document using (tenant_id = current_setting('app.tenant_id', true));
"""
