-- The legacy RevOS database: plural tables on Supabase. An agency has clients, a client has people;
-- most other tables lead to their agency only through joins. Left behind over time: a dead twin of
-- each chat table, three tables of another product, two backups without row-level security.
create type lead_status as enum ('comment_detected', 'dm_sent', 'dm_replied', 'email_captured', 'webhook_sent',
                                 'backup_sent', 'completed', 'failed', 'unsubscribed');

create table agencies (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique,
  settings jsonb default '{}',
  subscription_tier text default 'starter',
  subscription_status text default 'active',
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table clients (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid references agencies (id) on delete cascade,
  name text not null,
  company_name text,
  industry text,
  website text,
  settings jsonb default '{}',
  subscription_tier text default 'basic',
  subscription_status text default 'active',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (agency_id, name)
);

-- Unique as it is spelled: the same address in other case is another row.
create table users (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  email text not null unique,
  first_name text,
  last_name text,
  role text default 'member' check (role in ('admin', 'manager', 'member')),
  avatar_url text,
  settings jsonb default '{}',
  last_login_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);
create index idx_users_client on users (client_id);

create table user_preferences (
  user_id uuid primary key references users (id) on delete cascade,
  theme text default 'system',
  email_digest boolean default true,
  settings jsonb default '{}',
  updated_at timestamptz default now()
);

create table feature_flags (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agencies (id),
  flag text not null,
  enabled boolean default false,
  created_at timestamptz default now(),
  unique (agency_id, flag)
);

-- LinkedIn

create table linkedin_accounts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  account_name text not null,
  linkedin_email text not null,
  linkedin_password text,
  unipile_account_id text unique,
  unipile_session jsonb,
  session_expires_at timestamptz,
  profile_data jsonb,
  status text default 'active' check (status in ('active', 'expired', 'error', 'disconnected')),
  last_sync_at timestamptz,
  rate_limit_reset_at timestamptz,
  daily_dm_count integer default 0,
  daily_post_count integer default 0,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (user_id, account_name)
);

create table connected_accounts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  provider text not null,
  account_id text not null,
  account_name text,
  access_token text,
  status text default 'active',
  created_at timestamptz default now()
);

create table lead_magnet_library (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  title text not null,
  description text,
  url text,
  category text,
  is_active boolean default true,
  created_at timestamptz default now()
);

create table lead_magnets (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  name text not null,
  description text,
  file_path text not null,
  file_size integer,
  file_type text,
  thumbnail_url text,
  download_count integer default 0,
  tags text[],
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);
create index idx_lead_magnets_tags on lead_magnets using gin (tags);

create table webhook_configs (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  name text not null,
  url text not null,
  secret text,
  headers jsonb default '{}',
  esp_type text,
  retry_enabled boolean default true,
  max_retries integer default 3,
  retry_delay_ms integer default 1000,
  timeout_ms integer default 30000,
  active boolean default true,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (client_id, name)
);

create table campaigns (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  name text not null,
  description text,
  lead_magnet_id uuid references lead_magnets (id),
  trigger_word text not null,
  post_template text,
  dm_template_step1 text,
  dm_template_step2 text,
  dm_template_step3 text,
  webhook_config_id uuid references webhook_configs (id),
  settings jsonb default '{}',
  status text default 'draft' check (status in ('draft', 'active', 'paused', 'completed', 'archived')),
  metrics jsonb default '{}',
  starts_at timestamptz,
  ends_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (client_id, name)
);

create table posts (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid references campaigns (id) on delete cascade,
  linkedin_account_id uuid references linkedin_accounts (id),
  unipile_post_id text unique,
  post_url text,
  content text not null,
  media_urls text[],
  trigger_word text,
  status text default 'draft' check (status in ('draft', 'scheduled', 'queued', 'published', 'failed')),
  scheduled_for timestamptz,
  published_at timestamptz,
  metrics jsonb default '{}',
  last_polled_at timestamptz,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);
create index idx_posts_campaign on posts (campaign_id);

create table comments (
  id uuid primary key default gen_random_uuid(),
  post_id uuid references posts (id) on delete cascade,
  unipile_comment_id text unique,
  author_name text not null,
  author_linkedin_id text not null,
  author_profile_url text,
  content text not null,
  has_trigger_word boolean default false,
  dm_sent boolean default false,
  dm_sent_at timestamptz,
  created_at timestamptz default now()
);
create index idx_comments_post on comments (post_id);

-- Leads and messages

