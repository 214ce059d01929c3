-- The one database: desk's names, the tenant key in every row, row-level security under everything.
-- The first migration of the new project.
create function public.claimed_organization() returns uuid
  language sql stable set search_path = pg_catalog, pg_temp as $$
  select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'organization_id', '')::uuid
$$;

create table organization (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique,
  plan text not null default 'free' check (plan in ('free', 'pro')),
  created_at timestamptz not null default now()
);
create table member (
  id uuid primary key,
  organization_id uuid not null references organization,
  email text not null,
  full_name text,
  role text not null default 'member',
  created_at timestamptz not null default now()
);
create unique index member_email_key on member (lower(email));
create table customer (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization,
  name text not null,
  email text,
  is_unsubscribed boolean not null default false,
  meta jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create table ticket (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization,
  customer_id uuid not null references customer on delete cascade,
  subject text not null,
  status text not null default 'open' check (status in ('open', 'pending', 'closed')),
  assignee_id uuid references member,
  created_at timestamptz not null default now()
);
create table ticket_message (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization,
  ticket_id uuid not null references ticket on delete cascade,
  body text not null,
  sent_at timestamptz not null default now()
);
create table campaign (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization,
  title text not null,
  status text not null default 'draft' check (status in ('draft', 'sent', 'archived')),
  budget numeric(12, 2),
  created_by uuid references member,
  created_at timestamptz not null default now()
);
create table send (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization,
  campaign_id uuid not null references campaign on delete cascade,
  customer_id uuid references customer,
  sent_at timestamptz,
  is_opened boolean not null default false
);

do $$
declare
  each text;
  tenant text;
begin
  foreach each in array array['organization', 'member', 'customer', 'ticket', 'ticket_message', 'campaign', 'send'] loop
    tenant := case each when 'organization' then 'id' else 'organization_id' end;
    execute format('alter table %I enable row level security', each);
    execute format('alter table %I force row level security', each);
    execute format(
      'create policy own on %I using (%I = (select claimed_organization())) with check (%2$I = (select claimed_organization()))',
      each, tenant);
    execute format('grant select, insert, update, delete on %I to authenticated', each);
    if tenant <> 'id' then
      execute format('create index on %I (organization_id)', each);
    end if;
  end loop;
end
$$;
