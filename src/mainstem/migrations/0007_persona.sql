-- Why: social personas: agents hold personas, personas hold accounts, campaigns and what they learn.
-- client_id is null on the agency's own rows, which its staff alone sees.

create table public.social_platform (
  id uuid not null default app.uuid7(),
  slug text not null,
  name text not null,
  icon text,
  text_length_max integer,
  media_max integer,
  supports_video boolean not null default false,
  supports_threads boolean not null default false,
  supports_scheduling boolean not null default true,
  uses_oauth boolean not null default true,
  oauth_scopes text[] not null default '{}',
  is_active boolean not null default true,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint social_platform_pkey primary key (id),
  constraint social_platform_slug_key unique (slug),
  constraint social_platform_slug_check check (slug <> '' and slug = lower(slug)),
  constraint social_platform_limits_check check (text_length_max > 0 and media_max >= 0)
);
comment on table public.social_platform is 'One row a network that personas post to, with what it allows.';
call app.protect_global('social_platform');

create table public.agent (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  user_id uuid,
  name text not null,
  description text,
  purpose text,
  instructions text,
  status text not null default 'active',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint agent_pkey primary key (agency_id, id),
  constraint agent_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint agent_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint agent_user_fkey foreign key (user_id) references public."user" (id),
  constraint agent_name_check check (name <> ''),
  constraint agent_status_check check (status in ('draft', 'active', 'paused', 'archived'))
);
create index agent_client_idx on public.agent (agency_id, client_id);
create index agent_user_idx on public.agent (agency_id, user_id);
comment on table public.agent is 'One row a container of personas that share a purpose; user_id is who made it.';
call app.protect('agent', 'client', app => 'persona');

create table public.persona (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  agent_id uuid,
  user_id uuid,
  name text not null,
  handle text,
  tagline text,
  bio text,
  backstory text,
  age integer,
  location text,
  occupation text,
  language text not null default 'en',
  tone text,
  writing_style text,
  interests text[] not null default '{}',
  topics text[] not null default '{}',
  avoided_topics text[] not null default '{}',
  traits jsonb not null default '{}',
  system_prompt text,
  avatar_asset_id uuid,
  cartridge_id uuid,
  status text not null default 'draft',
  disclosure text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint persona_pkey primary key (agency_id, id),
  constraint persona_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint persona_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint persona_agent_fkey foreign key (agency_id, agent_id) references public.agent (agency_id, id) on delete cascade,
  constraint persona_user_fkey foreign key (user_id) references public."user" (id),
  constraint persona_avatar_fkey foreign key (agency_id, avatar_asset_id) references public.asset (agency_id, id),
  constraint persona_cartridge_fkey foreign key (agency_id, cartridge_id) references public.cartridge (agency_id, id),
  constraint persona_name_check check (name <> ''),
  constraint persona_age_check check (age between 0 and 130),
  constraint persona_status_check check (status in ('draft', 'active', 'paused', 'archived'))
);
create unique index persona_handle_key on public.persona (agency_id, lower(handle)) where handle is not null;
create index persona_client_idx on public.persona (agency_id, client_id);
create index persona_agent_idx on public.persona (agency_id, agent_id);
create index persona_user_idx on public.persona (agency_id, user_id);
create index persona_avatar_idx on public.persona (agency_id, avatar_asset_id);
create index persona_cartridge_idx on public.persona (agency_id, cartridge_id);
comment on table public.persona is 'One row a voice: who it is, how it writes, what it speaks of and what not.';
comment on column public.persona.disclosure is 'What its profile says about being run with the help of a machine.';
call app.protect('persona', 'client', app => 'persona');

create table public.persona_source (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  persona_id uuid not null,
  kind text not null,
  title text,
  url text,
  asset_id uuid,
  content text,
  status text not null default 'pending',
  error_message text,
  fetched_at timestamptz,
  refresh_every_hours integer,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint persona_source_pkey primary key (agency_id, id),
  constraint persona_source_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint persona_source_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint persona_source_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint persona_source_asset_fkey foreign key (agency_id, asset_id) references public.asset (agency_id, id),
  constraint persona_source_kind_check check (kind in ('url', 'feed', 'document', 'note', 'post')),
  constraint persona_source_what_check check (url is not null or asset_id is not null or content is not null),
  constraint persona_source_status_check check (status in ('pending', 'ready', 'failed', 'disabled')),
  constraint persona_source_refresh_check check (refresh_every_hours > 0)
);
create index persona_source_client_idx on public.persona_source (agency_id, client_id);
create index persona_source_persona_idx on public.persona_source (agency_id, persona_id);
create index persona_source_asset_idx on public.persona_source (agency_id, asset_id);
comment on table public.persona_source is 'One row a thing that a persona draws on: page, feed, document, note.';
call app.protect('persona_source', 'client', app => 'persona');