create table leads (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid references campaigns (id) on delete cascade,
  email text,
  first_name text,
  last_name text,
  linkedin_id text not null,
  linkedin_url text,
  company text,
  title text,
  source text default 'comment' check (source in ('comment', 'dm', 'manual')),
  status lead_status default 'comment_detected',
  comment_id uuid references comments (id),
  dm_sequence_id uuid,
  custom_fields jsonb default '{}',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (campaign_id, linkedin_id)
);

create table dm_sequences (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id) on delete cascade,
  campaign_id uuid references campaigns (id),
  step1_scheduled_for timestamptz,
  step1_sent_at timestamptz,
  step1_message text,
  step1_unipile_message_id text,
  step1_status text,
  step2_sent_at timestamptz,
  step2_message text,
  step2_unipile_message_id text,
  email_extracted text,
  email_extracted_at timestamptz,
  step3_scheduled_for timestamptz,
  step3_sent_at timestamptz,
  step3_message text,
  step3_unipile_message_id text,
  download_url text,
  download_url_expires_at timestamptz,
  link_clicked boolean default false,
  link_clicked_at timestamptz,
  status text default 'in_progress' check (status in ('in_progress', 'completed', 'failed', 'abandoned')),
  completed_at timestamptz,
  failure_reason text,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);
create index idx_dm_sequences_lead on dm_sequences (lead_id);
-- The two point at each other: neither table can be filled first.
alter table leads add foreign key (dm_sequence_id) references dm_sequences (id);

create table dm_messages (
  id uuid primary key default gen_random_uuid(),
  dm_sequence_id uuid references dm_sequences (id) on delete cascade,
  direction text check (direction in ('outbound', 'inbound')),
  message text not null,
  unipile_message_id text unique,
  unipile_conversation_id text,
  sent_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  created_at timestamptz default now()
);

-- Written by a worker that kept its clock in UTC and no zone.
create table dm_deliveries (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid references campaigns (id),
  lead_id uuid references leads (id),
  account_id uuid references linkedin_accounts (id),
  step integer not null,
  status text default 'sent' check (status in ('sent', 'failed')),
  error text,
  sent_at timestamp,
  created_at timestamp default now()
);

create table pending_connections (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id) on delete cascade,
  linkedin_account_id uuid references linkedin_accounts (id),
  provider_id text not null,
  status text default 'pending' check (status in ('pending', 'accepted', 'expired')),
  sent_at timestamptz,
  accepted_at timestamptz,
  created_at timestamptz default now()
);

create table triggered_comments (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid references campaigns (id) on delete cascade,
  post_id uuid references posts (id) on delete cascade,
  comment_id uuid references comments (id) on delete cascade,
  trigger_word text not null,
  score numeric(4, 3),
  created_at timestamptz default now()
);

create table processed_comments (
  comment_id text primary key,
  linkedin_account_id uuid references linkedin_accounts (id),
  post_id uuid references posts (id),
  processed_at timestamptz default now()
);

create table processed_messages (
  message_id text primary key,
  linkedin_account_id uuid references linkedin_accounts (id),
  processed_at timestamptz default now()
);

create table email_extraction_reviews (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid references leads (id) on delete cascade,
  dm_sequence_id uuid references dm_sequences (id),
  message_text text not null,
  candidate_email text,
  confidence numeric(4, 3) not null,
  status text default 'pending' check (status in ('pending', 'approved', 'rejected')),
  created_at timestamptz default now()
);

create table email_queue (
  id uuid primary key default gen_random_uuid(),
  lead_id uuid,
  to_email text not null,
  subject text not null,
  body text,
  status text default 'pending',
  sent_at timestamptz,
  created_at timestamptz default now()
);

create table suppressions (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  email text not null,
  reason text default 'opt_out',
  created_at timestamptz default now()
);

-- Webhooks

create table webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  webhook_config_id uuid references webhook_configs (id),
  lead_id uuid references leads (id),
  payload jsonb not null,
  status text default 'pending' check (status in ('pending', 'success', 'failed')),
  status_code integer,
  response_body jsonb,
  error_message text,
  attempt_count integer default 1,
  response_time_ms integer,
  next_retry_at timestamptz,
  created_at timestamptz default now(),
  delivered_at timestamptz
);

create table webhook_endpoints (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  name text not null,
  token text not null unique,
  is_active boolean default true,
  created_at timestamptz default now()
);

