-- Why: RevOS: LinkedIn posts that gather comments, comments that become leads, the DM sequences,
-- webhooks and pods around them. Every row carries agency and client, so that no policy joins.
-- Counters and metrics are derived from what happened, so authenticated never writes them.

create table public.linkedin_account (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  user_id uuid not null,
  account_name text not null,
  linkedin_email_encrypted bytea,
  provider text not null default 'unipile',
  provider_dialect text not null default 'v1',
  unipile_account_id text,
  provider_person_id text,
  public_identifier text,
  display_name text,
  headline text,
  profile_url text,
  avatar_url text,
  premium_features text[] not null default '{}',
  profile_data jsonb not null default '{}',
  status text not null default 'connecting',
  status_reason text,
  status_changed_at timestamptz not null default now(),
  paused_until timestamptz,
  session_expires_at timestamptz,
  last_sync_at timestamptz,
  rate_limit_reset_at timestamptz,
  timezone text not null default 'UTC',
  work_days smallint[] not null default '{1,2,3,4,5}',
  work_starts_at time not null default '09:00',
  work_ends_at time not null default '17:00',
  warmup_started_on date,
  warmup_days integer not null default 14,
  daily_dm_cap integer not null default 50,
  daily_invitation_cap integer not null default 20,
  weekly_invitation_cap integer not null default 100,
  daily_comment_cap integer not null default 50,
  daily_reaction_cap integer not null default 80,
  daily_profile_cap integer not null default 80,
  daily_post_cap integer not null default 5,
  daily_dm_count integer not null default 0,
  daily_invitation_count integer not null default 0,
  weekly_invitation_count integer not null default 0,
  daily_comment_count integer not null default 0,
  daily_reaction_count integer not null default 0,
  daily_profile_count integer not null default 0,
  daily_post_count integer not null default 0,
  counts_on date not null default current_date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint linkedin_account_pkey primary key (agency_id, id),
  constraint linkedin_account_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint linkedin_account_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint linkedin_account_user_fkey foreign key (user_id) references public."user" (id),
  constraint linkedin_account_name_key unique (agency_id, user_id, account_name),
  constraint linkedin_account_unipile_key unique (agency_id, unipile_account_id),
  constraint linkedin_account_provider_dialect_check check (provider_dialect in ('v1', 'v2')),
  constraint linkedin_account_status_check
    check (status in ('connecting', 'active', 'paused', 'restricted', 'expired', 'error')),
  constraint linkedin_account_linked_check check (status <> 'active' or unipile_account_id is not null),
  constraint linkedin_account_work_check check (work_starts_at < work_ends_at),
  constraint linkedin_account_work_days_check check (work_days <@ '{1,2,3,4,5,6,7}'),
  constraint linkedin_account_caps_check check (
    daily_dm_cap >= 0 and daily_invitation_cap >= 0 and weekly_invitation_cap >= 0 and daily_comment_cap >= 0
    and daily_reaction_cap >= 0 and daily_profile_cap >= 0 and daily_post_cap >= 0),
  constraint linkedin_account_counts_check check (
    daily_dm_count >= 0 and daily_invitation_count >= 0 and weekly_invitation_count >= 0 and daily_comment_count >= 0
    and daily_reaction_count >= 0 and daily_profile_count >= 0 and daily_post_count >= 0)
);
create index linkedin_account_client_idx on public.linkedin_account (agency_id, client_id);
create index linkedin_account_status_idx on public.linkedin_account (agency_id, status);
create index linkedin_account_person_idx on public.linkedin_account (agency_id, provider_person_id);
comment on table public.linkedin_account is
  'One row a LinkedIn account linked through the provider''s own page: no password is ever here. Hours, warm-up and caps bound what is done in its name.';
comment on column public.linkedin_account.linkedin_email_encrypted is 'Ciphertext under the agency''s data key.';
comment on column public.linkedin_account.provider_person_id is
  'The account''s own person id at LinkedIn: what it wrote itself is recognised by it.';
call app.protect('linkedin_account', 'client', app => 'revos', fixed =>
    '{daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on}',
  unaudited =>
    '{daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on,last_sync_at}');

create table public.connected_account (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  user_id uuid,
  provider text not null,
  external_account_id text not null,
  display_name text,
  scopes text[] not null default '{}',
  access_token_encrypted bytea,
  refresh_token_encrypted bytea,
  token_expires_at timestamptz,
  status text not null default 'active',
  status_reason text,
  last_used_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint connected_account_pkey primary key (agency_id, id),
  constraint connected_account_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint connected_account_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint connected_account_user_fkey foreign key (user_id) references public."user" (id),
  constraint connected_account_external_key unique (agency_id, client_id, provider, external_account_id),
  constraint connected_account_status_check check (status in ('active', 'expired', 'revoked', 'error'))
);
create index connected_account_user_idx on public.connected_account (agency_id, user_id);
comment on table public.connected_account is
  'One row an account of a client at another service (mail tool, calendar, automation); its tokens are ciphertext.';
call app.protect('connected_account', 'client', app => 'revos');

create table public.lead_magnet_library (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  title text not null,
  description text,
  category text,
  url text,
  asset_id uuid,
  thumbnail_url text,
  tags text[] not null default '{}',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint lead_magnet_library_pkey primary key (agency_id, id),
  constraint lead_magnet_library_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint lead_magnet_library_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint lead_magnet_library_asset_fkey foreign key (agency_id, asset_id) references public.asset (agency_id, id),
  constraint lead_magnet_library_title_key unique (agency_id, client_id, title)
);
create index lead_magnet_library_asset_idx on public.lead_magnet_library (agency_id, asset_id);
comment on table public.lead_magnet_library is 'One row a ready-made offer that a client''s campaigns may start from.';
call app.protect('lead_magnet_library', 'client', app => 'revos');

