-- The legacy AudienceOS database: singular tables on Supabase, the base that the others come into.
-- Its policies are tidy but for two tables: "user" has a policy that nothing enforces, and permission
-- has neither.
create type user_role as enum ('owner', 'admin', 'manager', 'user');
create type ticket_status as enum ('new', 'in_progress', 'waiting_client', 'resolved');

create table agency (
  id uuid primary key default gen_random_uuid(),
  name varchar(200) not null,
  slug varchar(100) not null unique,
  timezone varchar(50) default 'UTC',
  business_hours jsonb default '{}',
  pipeline_stages jsonb default '[]',
  health_thresholds jsonb default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table "user" (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  email varchar(255) not null unique,
  first_name varchar(100),
  last_name varchar(100),
  role user_role not null default 'user',
  avatar_url text,
  is_active boolean not null default true,
  last_login_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table permission (
  id serial primary key,
  resource varchar(50) not null,
  action varchar(20) not null,
  description text,
  unique (resource, action)
);

create table role_permission (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  role user_role not null,
  permission_id integer not null references permission (id),
  created_at timestamptz not null default now(),
  unique (agency_id, role, permission_id)
);

create table client (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  name varchar(200) not null,
  contact_email varchar(255),
  contact_name varchar(200),
  stage varchar(50) not null default 'Lead',
  health_status varchar(10) not null default 'green' check (health_status in ('green', 'yellow', 'red')),
  days_in_stage integer not null default 0,
  notes text,
  tags text[] default '{}',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index client_agency_idx on client (agency_id);

create table client_assignment (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  user_id uuid not null references "user" (id) on delete cascade,
  role varchar(50) not null,
  created_at timestamptz not null default now(),
  unique (client_id, user_id, role)
);

create table member_client_access (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  user_id uuid not null references "user" (id) on delete cascade,
  permission varchar(10) not null default 'read' check (permission in ('read', 'write')),
  assigned_by uuid references "user" (id),
  created_at timestamptz not null default now(),
  unique (client_id, user_id)
);

create table stage_event (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  from_stage varchar(50),
  to_stage varchar(50) not null,
  moved_by uuid references "user" (id),
  moved_at timestamptz not null default now()
);

create table task (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid references client (id) on delete cascade,
  parent_id uuid references task (id),
  title varchar(300) not null,
  description text,
  status varchar(20) not null default 'todo' check (status in ('todo', 'in_progress', 'done', 'wont_do')),
  priority varchar(10) not null default 'medium',
  assigned_to uuid references "user" (id),
  due_date date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table integration (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  provider varchar(20) not null check (provider in ('slack', 'gmail', 'google_ads', 'meta_ads')),
  is_connected boolean not null default false,
  access_token text,
  refresh_token text,
  config jsonb default '{}',
  last_sync_at timestamptz,
  created_at timestamptz not null default now(),
  unique (agency_id, provider)
);

create table communication (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  platform varchar(10) not null check (platform in ('slack', 'gmail')),
  thread_id varchar(200),
  message_id varchar(200) not null,
  sender_name varchar(200),
  sender_email varchar(255),
  subject text,
  content text,
  is_inbound boolean not null,
  needs_reply boolean not null default false,
  replied_at timestamptz,
  replied_by uuid references "user" (id),
  received_at timestamptz not null,
  created_at timestamptz not null default now(),
  unique (agency_id, platform, message_id)
);
create index communication_client_idx on communication (client_id, received_at);

create table alert (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid references client (id) on delete cascade,
  type varchar(20) not null check (type in ('risk_detected', 'kpi_drop', 'inactivity', 'disconnect')),
  severity varchar(10) not null default 'medium',
  confidence numeric(4, 3),
  title text not null,
  description text,
  status varchar(10) not null default 'active' check (status in ('active', 'snoozed', 'dismissed', 'resolved')),
  snoozed_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table document (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid references client (id) on delete cascade,
  title varchar(300) not null,
  category varchar(20) not null default 'other',
  storage_path text,
  mime_type varchar(100),
  file_size bigint,
  index_status varchar(10) not null default 'none',
  uploaded_by uuid references "user" (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table ticket (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  number integer not null,
  title varchar(300) not null,
  description text,
  category varchar(20) not null default 'general',
  priority varchar(10) not null default 'medium' check (priority in ('low', 'medium', 'high', 'critical')),
  status ticket_status not null default 'new',
  assignee_id uuid references "user" (id),
  created_by uuid references "user" (id),
  resolved_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (agency_id, number)
);

create table ticket_note (
  id uuid primary key default gen_random_uuid(),
  ticket_id uuid not null references ticket (id) on delete cascade,
  author_id uuid references "user" (id),
  content text not null,
  is_internal boolean not null default true,
  created_at timestamptz not null default now()
);

create table workflow (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  name varchar(200) not null,
  trigger_type varchar(30) not null,
  trigger_config jsonb default '{}',
  actions jsonb not null default '[]',
  is_active boolean not null default true,
  created_by uuid references "user" (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table intake_form_field (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  label varchar(200) not null,
  field_type varchar(20) not null default 'text',
  is_required boolean not null default false,
  sort_order integer not null default 0,
  created_at timestamptz not null default now()
);

create table onboarding_journey (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  name varchar(200) not null,
  stages jsonb not null default '[]',
  is_default boolean not null default false,
  created_at timestamptz not null default now()
);

create table onboarding_instance (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  journey_id uuid not null references onboarding_journey (id),
  portal_token varchar(64) not null unique,
  status varchar(20) not null default 'in_progress',
  started_at timestamptz not null default now(),
  completed_at timestamptz
);

create table onboarding_stage_status (
  id uuid primary key default gen_random_uuid(),
  instance_id uuid not null references onboarding_instance (id) on delete cascade,
  stage varchar(50) not null,
  status varchar(20) not null default 'pending',
  completed_at timestamptz,
  unique (instance_id, stage)
);

create table intake_response (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  field_id uuid not null references intake_form_field (id),
  instance_id uuid references onboarding_instance (id),
  value text,
  submitted_at timestamptz not null default now()
);

create table kpi_snapshot (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid references client (id) on delete cascade,
  metric varchar(50) not null,
  value numeric(14, 2) not null,
  target numeric(14, 2),
  snapshot_date date not null,
  created_at timestamptz not null default now()
);

create table ad_performance (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid not null references client (id) on delete cascade,
  platform varchar(20) not null check (platform in ('google_ads', 'meta_ads')),
  account_id varchar(50) not null,
  campaign_id varchar(50) not null,
  campaign_name varchar(200),
  date date not null,
  spend double precision not null default 0,
  impressions integer not null default 0,
  clicks integer not null default 0,
  conversions integer not null default 0,
  revenue double precision not null default 0,
  created_at timestamptz not null default now(),
  unique (agency_id, platform, account_id, campaign_id, date)
);

create table cartridge (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  client_id uuid references client (id),
  name varchar(200) not null,
  type varchar(20) not null check (type in ('voice', 'style', 'preferences', 'instructions', 'brand')),
  tier varchar(10) not null default 'agency' check (tier in ('system', 'agency', 'client', 'user')),
  config jsonb not null default '{}',
  is_default boolean not null default false,
  is_active boolean not null default true,
  created_by uuid references "user" (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table chat_session (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  user_id uuid not null references "user" (id) on delete cascade,
  title varchar(200),
  context jsonb default '{}',
  is_active boolean not null default true,
  last_message_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table chat_message (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null references chat_session (id) on delete cascade,
  agency_id uuid not null references agency (id),
  role varchar(10) not null check (role in ('user', 'assistant', 'system')),
  content text not null,
  model varchar(50),
  route_used varchar(20),
  citations jsonb default '[]',
  tokens_used integer,
  created_at timestamptz not null default now()
);
create index chat_message_session_idx on chat_message (session_id, created_at);

do $$
declare
  named text;
begin
  for named in
    select tablename from pg_catalog.pg_tables
    where schemaname = 'public' and tablename not in ('user', 'permission')
  loop
    execute format('alter table %I enable row level security', named);
  end loop;
  for named in
    select table_name from information_schema.columns where table_schema = 'public' and column_name = 'agency_id'
  loop
    execute format('create policy %I on %I using (agency_id = (auth.jwt() ->> ''agency_id'')::uuid)', named || '_rls', named);
  end loop;
end
$$;
create policy agency_rls on agency using (id = (auth.jwt() ->> 'agency_id')::uuid);
create policy ticket_note_rls on ticket_note using (exists (
  select from ticket where ticket.id = ticket_note.ticket_id and ticket.agency_id = (auth.jwt() ->> 'agency_id')::uuid));
create policy onboarding_stage_status_rls on onboarding_stage_status using (exists (
  select from onboarding_instance as o
  where o.id = onboarding_stage_status.instance_id and o.agency_id = (auth.jwt() ->> 'agency_id')::uuid));
grant select, insert, update, delete on all tables in schema public to authenticated, service_role;
