-- The PostgreSQL half of the direct-mail app, on Supabase: who belongs where, designs, lists, people
-- to mail and credits. Campaigns and all that came of them are in the other half, in SQLite.
create table organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique,
  plan_tier text default 'starter',
  billing_email text,
  credits numeric(12, 2) default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table user_profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  organization_id uuid not null references organizations (id),
  email text not null,
  full_name text,
  role text not null default 'member' check (role in ('owner', 'admin', 'member', 'viewer')),
  platform_role text,
  avatar_url text,
  last_active_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index user_profiles_organization_idx on user_profiles (organization_id);

create function get_user_organization_id() returns uuid
  language sql stable security definer set search_path = public as $$
  select organization_id from user_profiles where id = auth.uid()
$$;

create table design_templates (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  created_by uuid references auth.users (id),
  name text not null,
  description text,
  canvas_json jsonb not null,
  canvas_width integer not null default 1872,
  canvas_height integer not null default 1271,
  format_type text not null default 'postcard_4x6',
  variable_mappings jsonb default '{}',
  parent_template_id uuid references design_templates (id),
  version_number integer default 1,
  is_current_version boolean default true,
  marketplace_price numeric(10, 2),
  is_public boolean default false,
  usage_count integer default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table design_assets (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  template_id uuid references design_templates (id),
  uploaded_by uuid references auth.users (id),
  asset_type text not null check (asset_type in ('image', 'logo', 'background', 'icon', 'font')),
  asset_name text not null,
  storage_url text not null,
  storage_path text not null,
  file_size_kb integer,
  mime_type text,
  width integer,
  height integer,
  created_at timestamptz not null default now()
);

create table recipient_lists (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  created_by uuid references auth.users (id),
  name text not null,
  description text,
  source text not null check (source in ('csv', 'data_axle', 'api', 'manual')),
  total_recipients integer default 0,
  tags text[] default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table recipients (
  id uuid primary key default gen_random_uuid(),
  recipient_list_id uuid not null references recipient_lists (id) on delete cascade,
  first_name text not null,
  last_name text not null,
  email text,
  phone text,
  address_line1 text not null,
  address_line2 text,
  city text not null,
  state text not null,
  zip_code text not null,
  country text default 'US',
  metadata jsonb default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index recipients_list_idx on recipients (recipient_list_id);

create table audience_filters (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  created_by uuid references auth.users (id),
  name text not null,
  filters jsonb not null,
  filters_hash text,
  last_contact_count integer,
  last_estimated_cost numeric(12, 2),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- No foreign key on recipient_list_id: a list may be deleted, the invoice stays.
create table contact_purchases (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organizations (id) on delete cascade,
  user_id uuid references auth.users (id),
  recipient_list_id uuid,
  audience_filter_id uuid references audience_filters (id),
  contact_count integer not null,
  cost_per_contact numeric(10, 4) not null,
  total_cost numeric(12, 2) not null,
  user_charge numeric(12, 2),
  provider text default 'data_axle',
  provider_request_id text,
  delivery_status text not null default 'pending',
  purchased_at timestamptz not null default now()
);

create table pricing_tiers (
  id serial primary key,
  tier_name text not null,
  min_contacts integer not null,
  max_contacts integer,
  our_cost numeric(10, 4) not null,
  user_charge numeric(10, 4) not null,
  is_active boolean default true,
  created_at timestamptz not null default now()
);

create table credit_transactions (
  id bigint generated always as identity primary key,
  organization_id uuid not null references organizations (id) on delete cascade,
  user_id uuid references auth.users (id),
  type text not null check (type in ('purchase', 'spend', 'refund', 'admin_adjustment')),
  amount numeric(12, 2) not null,
  balance_after numeric(12, 2) not null,
  description text,
  reference_id uuid,
  created_at timestamptz not null default now()
);

alter table organizations enable row level security;
alter table user_profiles enable row level security;
alter table design_templates enable row level security;
alter table design_assets enable row level security;
alter table recipient_lists enable row level security;
alter table recipients enable row level security;
alter table audience_filters enable row level security;
alter table contact_purchases enable row level security;
alter table pricing_tiers enable row level security;
alter table credit_transactions enable row level security;
create policy own_organization on organizations for select using (id = get_user_organization_id());
create policy own_profile on user_profiles using (organization_id = get_user_organization_id());
create policy own_templates on design_templates using (organization_id = get_user_organization_id());
create policy own_assets on design_assets using (organization_id = get_user_organization_id());
create policy own_lists on recipient_lists using (organization_id = get_user_organization_id());
create policy own_recipients on recipients using (exists (
  select from recipient_lists as l
  where l.id = recipients.recipient_list_id and l.organization_id = get_user_organization_id()));
create policy own_filters on audience_filters using (organization_id = get_user_organization_id());
create policy own_purchases on contact_purchases using (organization_id = get_user_organization_id());
create policy everyone_reads_tiers on pricing_tiers for select using (true);
create policy own_credits on credit_transactions for select using (organization_id = get_user_organization_id());
grant select, insert, update, delete on all tables in schema public to authenticated, service_role;