create table public.lead_magnet (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  lead_magnet_library_id uuid,
  asset_id uuid,
  name text not null,
  description text,
  file_path text,
  url text,
  file_size bigint,
  file_type text,
  thumbnail_url text,
  download_count integer not null default 0,
  tags text[] not null default '{}',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint lead_magnet_pkey primary key (agency_id, id),
  constraint lead_magnet_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint lead_magnet_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint lead_magnet_library_fkey foreign key (agency_id, lead_magnet_library_id)
    references public.lead_magnet_library (agency_id, id),
  constraint lead_magnet_asset_fkey foreign key (agency_id, asset_id) references public.asset (agency_id, id),
  constraint lead_magnet_what_check check (asset_id is not null or file_path is not null or url is not null),
  constraint lead_magnet_file_size_check check (file_size >= 0),
  constraint lead_magnet_download_count_check check (download_count >= 0)
);
create index lead_magnet_client_idx on public.lead_magnet (agency_id, client_id);
create index lead_magnet_library_idx on public.lead_magnet (agency_id, lead_magnet_library_id);
create index lead_magnet_asset_idx on public.lead_magnet (agency_id, asset_id);
create index lead_magnet_tags_idx on public.lead_magnet using gin (tags);
comment on table public.lead_magnet is 'One row a file or link offered for an e-mail address.';
call app.protect('lead_magnet', 'client', app => 'revos', fixed => '{download_count}', unaudited => '{download_count}');

create table public.webhook_config (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  name text not null,
  url text not null,
  events text[] not null default '{lead.captured}',
  secret_encrypted bytea,
  previous_secret_encrypted bytea,
  previous_secret_until timestamptz,
  headers jsonb not null default '{}',
  esp_type text not null default 'custom',
  payload_template jsonb,
  retry_enabled boolean not null default true,
  max_retries integer not null default 3,
  retry_delay_ms integer not null default 1000,
  timeout_ms integer not null default 30000,
  active boolean not null default true,
  consecutive_failures integer not null default 0,
  disabled_at timestamptz,
  disabled_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhook_config_pkey primary key (agency_id, id),
  constraint webhook_config_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint webhook_config_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint webhook_config_name_key unique (agency_id, client_id, name),
  constraint webhook_config_url_check check (url ~ '^https?://'),
  constraint webhook_config_max_retries_check check (max_retries between 0 and 20),
  constraint webhook_config_retry_delay_check check (retry_delay_ms between 0 and 86400000),
  constraint webhook_config_timeout_check check (timeout_ms between 100 and 120000)
);
create index webhook_config_active_idx on public.webhook_config (agency_id, client_id) where active;
comment on table public.webhook_config is
  'One row an address of a client that is told of events, signed after Standard Webhooks; the former secret stays valid for a while after a change.';
call app.protect('webhook_config', 'client', app => 'revos', fixed => '{consecutive_failures}',
  unaudited => '{consecutive_failures}');

create table public.campaign (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  linkedin_account_id uuid,
  lead_magnet_id uuid,
  webhook_config_id uuid,
  cartridge_id uuid,
  name text not null,
  description text,
  trigger_word text not null,
  match_mode text not null default 'word',
  post_template text,
  dm_template_step1 text,
  dm_template_step2 text,
  dm_template_step3 text,
  public_reply_template text,
  invitation_template text,
  settings jsonb not null default '{}',
  status text not null default 'draft',
  metrics jsonb not null default '{}',
  starts_at timestamptz,
  ends_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint campaign_pkey primary key (agency_id, id),
  constraint campaign_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint campaign_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint campaign_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint campaign_lead_magnet_fkey foreign key (agency_id, lead_magnet_id)
    references public.lead_magnet (agency_id, id),
  constraint campaign_webhook_config_fkey foreign key (agency_id, webhook_config_id)
    references public.webhook_config (agency_id, id),
  constraint campaign_cartridge_fkey foreign key (agency_id, cartridge_id) references public.cartridge (agency_id, id),
  constraint campaign_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint campaign_name_key unique (agency_id, client_id, name),
  constraint campaign_trigger_word_check check (trigger_word <> ''),
  constraint campaign_match_mode_check check (match_mode in ('word', 'phrase', 'fuzzy', 'any', 'ai')),
  constraint campaign_status_check check (status in ('draft', 'active', 'paused', 'completed')),
  constraint campaign_dates_check check (ends_at > starts_at)
);
create index campaign_status_idx on public.campaign (agency_id, status);
create index campaign_linkedin_account_idx on public.campaign (agency_id, linkedin_account_id);
create index campaign_lead_magnet_idx on public.campaign (agency_id, lead_magnet_id);
create index campaign_webhook_config_idx on public.campaign (agency_id, webhook_config_id);
create index campaign_cartridge_idx on public.campaign (agency_id, cartridge_id);
create index campaign_created_by_idx on public.campaign (agency_id, created_by);
comment on table public.campaign is
  'One row a lead campaign: who comments the trigger word under its posts is offered the lead magnet by DM.';
call app.protect('campaign', 'client', app => 'revos', fixed => '{metrics}', unaudited => '{metrics}');

create table public.post (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid,
  linkedin_account_id uuid,
  unipile_post_id text,
  social_id text,
  post_url text,
  content text not null,
  media_urls text[] not null default '{}',
  trigger_word text,
  status text not null default 'draft',
  failure_reason text,
  scheduled_for timestamptz,
  published_at timestamptz,
  metrics jsonb not null default '{}',
  last_polled_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint post_pkey primary key (agency_id, id),
  constraint post_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint post_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint post_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint post_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint post_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint post_unipile_key unique (agency_id, linkedin_account_id, unipile_post_id),
  constraint post_social_key unique (agency_id, linkedin_account_id, social_id),
  constraint post_status_check check (status in ('draft', 'scheduled', 'publishing', 'published', 'failed')),
  constraint post_scheduled_check check (status <> 'scheduled' or scheduled_for is not null)
);
create index post_client_idx on public.post (agency_id, client_id);
create index post_campaign_idx on public.post (agency_id, campaign_id);
create index post_status_idx on public.post (agency_id, status);
create index post_created_by_idx on public.post (agency_id, created_by);
create index post_scheduled_idx on public.post (scheduled_for) where status = 'scheduled';
comment on table public.post is
  'One row a LinkedIn post. social_id is the urn that the provider''s comment and reaction calls want.';