create table public.persona_social_account (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  persona_id uuid not null,
  social_platform_id uuid not null,
  external_account_id text,
  handle text,
  display_name text,
  profile_url text,
  avatar_url text,
  access_token_encrypted bytea,
  refresh_token_encrypted bytea,
  token_expires_at timestamptz,
  scopes text[] not null default '{}',
  status text not null default 'connecting',
  status_reason text,
  is_enabled boolean not null default true,
  followers_count integer,
  last_posted_at timestamptz,
  last_synced_at timestamptz,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint persona_social_account_pkey primary key (agency_id, id),
  constraint persona_social_account_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint persona_social_account_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint persona_social_account_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint persona_social_account_platform_fkey foreign key (social_platform_id)
    references public.social_platform (id),
  constraint persona_social_account_external_key
    unique (agency_id, persona_id, social_platform_id, external_account_id),
  constraint persona_social_account_status_check
    check (status in ('connecting', 'active', 'paused', 'expired', 'revoked', 'error'))
);
create index persona_social_account_client_idx on public.persona_social_account (agency_id, client_id);
create index persona_social_account_platform_idx on public.persona_social_account (agency_id, social_platform_id);
comment on table public.persona_social_account is
  'One row an account of a persona on a network; its tokens are ciphertext.';
call app.protect('persona_social_account', 'client', app => 'persona',
  unaudited => '{followers_count,last_posted_at,last_synced_at}');

create table public.social_oauth_session (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  user_id uuid not null,
  persona_id uuid not null,
  social_platform_id uuid not null,
  persona_social_account_id uuid,
  status text not null default 'started',
  requested_scopes text[] not null default '{}',
  granted_scopes text[] not null default '{}',
  redirect_to text,
  candidate_accounts jsonb not null default '[]',
  access_token_encrypted bytea,
  refresh_token_encrypted bytea,
  error_message text,
  expires_at timestamptz not null,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint social_oauth_session_pkey primary key (agency_id, id),
  constraint social_oauth_session_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint social_oauth_session_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint social_oauth_session_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint social_oauth_session_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint social_oauth_session_platform_fkey foreign key (social_platform_id)
    references public.social_platform (id),
  constraint social_oauth_session_account_fkey foreign key (agency_id, persona_social_account_id)
    references public.persona_social_account (agency_id, id) on delete cascade,
  constraint social_oauth_session_status_check
    check (status in ('started', 'authorised', 'choosing_account', 'completed', 'failed', 'expired'))
);
create index social_oauth_session_client_idx on public.social_oauth_session (agency_id, client_id);
create index social_oauth_session_user_idx on public.social_oauth_session (agency_id, user_id);
create index social_oauth_session_persona_idx on public.social_oauth_session (agency_id, persona_id);
create index social_oauth_session_platform_idx on public.social_oauth_session (agency_id, social_platform_id);
create index social_oauth_session_account_idx on public.social_oauth_session (agency_id, persona_social_account_id);
comment on table public.social_oauth_session is
  'One row an attempt to connect a persona to a network, until the account is chosen.';
call app.protect('social_oauth_session', 'user', app => 'persona');

create table public.oauth_state (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  user_id uuid not null,
  social_oauth_session_id uuid,
  persona_id uuid not null,
  social_platform_id uuid not null,
  state_hash bytea not null,
  code_verifier_encrypted bytea,
  redirect_to text,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  constraint oauth_state_pkey primary key (agency_id, id),
  constraint oauth_state_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint oauth_state_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint oauth_state_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint oauth_state_session_fkey foreign key (agency_id, social_oauth_session_id)
    references public.social_oauth_session (agency_id, id) on delete cascade,
  constraint oauth_state_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint oauth_state_platform_fkey foreign key (social_platform_id) references public.social_platform (id),
  constraint oauth_state_state_key unique (agency_id, state_hash)
);
create index oauth_state_client_idx on public.oauth_state (agency_id, client_id);
create index oauth_state_user_idx on public.oauth_state (agency_id, user_id);
create index oauth_state_session_idx on public.oauth_state (agency_id, social_oauth_session_id);
create index oauth_state_persona_idx on public.oauth_state (agency_id, persona_id);
create index oauth_state_platform_idx on public.oauth_state (agency_id, social_platform_id);
create index oauth_state_expiry_idx on public.oauth_state (expires_at);
comment on table public.oauth_state is
  'One row a single-use state of an OAuth redirect. Only its hash is kept; app.token_route finds the agency when the network calls back.';