create table webhook_logs (
  id uuid primary key default gen_random_uuid(),
  endpoint_id uuid references webhook_endpoints (id),
  method text default 'POST',
  path text not null,
  body text,
  status_code integer,
  received_at timestamp default now()
);

-- No foreign key: the provider tells of accounts that were deleted here.
create table unipile_webhook_logs (
  id uuid primary key default gen_random_uuid(),
  account_id text not null,
  event text not null,
  payload jsonb not null,
  processed boolean default false,
  created_at timestamptz default now()
);

-- Pods

create table pods (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  name text not null,
  description text,
  min_members integer default 9,
  auto_engage boolean default true,
  engagement_window_minutes integer default 30,
  comment_window_minutes integer default 180,
  settings jsonb default '{}',
  status text default 'active' check (status in ('active', 'paused')),
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (client_id, name)
);

create table pod_members (
  id uuid primary key default gen_random_uuid(),
  pod_id uuid references pods (id) on delete cascade,
  user_id uuid references users (id) on delete cascade,
  linkedin_account_id uuid references linkedin_accounts (id),
  role text default 'member' check (role in ('owner', 'member')),
  participation_score numeric(3, 2) default 1.00,
  total_engagements integer default 0,
  missed_engagements integer default 0,
  status text default 'active' check (status in ('active', 'paused', 'removed')),
  joined_at timestamptz default now(),
  unique (pod_id, user_id)
);

create table pod_activities (
  id uuid primary key default gen_random_uuid(),
  pod_id uuid references pods (id) on delete cascade,
  post_id uuid references posts (id),
  post_url text not null,
  post_author_id uuid references pod_members (id),
  engagement_type text check (engagement_type in ('like', 'comment', 'repost')),
  member_id uuid references pod_members (id),
  scheduled_for timestamptz,
  executed_at timestamptz,
  status text default 'pending' check (status in ('pending', 'completed', 'failed', 'skipped')),
  error_message text,
  created_at timestamptz default now()
);

-- What the assistant knows: one table for each kind, and the general one that came first

create table cartridges (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  user_id uuid references users (id),
  tier text not null check (tier in ('system', 'workspace', 'user', 'skill')),
  name text not null,
  description text,
  voice jsonb default '{}',
  knowledge jsonb default '{}',
  auto_generate boolean default false,
  source_posts_count integer,
  parent_cartridge_id uuid references cartridges (id),
  active boolean default true,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table brand_cartridges (
  id uuid primary key default gen_random_uuid(),
  client_id uuid references clients (id) on delete cascade,
  name text not null,
  company_name text,
  tagline text,
  brand_colors text[],
  core_values text[],
  is_active boolean default true,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table style_cartridges (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  name text not null,
  tone text,
  formality integer,
  example_posts text[],
  created_at timestamptz default now()
);

create table voice_cartridges (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  name text not null,
  voice_params jsonb not null default '{}',
  is_default boolean default false,
  created_at timestamptz default now()
);

create table preferences_cartridges (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  language text default 'en',
  content_length text default 'medium',
  hashtag_count integer default 3,
  emoji_usage boolean default true,
  created_at timestamptz default now()
);

create table instruction_cartridges (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  name text not null,
  training_docs text[],
  process_instructions text,
  created_at timestamptz default now()
);

create table campaign_skills (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid references campaigns (id) on delete cascade,
  skill_name text not null,
  execution_mode text default 'ai' check (execution_mode in ('human', 'ai', 'scheduled')),
  schedule timestamptz,
  config jsonb default '{}',
  enabled boolean default true,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (campaign_id, skill_name)
);

create table skill_executions (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid references campaigns (id),
  skill_name text not null,
  input_data jsonb,
  output_data jsonb,
  execution_time_ms integer,
  tokens_used integer,
  success boolean default true,
  error_message text,
  created_at timestamptz default now()
);

create table memories (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  mem0_memory_id text unique,
  memory_type text,
  content text,
  metadata jsonb default '{}',
  relevance_score numeric(3, 2),
  created_at timestamptz default now()
);

create table console_workflows (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid references agencies (id),
  name text not null,
  version integer default 1,
  definition jsonb not null,
  is_active boolean default true,
  created_at timestamptz default now()
);

create table console_prompts (
  id uuid primary key default gen_random_uuid(),
  workflow_id uuid references console_workflows (id) on delete cascade,
  name text not null,
  content text not null,
  version integer default 1,
  created_at timestamptz default now()
);

create table queue_jobs (
  id uuid primary key default gen_random_uuid(),
  job_id text not null unique,
  queue_name text not null,
  job_type text not null,
  payload jsonb,
  status text default 'pending' check (status in ('pending', 'active', 'completed', 'failed', 'delayed')),
  attempts integer default 0,
  max_attempts integer default 3,
  error_message text,
  scheduled_for timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz default now()
);

create table scrape_jobs (
  id uuid primary key default gen_random_uuid(),
  post_id uuid references posts (id) on delete cascade,
  status text default 'scheduled' check (status in ('scheduled', 'running', 'paused', 'completed', 'failed')),
  interval_minutes integer default 5,
  comments_seen integer default 0,
  next_check timestamptz,
  created_at timestamptz default now()
);

-- No foreign key on user_id: people were deleted under it.
create table notifications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  type text not null,
  title text not null,
  message text,
  read boolean default false,
  created_at timestamptz default now()
);

-- Chat, three times: the first attempt under singular names, never dropped; the one in use; and
-- that of the shared assistant.

create table chat_session (
  id uuid primary key default gen_random_uuid(),
  user_id uuid,
  title text,
  created_at timestamptz default now()
);
create table chat_message (
  id uuid primary key default gen_random_uuid(),
  session_id uuid,
  role text,
  content text,
  created_at timestamptz default now()
);

create table chat_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references users (id) on delete cascade,
  title text,
  metadata jsonb default '{}',
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);
create table chat_messages (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null references chat_sessions (id) on delete cascade,
  role text not null check (role in ('user', 'assistant', 'system', 'tool')),
  content text not null,
  metadata jsonb default '{}',
  created_at timestamptz default now()
);