call app.protect('post', 'client', app => 'revos', fixed => '{metrics,last_polled_at}',
  unaudited => '{metrics,last_polled_at}');

create table public.comment (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  post_id uuid not null,
  linkedin_account_id uuid,
  parent_id uuid,
  unipile_comment_id text,
  author_name text not null,
  author_linkedin_id text not null,
  author_headline text,
  author_profile_url text,
  author_picture_url text,
  network_distance text,
  is_own boolean not null default false,
  content text not null,
  has_trigger_word boolean not null default false,
  dm_sent boolean not null default false,
  dm_sent_at timestamptz,
  commented_at timestamptz,
  replied_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint comment_pkey primary key (agency_id, id),
  constraint comment_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint comment_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint comment_post_fkey foreign key (agency_id, post_id) references public.post (agency_id, id) on delete cascade,
  constraint comment_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint comment_parent_fkey foreign key (agency_id, parent_id) references public.comment (agency_id, id) on delete cascade,
  constraint comment_unipile_key unique (agency_id, linkedin_account_id, unipile_comment_id),
  constraint comment_network_distance_check
    check (network_distance in ('SELF', 'FIRST_DEGREE', 'SECOND_DEGREE', 'THIRD_DEGREE', 'OUT_OF_NETWORK'))
);
create index comment_client_idx on public.comment (agency_id, client_id);
create index comment_post_idx on public.comment (agency_id, post_id);
create index comment_parent_idx on public.comment (agency_id, parent_id);
create index comment_trigger_idx on public.comment (agency_id, post_id) where has_trigger_word and not dm_sent;
create index comment_author_idx on public.comment (agency_id, author_linkedin_id);
comment on table public.comment is 'One row a comment under a post, found by polling.';
comment on column public.comment.commented_at is 'The provider''s date, where it could be read; created_at is when it was first seen.';
call app.protect('comment', 'client', app => 'revos', high_volume => true);

create table public.triggered_comment (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid not null,
  post_id uuid not null,
  comment_id uuid not null,
  trigger_word text not null,
  match_kind text not null,
  score numeric(4, 3) not null,
  reason text not null default '',
  status text not null default 'pending',
  queued_at timestamptz,
  finished_at timestamptz,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint triggered_comment_pkey primary key (agency_id, id),
  constraint triggered_comment_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint triggered_comment_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint triggered_comment_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint triggered_comment_post_fkey foreign key (agency_id, post_id)
    references public.post (agency_id, id) on delete cascade,
  constraint triggered_comment_comment_fkey foreign key (agency_id, comment_id)
    references public.comment (agency_id, id) on delete cascade,
  constraint triggered_comment_comment_key unique (agency_id, campaign_id, comment_id),
  constraint triggered_comment_match_kind_check check (match_kind in ('word', 'phrase', 'fuzzy', 'any', 'ai', 'manual')),
  constraint triggered_comment_score_check check (score between 0 and 1),
  constraint triggered_comment_status_check
    check (status in ('pending', 'queued', 'dm_sent', 'invited', 'skipped', 'failed'))
);
create index triggered_comment_client_idx on public.triggered_comment (agency_id, client_id);
create index triggered_comment_post_idx on public.triggered_comment (agency_id, post_id);
create index triggered_comment_comment_idx on public.triggered_comment (agency_id, comment_id);
create index triggered_comment_status_idx on public.triggered_comment (agency_id, campaign_id, status);
comment on table public.triggered_comment is 'One row a comment that matched a campaign: how, how surely, and what came of it.';
call app.protect('triggered_comment', 'client', app => 'revos', high_volume => true);

create table public.processed_comment (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  linkedin_account_id uuid not null,
  post_id uuid not null,
  unipile_comment_id text not null,
  outcome text not null,
  created_at timestamptz not null default now(),
  constraint processed_comment_pkey primary key (agency_id, id),
  constraint processed_comment_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint processed_comment_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint processed_comment_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id) on delete cascade,
  constraint processed_comment_post_fkey foreign key (agency_id, post_id)
    references public.post (agency_id, id) on delete cascade,
  constraint processed_comment_unipile_key unique (agency_id, linkedin_account_id, unipile_comment_id),
  constraint processed_comment_outcome_check
    check (outcome in ('matched', 'no_match', 'own', 'suppressed', 'duplicate', 'error'))
);
create index processed_comment_client_idx on public.processed_comment (agency_id, client_id);
create index processed_comment_post_idx on public.processed_comment (agency_id, post_id);
comment on table public.processed_comment is
  'One row a comment that was looked at, so that shifting pages of the provider never make it count twice.';
call app.protect('processed_comment', 'client', app => 'revos', high_volume => true, writes => '{insert}');