call app.protect('oauth_state', 'user', app => 'persona', high_volume => true);

create table public.social_campaign (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  user_id uuid,
  persona_id uuid not null,
  name text not null,
  description text,
  goal text,
  topic text,
  audience text,
  call_to_action text,
  link text,
  tone text,
  hashtags text[] not null default '{}',
  platforms text[] not null default '{}',
  posts_planned integer,
  posts_per_week numeric(5, 2),
  timezone text not null default 'UTC',
  schedule jsonb not null default '{}',
  status text not null default 'draft',
  needs_approval boolean not null default true,
  starts_at timestamptz,
  ends_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint social_campaign_pkey primary key (agency_id, id),
  constraint social_campaign_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint social_campaign_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint social_campaign_user_fkey foreign key (user_id) references public."user" (id),
  constraint social_campaign_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint social_campaign_name_check check (name <> ''),
  constraint social_campaign_status_check
    check (status in ('draft', 'generating', 'review', 'active', 'paused', 'completed', 'archived')),
  constraint social_campaign_posts_check check (posts_planned >= 0 and posts_per_week > 0),
  constraint social_campaign_dates_check check (ends_at >= starts_at)
);
create index social_campaign_client_idx on public.social_campaign (agency_id, client_id);
create index social_campaign_user_idx on public.social_campaign (agency_id, user_id);
create index social_campaign_persona_idx on public.social_campaign (agency_id, persona_id);
create index social_campaign_status_idx on public.social_campaign (agency_id, status);
comment on table public.social_campaign is 'One row a plan of posts of one persona: aim, audience, rhythm.';
comment on column public.social_campaign.platforms is 'Slugs of social_platform on which the posts are to appear.';
call app.protect('social_campaign', 'client', app => 'persona');

create table public.campaign_post (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  social_campaign_id uuid not null,
  persona_id uuid not null,
  persona_social_account_id uuid,
  social_platform_id uuid,
  thread_parent_id uuid,
  position integer not null default 0,
  title text,
  content text not null default '',
  hashtags text[] not null default '{}',
  link text,
  asset_id uuid,
  image_prompt text,
  status text not null default 'draft',
  approved_by uuid,
  approved_at timestamptz,
  scheduled_for timestamptz,
  published_at timestamptz,
  external_post_id text,
  external_url text,
  attempts smallint not null default 0,
  failure_reason text,
  metrics jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint campaign_post_pkey primary key (agency_id, id),
  constraint campaign_post_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint campaign_post_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint campaign_post_social_campaign_fkey foreign key (agency_id, social_campaign_id)
    references public.social_campaign (agency_id, id) on delete cascade,
  constraint campaign_post_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint campaign_post_account_fkey foreign key (agency_id, persona_social_account_id)
    references public.persona_social_account (agency_id, id),
  constraint campaign_post_platform_fkey foreign key (social_platform_id) references public.social_platform (id),
  constraint campaign_post_thread_fkey foreign key (agency_id, thread_parent_id)
    references public.campaign_post (agency_id, id) on delete cascade,
  constraint campaign_post_asset_fkey foreign key (agency_id, asset_id) references public.asset (agency_id, id),
  constraint campaign_post_approved_by_fkey foreign key (approved_by) references public."user" (id),
  constraint campaign_post_external_key unique (agency_id, persona_social_account_id, external_post_id),
  constraint campaign_post_status_check check (status in (
    'draft', 'review', 'approved', 'scheduled', 'publishing', 'published', 'failed', 'cancelled')),
  constraint campaign_post_scheduled_check check (status <> 'scheduled' or scheduled_for is not null)
);
create index campaign_post_client_idx on public.campaign_post (agency_id, client_id);
create index campaign_post_social_campaign_idx on public.campaign_post (agency_id, social_campaign_id, position);
create index campaign_post_persona_idx on public.campaign_post (agency_id, persona_id);
create index campaign_post_platform_idx on public.campaign_post (agency_id, social_platform_id);
create index campaign_post_thread_idx on public.campaign_post (agency_id, thread_parent_id);
create index campaign_post_asset_idx on public.campaign_post (agency_id, asset_id);
create index campaign_post_approved_by_idx on public.campaign_post (agency_id, approved_by);
create index campaign_post_due_idx on public.campaign_post (scheduled_for) where status = 'scheduled';
comment on table public.campaign_post is 'One row a post of a social campaign on one network, from draft to published.';
call app.protect('campaign_post', 'client', app => 'persona', fixed => '{metrics}', unaudited => '{metrics}');