create table hgc_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users (id) on delete cascade,
  client_id uuid references clients (id),
  title text,
  context jsonb default '{}',
  created_at timestamp default now(),
  updated_at timestamp default now()
);
create table hgc_messages (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null references hgc_sessions (id) on delete cascade,
  role text not null check (role in ('user', 'assistant', 'system', 'tool')),
  content text not null,
  function_calls jsonb,
  tokens integer,
  created_at timestamp default now()
);

-- Another product's, left by a migration that was run against the wrong project

create table outfit_history (
  id serial primary key,
  user_id uuid,
  outfit jsonb,
  worn_on date
);
create table swatches (
  id serial primary key,
  hex text not null,
  label text
);
create table swipe_cartridges (
  id uuid primary key default gen_random_uuid(),
  user_id uuid,
  direction text,
  created_at timestamptz default now()
);

-- Backups that somebody took by hand

create table backup_dm_sequences as table dm_sequences with no data;
create table campaigns_trigger_word_backup (
  id uuid,
  trigger_word text,
  backed_up_at timestamp
);

-- Row-level security everywhere but on the backups

do $$
declare
  named text;
begin
  for named in
    select tablename from pg_catalog.pg_tables
    where schemaname = 'public' and tablename not in ('backup_dm_sequences', 'campaigns_trigger_word_backup')
  loop
    execute format('alter table %I enable row level security', named);
  end loop;
end
$$;
grant select, insert, update, delete on all tables in schema public to authenticated, service_role;

create policy agencies_own on agencies for select using (id = (auth.jwt() ->> 'agency_id')::uuid);
create policy clients_own on clients using (agency_id = (auth.jwt() ->> 'agency_id')::uuid);
create policy users_client_isolation on users using (client_id = (auth.jwt() ->> 'client_id')::uuid);
create policy campaigns_client_isolation on campaigns using (client_id = (auth.jwt() ->> 'client_id')::uuid);
create policy posts_campaign_access on posts using (
  campaign_id in (select id from campaigns where client_id = (auth.jwt() ->> 'client_id')::uuid));
create policy leads_campaign_access on leads using (
  campaign_id in (select id from campaigns where client_id = (auth.jwt() ->> 'client_id')::uuid));
create policy chat_sessions_own on chat_sessions using (user_id = auth.uid());
create policy hgc_sessions_own on hgc_sessions using (user_id = auth.uid());
create policy linkedin_accounts_own on linkedin_accounts using (user_id = auth.uid());
create policy notifications_own on notifications using (user_id = auth.uid());

create function update_updated_at_column() returns trigger
  language plpgsql as $$
begin
  new.updated_at = now();
  return new;
end
$$;
create trigger update_campaigns_updated_at before update on campaigns
  for each row execute function update_updated_at_column();
create trigger update_leads_updated_at before update on leads
  for each row execute function update_updated_at_column();