create table public.lead (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid not null,
  comment_id uuid,
  dm_sequence_id uuid,
  linkedin_account_id uuid,
  email text,
  email_confidence numeric(4, 3),
  first_name text,
  last_name text,
  linkedin_id text not null,
  linkedin_url text,
  headline text,
  company text,
  title text,
  phone text,
  source text not null default 'comment',
  status text not null default 'comment_detected',
  score integer,
  assigned_to uuid,
  notes text,
  custom_fields jsonb not null default '{}',
  captured_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint lead_pkey primary key (agency_id, id),
  constraint lead_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint lead_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint lead_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint lead_comment_fkey foreign key (agency_id, comment_id) references public.comment (agency_id, id),
  constraint lead_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint lead_assigned_to_fkey foreign key (assigned_to) references public."user" (id),
  constraint lead_linkedin_key unique (agency_id, campaign_id, linkedin_id),
  constraint lead_source_check check (source in ('comment', 'dm', 'manual')),
  constraint lead_status_check check (status in (
    'comment_detected', 'invited', 'dm_sent', 'dm_replied', 'email_captured', 'webhook_sent', 'backup_sent',
    'completed', 'failed')),
  constraint lead_email_confidence_check check (email_confidence between 0 and 1)
);
create index lead_client_idx on public.lead (agency_id, client_id);
create index lead_campaign_status_idx on public.lead (agency_id, campaign_id, status);
create index lead_comment_idx on public.lead (agency_id, comment_id);
create index lead_linkedin_account_idx on public.lead (agency_id, linkedin_account_id);
create index lead_assigned_to_idx on public.lead (agency_id, assigned_to);
create index lead_person_idx on public.lead (agency_id, linkedin_id);
create index lead_email_idx on public.lead (agency_id, lower(email)) where email is not null;
comment on table public.lead is 'One row a person in one campaign, from the first comment to the captured address.';
call app.protect('lead', 'client', app => 'revos');

create table public.dm_sequence (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid not null,
  lead_id uuid not null,
  linkedin_account_id uuid,
  provider_chat_id text,
  email_extracted text,
  email_extracted_at timestamptz,
  download_url text,
  download_url_expires_at timestamptz,
  link_clicked boolean not null default false,
  link_clicked_at timestamptz,
  last_inbound_at timestamptz,
  status text not null default 'in_progress',
  completed_at timestamptz,
  failure_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint dm_sequence_pkey primary key (agency_id, id),
  constraint dm_sequence_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint dm_sequence_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint dm_sequence_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint dm_sequence_lead_fkey foreign key (agency_id, lead_id) references public.lead (agency_id, id) on delete cascade,
  constraint dm_sequence_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint dm_sequence_lead_key unique (agency_id, lead_id),
  constraint dm_sequence_status_check check (status in ('in_progress', 'paused', 'completed', 'failed', 'abandoned'))
);
create index dm_sequence_client_idx on public.dm_sequence (agency_id, client_id);
create index dm_sequence_campaign_idx on public.dm_sequence (agency_id, campaign_id, status);
create index dm_sequence_linkedin_account_idx on public.dm_sequence (agency_id, linkedin_account_id);
create index dm_sequence_chat_idx on public.dm_sequence (agency_id, provider_chat_id);
alter table public.lead add constraint lead_dm_sequence_fkey
  foreign key (agency_id, dm_sequence_id) references public.dm_sequence (agency_id, id);
create index lead_dm_sequence_idx on public.lead (agency_id, dm_sequence_id);
comment on table public.dm_sequence is 'One row a lead that is being written to; its steps are rows of dm_step.';
call app.protect('dm_sequence', 'client', app => 'revos');

create table public.dm_step (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  dm_sequence_id uuid not null,
  linkedin_account_id uuid,
  step smallint not null,
  purpose text not null default 'request_email',
  message text,
  status text not null default 'waiting',
  scheduled_for timestamptz,
  claimed_at timestamptz,
  sent_at timestamptz,
  unipile_message_id text,
  provider_chat_id text,
  attempts smallint not null default 0,
  error_slug text,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint dm_step_pkey primary key (agency_id, id),
  constraint dm_step_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint dm_step_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint dm_step_dm_sequence_fkey foreign key (agency_id, dm_sequence_id)
    references public.dm_sequence (agency_id, id) on delete cascade,
  constraint dm_step_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint dm_step_step_key unique (agency_id, dm_sequence_id, step),
  constraint dm_step_step_check check (step between 1 and 20),
  constraint dm_step_purpose_check check (purpose in ('request_email', 'confirm', 'backup_link', 'follow_up')),
  constraint dm_step_status_check
    check (status in ('waiting', 'scheduled', 'claimed', 'sent', 'skipped', 'failed', 'unknown', 'cancelled')),
  constraint dm_step_sent_check check (status <> 'sent' or sent_at is not null)
);
create index dm_step_client_idx on public.dm_step (agency_id, client_id);
create index dm_step_linkedin_account_idx on public.dm_step (agency_id, linkedin_account_id);
create index dm_step_due_idx on public.dm_step (scheduled_for) where status = 'scheduled';
create index dm_step_claimed_idx on public.dm_step (claimed_at) where status = 'claimed';
comment on table public.dm_step is 'One row a message of a sequence: when it is due, who took it, what became of it.';
call app.protect('dm_step', 'client', app => 'revos', high_volume => true);

-- A campaign with sends cannot be deleted: without the ledger its people could be written to again.
create table public.dm_delivery (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid not null,
  lead_id uuid,
  linkedin_account_id uuid,
  provider_person_id text not null,
  step smallint not null,
  status text not null default 'reserved',
  message_hash bytea,
  provider_chat_id text,
  unipile_message_id text,
  error_slug text,
  error_message text,
  reserved_at timestamptz not null default now(),
  sent_at timestamptz,
  resolved_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint dm_delivery_pkey primary key (agency_id, id),
  constraint dm_delivery_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint dm_delivery_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint dm_delivery_campaign_fkey foreign key (agency_id, campaign_id) references public.campaign (agency_id, id),
  constraint dm_delivery_lead_fkey foreign key (agency_id, lead_id) references public.lead (agency_id, id),
  constraint dm_delivery_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint dm_delivery_once_key unique (agency_id, campaign_id, provider_person_id, step),
  constraint dm_delivery_step_check check (step between 1 and 20),
  constraint dm_delivery_status_check check (status in ('reserved', 'sent', 'failed', 'unknown')),
  constraint dm_delivery_sent_check check (status <> 'sent' or sent_at is not null)
);
create index dm_delivery_client_idx on public.dm_delivery (agency_id, client_id);
create index dm_delivery_lead_idx on public.dm_delivery (agency_id, lead_id);
create index dm_delivery_account_idx on public.dm_delivery (agency_id, linkedin_account_id, sent_at);
create index dm_delivery_open_idx on public.dm_delivery (reserved_at) where status in ('reserved', 'unknown');
comment on table public.dm_delivery is
  'One row a send, written before the provider is called: nobody gets the same step of a campaign twice, whatever crashes.';