create table public.campaign_generation_job (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  social_campaign_id uuid not null,
  kind text not null default 'posts',
  status text not null default 'pending',
  posts_requested integer,
  posts_made integer not null default 0,
  progress_percent smallint not null default 0,
  prompt text,
  ai_provider text,
  model text,
  tokens_in integer,
  tokens_out integer,
  cost_usd numeric(12, 6),
  error_message text,
  requested_by uuid,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint campaign_generation_job_pkey primary key (agency_id, id),
  constraint campaign_generation_job_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint campaign_generation_job_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint campaign_generation_job_social_campaign_fkey foreign key (agency_id, social_campaign_id)
    references public.social_campaign (agency_id, id) on delete cascade,
  constraint campaign_generation_job_requested_by_fkey foreign key (requested_by) references public."user" (id),
  constraint campaign_generation_job_kind_check check (kind in ('plan', 'posts', 'images', 'rewrite')),
  constraint campaign_generation_job_status_check
    check (status in ('pending', 'running', 'completed', 'failed', 'cancelled')),
  constraint campaign_generation_job_progress_check check (progress_percent between 0 and 100)
);
create index campaign_generation_job_client_idx on public.campaign_generation_job (agency_id, client_id);
create index campaign_generation_job_social_campaign_idx on public.campaign_generation_job (agency_id, social_campaign_id);
create index campaign_generation_job_requested_by_idx on public.campaign_generation_job (agency_id, requested_by);
comment on table public.campaign_generation_job is 'One row a request to generate a campaign''s plan, posts or images.';
call app.protect('campaign_generation_job', 'client', app => 'persona');

create table public.engagement_item (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  persona_id uuid not null,
  persona_social_account_id uuid,
  campaign_post_id uuid,
  parent_id uuid,
  kind text not null,
  external_id text,
  external_url text,
  author_name text,
  author_handle text,
  author_external_id text,
  content text not null default '',
  sentiment text,
  priority smallint not null default 0,
  status text not null default 'new',
  suggested_reply text,
  reply text,
  reply_external_id text,
  handled_by uuid,
  received_at timestamptz,
  replied_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint engagement_item_pkey primary key (agency_id, id),
  constraint engagement_item_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint engagement_item_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint engagement_item_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint engagement_item_account_fkey foreign key (agency_id, persona_social_account_id)
    references public.persona_social_account (agency_id, id) on delete cascade,
  constraint engagement_item_campaign_post_fkey foreign key (agency_id, campaign_post_id)
    references public.campaign_post (agency_id, id) on delete cascade,
  constraint engagement_item_parent_fkey foreign key (agency_id, parent_id)
    references public.engagement_item (agency_id, id) on delete cascade,
  constraint engagement_item_handled_by_fkey foreign key (handled_by) references public."user" (id),
  constraint engagement_item_external_key unique (agency_id, persona_social_account_id, external_id),
  constraint engagement_item_kind_check check (kind in ('comment', 'reply', 'mention', 'message', 'reaction', 'opportunity')),
  constraint engagement_item_sentiment_check check (sentiment in ('positive', 'neutral', 'negative')),
  constraint engagement_item_status_check
    check (status in ('new', 'suggested', 'approved', 'replied', 'ignored', 'failed'))
);
create index engagement_item_client_idx on public.engagement_item (agency_id, client_id);
create index engagement_item_persona_idx on public.engagement_item (agency_id, persona_id, status);
create index engagement_item_campaign_post_idx on public.engagement_item (agency_id, campaign_post_id);
create index engagement_item_parent_idx on public.engagement_item (agency_id, parent_id);
create index engagement_item_handled_by_idx on public.engagement_item (agency_id, handled_by);
comment on table public.engagement_item is 'One row something others wrote to or about a persona, and the answer.';
call app.protect('engagement_item', 'client', app => 'persona', high_volume => true);

create table public.resonance_research (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  user_id uuid,
  social_campaign_id uuid,
  title text not null,
  question text not null,
  subject text,
  audience text,
  method text not null default 'panel',
  status text not null default 'draft',
  summary text,
  findings jsonb not null default '[]',
  score numeric(5, 2),
  ai_provider text,
  model text,
  error_message text,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint resonance_research_pkey primary key (agency_id, id),
  constraint resonance_research_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint resonance_research_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint resonance_research_user_fkey foreign key (user_id) references public."user" (id),
  constraint resonance_research_social_campaign_fkey foreign key (agency_id, social_campaign_id)
    references public.social_campaign (agency_id, id) on delete cascade,
  constraint resonance_research_method_check check (method in ('panel', 'interview', 'search')),
  constraint resonance_research_status_check
    check (status in ('draft', 'running', 'completed', 'failed', 'cancelled')),
  constraint resonance_research_score_check check (score between 0 and 100)
);
create index resonance_research_client_idx on public.resonance_research (agency_id, client_id);
create index resonance_research_user_idx on public.resonance_research (agency_id, user_id);
create index resonance_research_social_campaign_idx on public.resonance_research (agency_id, social_campaign_id);
comment on table public.resonance_research is 'One row a question of how an idea would land, and what was found.';
call app.protect('resonance_research', 'client', app => 'persona');