call app.protect('dm_delivery', 'client', app => 'revos', high_volume => true, writes => '{}');

create table public.dm_message (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  dm_sequence_id uuid,
  lead_id uuid,
  linkedin_account_id uuid,
  direction text not null,
  message text not null,
  message_type text not null default 'MESSAGE',
  unipile_message_id text,
  unipile_conversation_id text,
  sender_provider_id text,
  attachments jsonb not null default '[]',
  sent_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  created_at timestamptz not null default now(),
  constraint dm_message_pkey primary key (agency_id, id),
  constraint dm_message_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint dm_message_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint dm_message_dm_sequence_fkey foreign key (agency_id, dm_sequence_id)
    references public.dm_sequence (agency_id, id) on delete cascade,
  constraint dm_message_lead_fkey foreign key (agency_id, lead_id) references public.lead (agency_id, id) on delete cascade,
  constraint dm_message_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint dm_message_direction_check check (direction in ('outbound', 'inbound'))
) partition by range (id);
create index dm_message_client_idx on public.dm_message (agency_id, client_id);
create index dm_message_dm_sequence_idx on public.dm_message (agency_id, dm_sequence_id, id);
create index dm_message_lead_idx on public.dm_message (agency_id, lead_id);
create index dm_message_linkedin_account_idx on public.dm_message (agency_id, linkedin_account_id);
create index dm_message_conversation_idx on public.dm_message (agency_id, unipile_conversation_id);
create index dm_message_unipile_idx on public.dm_message (agency_id, unipile_message_id);
comment on table public.dm_message is
  'One row a message of a conversation, both directions. processed_message makes the provider''s message ids unique.';
call app.protect('dm_message', 'client', app => 'revos', high_volume => true);
insert into app.partition_policy (table_name, period) values ('dm_message', 'month');

create table public.processed_message (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  linkedin_account_id uuid not null,
  unipile_message_id text not null,
  event text not null default 'message_received',
  dm_message_id uuid,
  outcome text not null,
  created_at timestamptz not null default now(),
  constraint processed_message_pkey primary key (agency_id, id),
  constraint processed_message_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint processed_message_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint processed_message_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id) on delete cascade,
  constraint processed_message_unipile_key unique (agency_id, linkedin_account_id, event, unipile_message_id),
  constraint processed_message_outcome_check
    check (outcome in ('stored', 'email_found', 'no_email', 'review', 'own', 'unrelated', 'error'))
);
create index processed_message_client_idx on public.processed_message (agency_id, client_id);
comment on table public.processed_message is
  'One row a message event that was handled: webhooks come twice and out of order. dm_message_id has no foreign key, for messages are partitioned.';
call app.protect('processed_message', 'client', app => 'revos', high_volume => true, writes => '{insert}');

create table public.pending_connection (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid,
  lead_id uuid,
  linkedin_account_id uuid not null,
  provider_person_id text not null,
  public_identifier text,
  display_name text,
  invitation_id text,
  invitation_note text,
  status text not null default 'queued',
  quota_usage_percent smallint,
  sent_at timestamptz,
  accepted_at timestamptz,
  expires_at timestamptz,
  last_checked_at timestamptz,
  error_slug text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pending_connection_pkey primary key (agency_id, id),
  constraint pending_connection_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint pending_connection_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint pending_connection_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint pending_connection_lead_fkey foreign key (agency_id, lead_id)
    references public.lead (agency_id, id) on delete cascade,
  constraint pending_connection_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id) on delete cascade,
  constraint pending_connection_person_key unique (agency_id, linkedin_account_id, provider_person_id),
  constraint pending_connection_status_check
    check (status in ('queued', 'invitation_sent', 'waiting', 'accepted', 'expired', 'withdrawn', 'failed')),
  constraint pending_connection_note_check check (length(invitation_note) <= 300)
);
create index pending_connection_client_idx on public.pending_connection (agency_id, client_id);
create index pending_connection_campaign_idx on public.pending_connection (agency_id, campaign_id);
create index pending_connection_lead_idx on public.pending_connection (agency_id, lead_id);
create index pending_connection_status_idx on public.pending_connection (agency_id, status);
comment on table public.pending_connection is
  'One row a person who is no first-degree contact yet and was, or will be, invited.';
call app.protect('pending_connection', 'client', app => 'revos');

create table public.email_extraction_review (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  lead_id uuid not null,
  dm_sequence_id uuid,
  dm_message_id uuid,
  message_text text not null,
  candidate_email text,
  alternatives text[] not null default '{}',
  confidence numeric(4, 3) not null,
  method text not null default 'pattern',
  status text not null default 'pending',
  confirmed_email text,
  reviewed_by uuid,
  reviewed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint email_extraction_review_pkey primary key (agency_id, id),
  constraint email_extraction_review_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint email_extraction_review_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint email_extraction_review_lead_fkey foreign key (agency_id, lead_id)
    references public.lead (agency_id, id) on delete cascade,
  constraint email_extraction_review_dm_sequence_fkey foreign key (agency_id, dm_sequence_id)
    references public.dm_sequence (agency_id, id) on delete cascade,
  constraint email_extraction_review_reviewed_by_fkey foreign key (reviewed_by) references public."user" (id),
  constraint email_extraction_review_confidence_check check (confidence between 0 and 1),
  constraint email_extraction_review_method_check check (method in ('pattern', 'obfuscation', 'ai', 'manual')),
  constraint email_extraction_review_status_check
    check (status in ('pending', 'approved', 'corrected', 'rejected')),
  constraint email_extraction_review_confirmed_check
    check (status not in ('approved', 'corrected') or confirmed_email is not null)
);
create index email_extraction_review_client_idx on public.email_extraction_review (agency_id, client_id);
create index email_extraction_review_lead_idx on public.email_extraction_review (agency_id, lead_id);
create index email_extraction_review_dm_sequence_idx on public.email_extraction_review (agency_id, dm_sequence_id);
create index email_extraction_review_reviewed_by_idx on public.email_extraction_review (agency_id, reviewed_by);
create index email_extraction_review_open_idx on public.email_extraction_review (agency_id) where status = 'pending';
comment on table public.email_extraction_review is
  'One row an address that was read from a message with too little certainty; a person confirms it.';
call app.protect('email_extraction_review', 'client', app => 'revos');

create table public.email_queue (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid,
  lead_id uuid,
  to_email text not null,
  to_name text,
  from_email text,
  reply_to text,
  subject text not null,
  body_text text,
  body_html text,
  template text,
  status text not null default 'pending',
  scheduled_for timestamptz not null default now(),
  attempts smallint not null default 0,
  attempts_max smallint not null default 5,
  provider_message_id text,
  error_message text,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint email_queue_pkey primary key (agency_id, id),
  constraint email_queue_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint email_queue_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint email_queue_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint email_queue_lead_fkey foreign key (agency_id, lead_id) references public.lead (agency_id, id) on delete cascade,
  constraint email_queue_body_check check (body_text is not null or body_html is not null),
  constraint email_queue_status_check
    check (status in ('pending', 'sending', 'sent', 'failed', 'suppressed', 'cancelled')),
  constraint email_queue_attempts_check check (attempts between 0 and attempts_max)
);
create index email_queue_client_idx on public.email_queue (agency_id, client_id);
create index email_queue_campaign_idx on public.email_queue (agency_id, campaign_id);
create index email_queue_lead_idx on public.email_queue (agency_id, lead_id);
create index email_queue_due_idx on public.email_queue (scheduled_for) where status = 'pending';
comment on table public.email_queue is 'One row an e-mail to a lead: the offer itself, or its backup link.';
call app.protect('email_queue', 'client', app => 'revos', high_volume => true);

create table public.suppression (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  kind text not null,
  value_hash bytea not null,
  value_hint text,
  reason text not null,
  source text not null default 'person',
  note text,
  created_by uuid,
  created_at timestamptz not null default now(),
  constraint suppression_pkey primary key (agency_id, id),
  constraint suppression_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint suppression_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint suppression_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint suppression_value_key unique (agency_id, client_id, kind, value_hash),
  constraint suppression_kind_check check (kind in ('linkedin', 'email', 'email_domain', 'phone', 'postal')),
  constraint suppression_reason_check
    check (reason in ('opt_out', 'erasure', 'complaint', 'bounce', 'blocked', 'manual')),
  constraint suppression_source_check check (source in ('person', 'message', 'webhook', 'import', 'system'))
);
create index suppression_created_by_idx on public.suppression (agency_id, created_by);
comment on table public.suppression is
  'One row a person or address never to contact again. Only a keyed hash is kept, so that an erased person stays erased and is still recognised.';
call app.protect('suppression', 'client', app => 'revos', writes => '{}');

create table public.webhook_delivery (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  webhook_config_id uuid not null,
  lead_id uuid,
  event_type text not null,
  event_key text,
  payload jsonb not null,
  status text not null default 'pending',
  status_code integer,
  response_body jsonb,
  error_message text,
  attempt_count integer not null default 0,
  attempts jsonb not null default '[]',
  response_time_ms integer,
  next_retry_at timestamptz,
  delivered_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhook_delivery_pkey primary key (agency_id, id),
  constraint webhook_delivery_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint webhook_delivery_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint webhook_delivery_webhook_config_fkey foreign key (agency_id, webhook_config_id)
    references public.webhook_config (agency_id, id) on delete cascade,
  constraint webhook_delivery_lead_fkey foreign key (agency_id, lead_id)
    references public.lead (agency_id, id) on delete cascade,
  constraint webhook_delivery_status_check check (status in ('pending', 'success', 'failed')),
  constraint webhook_delivery_attempt_count_check check (attempt_count >= 0)
) partition by range (id);
create index webhook_delivery_client_idx on public.webhook_delivery (agency_id, client_id);
create index webhook_delivery_webhook_config_idx on public.webhook_delivery (agency_id, webhook_config_id, id);
create index webhook_delivery_lead_idx on public.webhook_delivery (agency_id, lead_id);
create index webhook_delivery_retry_idx on public.webhook_delivery (next_retry_at) where next_retry_at is not null;
comment on column public.webhook_delivery.response_body is 'What came back, shortened; a text that is no json stands as a json string.';
comment on table public.webhook_delivery is
  'One row an event told to one address, with every attempt inside. The id is the message id of the signature.';
call app.protect('webhook_delivery', 'client', app => 'revos', high_volume => true, writes => '{}');
insert into app.partition_policy (table_name, period, retention) values ('webhook_delivery', 'month', '60 days');

create table public.webhook_endpoint (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  name text not null,
  source text not null default 'custom',
  path_token text not null,
  secret_encrypted bytea,
  signature_scheme text not null default 'standard',
  signature_header text,
  field_mapping jsonb not null default '{}',
  campaign_id uuid,
  is_active boolean not null default true,
  last_received_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhook_endpoint_pkey primary key (agency_id, id),
  constraint webhook_endpoint_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint webhook_endpoint_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint webhook_endpoint_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint webhook_endpoint_name_key unique (agency_id, client_id, name),
  constraint webhook_endpoint_path_key unique (agency_id, path_token),
  constraint webhook_endpoint_signature_scheme_check
    check (signature_scheme in ('none', 'standard', 'static_header', 'hmac_sha256')),
  constraint webhook_endpoint_secret_check check (signature_scheme = 'none' or secret_encrypted is not null)
);
create index webhook_endpoint_campaign_idx on public.webhook_endpoint (agency_id, campaign_id);
comment on table public.webhook_endpoint is
  'One row an address on which others tell us something, with the secret that proves it. app.token_route finds it by path.';