create table public.resonance_research_persona (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  resonance_research_id uuid not null,
  persona_id uuid not null,
  response text,
  sentiment text,
  score numeric(5, 2),
  reasons jsonb not null default '[]',
  responded_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint resonance_research_persona_pkey primary key (agency_id, id),
  constraint resonance_research_persona_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint resonance_research_persona_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint resonance_research_persona_research_fkey foreign key (agency_id, resonance_research_id)
    references public.resonance_research (agency_id, id) on delete cascade,
  constraint resonance_research_persona_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint resonance_research_persona_once_key unique (agency_id, resonance_research_id, persona_id),
  constraint resonance_research_persona_sentiment_check check (sentiment in ('positive', 'neutral', 'negative')),
  constraint resonance_research_persona_score_check check (score between 0 and 100)
);
create index resonance_research_persona_client_idx on public.resonance_research_persona (agency_id, client_id);
create index resonance_research_persona_persona_idx on public.resonance_research_persona (agency_id, persona_id);
comment on table public.resonance_research_persona is 'One row a persona that was asked, and what it answered.';
call app.protect('resonance_research_persona', 'client', app => 'persona');

create table public.research_task (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  resonance_research_id uuid not null,
  persona_id uuid,
  kind text not null,
  position integer not null default 0,
  instruction text not null default '',
  input jsonb not null default '{}',
  result jsonb,
  result_text text,
  status text not null default 'pending',
  attempts smallint not null default 0,
  error_message text,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint research_task_pkey primary key (agency_id, id),
  constraint research_task_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint research_task_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint research_task_research_fkey foreign key (agency_id, resonance_research_id)
    references public.resonance_research (agency_id, id) on delete cascade,
  constraint research_task_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint research_task_kind_check check (kind in ('search', 'read', 'ask', 'score', 'summarise')),
  constraint research_task_status_check
    check (status in ('pending', 'running', 'completed', 'failed', 'skipped'))
);
create index research_task_client_idx on public.research_task (agency_id, client_id);
create index research_task_research_idx on public.research_task (agency_id, resonance_research_id, position);
create index research_task_persona_idx on public.research_task (agency_id, persona_id);
comment on table public.research_task is 'One row a step of a research: what to find or ask, and the result.';
call app.protect('research_task', 'client', app => 'persona');

create table public.analytics_snapshot (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  persona_id uuid not null,
  persona_social_account_id uuid,
  campaign_post_id uuid,
  measured_at timestamptz not null default now(),
  followers integer,
  impressions bigint not null default 0,
  reach bigint not null default 0,
  likes bigint not null default 0,
  comments bigint not null default 0,
  shares bigint not null default 0,
  saves bigint not null default 0,
  clicks bigint not null default 0,
  video_views bigint not null default 0,
  source text not null default 'platform',
  created_at timestamptz not null default now(),
  constraint analytics_snapshot_pkey primary key (agency_id, id),
  constraint analytics_snapshot_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint analytics_snapshot_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint analytics_snapshot_persona_fkey foreign key (agency_id, persona_id)
    references public.persona (agency_id, id) on delete cascade,
  constraint analytics_snapshot_account_fkey foreign key (agency_id, persona_social_account_id)
    references public.persona_social_account (agency_id, id) on delete cascade,
  constraint analytics_snapshot_campaign_post_fkey foreign key (agency_id, campaign_post_id)
    references public.campaign_post (agency_id, id) on delete cascade,
  constraint analytics_snapshot_moment_key unique nulls not distinct
    (agency_id, persona_id, persona_social_account_id, campaign_post_id, measured_at),
  constraint analytics_snapshot_source_check check (source in ('platform', 'manual', 'import'))
);
create index analytics_snapshot_client_idx on public.analytics_snapshot (agency_id, client_id);
create index analytics_snapshot_account_idx on public.analytics_snapshot (agency_id, persona_social_account_id);
create index analytics_snapshot_campaign_post_idx on public.analytics_snapshot (agency_id, campaign_post_id);
comment on table public.analytics_snapshot is
  'One row the numbers of a persona, an account or a post at one moment.';
call app.protect('analytics_snapshot', 'client', app => 'persona', high_volume => true);