call app.protect('webhook_endpoint', 'client', app => 'revos', unaudited => '{last_received_at}');

create table public.webhook_log (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  webhook_endpoint_id uuid not null,
  method text not null default 'POST',
  path text not null,
  content_type text,
  headers jsonb not null default '{}',
  body text,
  remote_address text,
  is_signature_valid boolean,
  status_code integer,
  outcome text not null default 'received',
  error_message text,
  processed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint webhook_log_pkey primary key (agency_id, id),
  constraint webhook_log_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint webhook_log_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint webhook_log_webhook_endpoint_fkey foreign key (agency_id, webhook_endpoint_id)
    references public.webhook_endpoint (agency_id, id) on delete cascade,
  constraint webhook_log_outcome_check check (outcome in ('received', 'processed', 'duplicate', 'refused', 'failed'))
) partition by range (id);
create index webhook_log_client_idx on public.webhook_log (agency_id, client_id);
create index webhook_log_webhook_endpoint_idx on public.webhook_log (agency_id, webhook_endpoint_id, id);
comment on table public.webhook_log is 'One row a request as it came in on a webhook endpoint, before anything was done with it.';
call app.protect('webhook_log', 'client', app => 'revos', high_volume => true, writes => '{}');
insert into app.partition_policy (table_name, period, retention) values ('webhook_log', 'month', '90 days');

create table public.unipile_webhook_log (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  linkedin_account_id uuid,
  event text not null,
  unipile_account_id text not null,
  idempotency_key text not null,
  payload jsonb not null,
  event_at timestamptz,
  is_own_echo boolean not null default false,
  outcome text not null default 'received',
  error_message text,
  processed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint unipile_webhook_log_pkey primary key (agency_id, id),
  constraint unipile_webhook_log_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint unipile_webhook_log_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint unipile_webhook_log_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id) on delete cascade,
  constraint unipile_webhook_log_outcome_check
    check (outcome in ('received', 'processed', 'duplicate', 'ignored', 'failed'))
) partition by range (id);
create index unipile_webhook_log_client_idx on public.unipile_webhook_log (agency_id, client_id);
create index unipile_webhook_log_linkedin_account_idx on public.unipile_webhook_log (agency_id, linkedin_account_id, id);
create index unipile_webhook_log_idempotency_idx on public.unipile_webhook_log (agency_id, idempotency_key);
create index unipile_webhook_log_open_idx on public.unipile_webhook_log (agency_id) where outcome = 'received';
comment on table public.unipile_webhook_log is
  'One row an event of the LinkedIn provider. The key is event and message, account and person, or account, message and minute.';
call app.protect('unipile_webhook_log', 'client', app => 'revos', high_volume => true, writes => '{}');
insert into app.partition_policy (table_name, period, retention) values ('unipile_webhook_log', 'month', '90 days');

create table public.pod (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  name text not null,
  description text,
  mode text not null default 'assist',
  min_members integer not null default 9,
  auto_engage boolean not null default true,
  engagement_window_minutes integer not null default 30,
  comment_window_minutes integer not null default 180,
  settings jsonb not null default '{}',
  status text not null default 'active',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pod_pkey primary key (agency_id, id),
  constraint pod_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint pod_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint pod_name_key unique (agency_id, client_id, name),
  constraint pod_mode_check check (mode in ('assist', 'auto')),
  constraint pod_status_check check (status in ('active', 'paused')),
  constraint pod_min_members_check check (min_members >= 1),
  constraint pod_windows_check check (engagement_window_minutes > 0 and comment_window_minutes > 0)
);
create index pod_status_idx on public.pod (agency_id, status);
comment on table public.pod is 'One row a group whose members engage with each other''s posts: reminded (assist) or done for them (auto).';
call app.protect('pod', 'client', app => 'revos');

create table public.pod_member (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  pod_id uuid not null,
  user_id uuid not null,
  linkedin_account_id uuid,
  role text not null default 'member',
  participation_score numeric(3, 2) not null default 1.00,
  total_engagements integer not null default 0,
  missed_engagements integer not null default 0,
  status text not null default 'active',
  consented_at timestamptz,
  joined_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pod_member_pkey primary key (agency_id, id),
  constraint pod_member_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint pod_member_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint pod_member_pod_fkey foreign key (agency_id, pod_id) references public.pod (agency_id, id) on delete cascade,
  constraint pod_member_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint pod_member_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint pod_member_user_key unique (agency_id, pod_id, user_id),
  constraint pod_member_role_check check (role in ('owner', 'member')),
  constraint pod_member_score_check check (participation_score between 0 and 1),
  constraint pod_member_status_check check (status in ('active', 'paused', 'removed'))
);
create index pod_member_client_idx on public.pod_member (agency_id, client_id);
create index pod_member_user_idx on public.pod_member (agency_id, user_id);
create index pod_member_linkedin_account_idx on public.pod_member (agency_id, linkedin_account_id);
comment on table public.pod_member is 'One row a person in a pod, with the account they engage with and how reliably.';
call app.protect('pod_member', 'client', app => 'revos',
  fixed => '{participation_score,total_engagements,missed_engagements}',
  unaudited => '{participation_score,total_engagements,missed_engagements}');

create table public.pod_activity (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  pod_id uuid not null,
  post_id uuid,
  post_url text not null,
  post_author_id uuid,
  member_id uuid not null,
  engagement_type text not null,
  comment_text text,
  scheduled_for timestamptz,
  executed_at timestamptz,
  status text not null default 'pending',
  attempts smallint not null default 0,
  error_message text,
  created_at timestamptz not null default now(),
  constraint pod_activity_pkey primary key (agency_id, id),
  constraint pod_activity_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint pod_activity_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint pod_activity_pod_fkey foreign key (agency_id, pod_id) references public.pod (agency_id, id) on delete cascade,
  constraint pod_activity_post_fkey foreign key (agency_id, post_id) references public.post (agency_id, id) on delete cascade,
  constraint pod_activity_post_author_fkey foreign key (agency_id, post_author_id)
    references public.pod_member (agency_id, id) on delete cascade,
  constraint pod_activity_member_fkey foreign key (agency_id, member_id)
    references public.pod_member (agency_id, id) on delete cascade,
  constraint pod_activity_engagement_type_check check (engagement_type in ('like', 'comment', 'repost')),
  constraint pod_activity_status_check check (status in ('pending', 'claimed', 'completed', 'failed', 'skipped'))
) partition by range (id);
create index pod_activity_client_idx on public.pod_activity (agency_id, client_id);
create index pod_activity_pod_idx on public.pod_activity (agency_id, pod_id);
create index pod_activity_post_idx on public.pod_activity (agency_id, post_id);
create index pod_activity_post_author_idx on public.pod_activity (agency_id, post_author_id);
create index pod_activity_member_idx on public.pod_activity (agency_id, member_id);
create index pod_activity_due_idx on public.pod_activity (scheduled_for) where status = 'pending';
comment on table public.pod_activity is 'One row a like, comment or repost that one member owes another''s post.';
call app.protect('pod_activity', 'client', app => 'revos', high_volume => true);
insert into app.partition_policy (table_name, period) values ('pod_activity', 'week');

create table public.scrape_job (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid,
  post_id uuid not null,
  linkedin_account_id uuid,
  social_id text,
  trigger_word text,
  status text not null default 'scheduled',
  interval_minutes integer not null default 5,
  page_cursor text,
  next_check_at timestamptz,
  last_checked_at timestamptz,
  claimed_at timestamptz,
  comments_seen integer not null default 0,
  comments_matched integer not null default 0,
  error_count integer not null default 0,
  last_error text,
  stop_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint scrape_job_pkey primary key (agency_id, id),
  constraint scrape_job_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint scrape_job_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint scrape_job_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint scrape_job_post_fkey foreign key (agency_id, post_id) references public.post (agency_id, id) on delete cascade,
  constraint scrape_job_linkedin_account_fkey foreign key (agency_id, linkedin_account_id)
    references public.linkedin_account (agency_id, id),
  constraint scrape_job_post_key unique (agency_id, post_id),
  constraint scrape_job_status_check check (status in ('scheduled', 'running', 'paused', 'completed', 'failed')),
  constraint scrape_job_interval_check check (interval_minutes between 1 and 10080)
);
create index scrape_job_client_idx on public.scrape_job (agency_id, client_id);
create index scrape_job_campaign_idx on public.scrape_job (agency_id, campaign_id);
create index scrape_job_linkedin_account_idx on public.scrape_job (agency_id, linkedin_account_id);
create index scrape_job_due_idx on public.scrape_job (next_check_at) where status = 'scheduled';
comment on table public.scrape_job is 'One row a post whose comments are polled: how often, how far, what was found.';
call app.protect('scrape_job', 'client', app => 'revos', high_volume => true);

create table public.campaign_skill (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid not null,
  skill_name text not null,
  execution_mode text not null default 'ai',
  schedule timestamptz,
  config jsonb not null default '{}',
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint campaign_skill_pkey primary key (agency_id, id),
  constraint campaign_skill_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint campaign_skill_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint campaign_skill_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint campaign_skill_name_key unique (agency_id, campaign_id, skill_name),
  constraint campaign_skill_execution_mode_check check (execution_mode in ('human', 'ai', 'scheduled')),
  constraint campaign_skill_schedule_check check (execution_mode <> 'scheduled' or schedule is not null)
);
create index campaign_skill_client_idx on public.campaign_skill (agency_id, client_id);
comment on table public.campaign_skill is 'One row a skill of a campaign (copywriting, voice, deliverability, design) and who carries it out.';
call app.protect('campaign_skill', 'client', app => 'revos');

create table public.skill_execution (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  campaign_id uuid,
  campaign_skill_id uuid,
  skill_name text not null,
  execution_mode text not null default 'ai',
  input_data jsonb,
  output_data jsonb,
  ai_provider text,
  model text,
  execution_time_ms integer,
  tokens_used integer,
  cost_usd numeric(12, 6),
  success boolean not null default true,
  error_message text,
  executed_by uuid,
  created_at timestamptz not null default now(),
  constraint skill_execution_pkey primary key (agency_id, id),
  constraint skill_execution_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint skill_execution_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint skill_execution_campaign_fkey foreign key (agency_id, campaign_id)
    references public.campaign (agency_id, id) on delete cascade,
  constraint skill_execution_campaign_skill_fkey foreign key (agency_id, campaign_skill_id)
    references public.campaign_skill (agency_id, id) on delete cascade,
  constraint skill_execution_executed_by_fkey foreign key (executed_by) references public."user" (id),
  constraint skill_execution_execution_mode_check check (execution_mode in ('human', 'ai', 'scheduled')),
  constraint skill_execution_ai_provider_check check (ai_provider in ('gemini', 'agentkit', 'local'))
) partition by range (id);
create index skill_execution_client_idx on public.skill_execution (agency_id, client_id);
create index skill_execution_campaign_idx on public.skill_execution (agency_id, campaign_id);
create index skill_execution_campaign_skill_idx on public.skill_execution (agency_id, campaign_skill_id);
create index skill_execution_executed_by_idx on public.skill_execution (agency_id, executed_by);
create index skill_execution_skill_idx on public.skill_execution (agency_id, skill_name);
comment on table public.skill_execution is 'One row a run of a skill: what went in, what came out, what it cost.';
call app.protect('skill_execution', 'client', app => 'revos', high_volume => true, writes => '{insert}');
insert into app.partition_policy (table_name, period, retention) values ('skill_execution', 'month', '90 days');

select app.ensure_partitions();
