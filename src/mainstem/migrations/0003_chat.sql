-- Why: the chat, its memory and its cartridges are one for all apps; a row says to which app it belongs.

create table public.chat_session (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  user_id uuid not null,
  client_id uuid,
  app_context text not null default 'both',
  title text,
  page text,
  context jsonb not null default '{}',
  is_pinned boolean not null default false,
  is_archived boolean not null default false,
  last_message_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint chat_session_pkey primary key (agency_id, id),
  constraint chat_session_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint chat_session_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint chat_session_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint chat_session_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona'))
);
create index chat_session_user_idx on public.chat_session (agency_id, user_id, last_message_at desc);
create index chat_session_client_idx on public.chat_session (agency_id, client_id);
comment on table public.chat_session is
  'One row a conversation of one person with the assistant, about the page and client it began on.';
call app.protect('chat_session', 'user', unaudited => '{last_message_at}');

create table public.chat_message (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  chat_session_id uuid not null,
  user_id uuid not null,
  app_context text not null default 'both',
  role text not null,
  content text not null,
  ai_provider text,
  model text,
  route text,
  citations jsonb not null default '[]',
  tool_calls jsonb not null default '[]',
  suggestions jsonb not null default '[]',
  tokens_in integer,
  tokens_out integer,
  cost_usd numeric(12, 6),
  latency_ms integer,
  feedback smallint,
  error text,
  created_at timestamptz not null default now(),
  constraint chat_message_pkey primary key (agency_id, id),
  constraint chat_message_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint chat_message_chat_session_fkey foreign key (agency_id, chat_session_id)
    references public.chat_session (agency_id, id) on delete cascade,
  constraint chat_message_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint chat_message_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona')),
  constraint chat_message_role_check check (role in ('user', 'assistant', 'system', 'tool')),
  constraint chat_message_ai_provider_check check (ai_provider in ('gemini', 'agentkit', 'local')),
  constraint chat_message_tokens_check check (tokens_in >= 0 and tokens_out >= 0),
  constraint chat_message_feedback_check check (feedback in (-1, 1))
);
create index chat_message_chat_session_idx on public.chat_message (agency_id, chat_session_id, id);
create index chat_message_user_idx on public.chat_message (agency_id, user_id);
comment on table public.chat_message is
  'One row a message of a conversation: who said it, which provider and model answered, with what sources and cost.';
call app.protect('chat_message', 'user', high_volume => true);

create table public.cartridge_preset (
  id uuid not null default app.uuid7(),
  slug text not null,
  type text not null,
  name text not null,
  description text not null default '',
  config jsonb not null,
  is_active boolean not null default true,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint cartridge_preset_pkey primary key (id),
  constraint cartridge_preset_slug_key unique (slug),
  constraint cartridge_preset_type_check
    check (type in ('training', 'brand', 'style', 'voice', 'preferences', 'instructions')),
  constraint cartridge_preset_config_check check (jsonb_typeof(config) = 'object')
);
comment on table public.cartridge_preset is
  'One row a cartridge that comes with the product: the system tier, parent of workspace cartridges.';
call app.protect_global('cartridge_preset');

create table public.cartridge (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  user_id uuid,
  type text not null,
  tier text not null default 'workspace',
  parent_id uuid,
  cartridge_preset_id uuid,
  app_context text not null default 'both',
  name text not null,
  description text,
  config jsonb not null default '{}',
  source_posts_count integer,
  is_default boolean not null default false,
  is_active boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint cartridge_pkey primary key (agency_id, id),
  constraint cartridge_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint cartridge_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint cartridge_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint cartridge_parent_fkey foreign key (agency_id, parent_id) references public.cartridge (agency_id, id),
  constraint cartridge_preset_fkey foreign key (cartridge_preset_id) references public.cartridge_preset (id),
  constraint cartridge_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint cartridge_type_check
    check (type in ('training', 'brand', 'style', 'voice', 'preferences', 'instructions')),
  constraint cartridge_tier_check check (tier in ('workspace', 'user', 'skill')),
  constraint cartridge_tier_user_check check (tier <> 'user' or user_id is not null),
  constraint cartridge_one_parent_check check (parent_id is null or cartridge_preset_id is null),
  constraint cartridge_not_own_parent_check check (parent_id <> id),
  constraint cartridge_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona')),
  constraint cartridge_config_check check (jsonb_typeof(config) = 'object')
);
create unique index cartridge_default_key
  on public.cartridge (agency_id, client_id, user_id, type, app_context) nulls not distinct where is_default;
create index cartridge_client_idx on public.cartridge (agency_id, client_id, type);
create index cartridge_user_idx on public.cartridge (agency_id, user_id);
create index cartridge_parent_idx on public.cartridge (agency_id, parent_id);
create index cartridge_preset_idx on public.cartridge (agency_id, cartridge_preset_id);
create index cartridge_created_by_idx on public.cartridge (agency_id, created_by);
comment on table public.cartridge is
  'One row a piece of what the assistant knows: training, brand, style, voice, preferences or instructions; of the agency, a client, a person or a skill.';
comment on column public.cartridge.config is 'Its shape depends on type; the application validates it.';
call app.protect('cartridge', 'client');

create table public.memory (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  user_id uuid,
  client_id uuid,
  app_context text not null default 'both',
  scope_key text not null,
  memory_type text not null default 'fact',
  content text not null,
  content_hash bytea,
  embedding app.embedding,
  embedding_model text,
  relevance numeric(4, 3),
  metadata jsonb not null default '{}',
  source text not null default 'chat',
  source_message_id uuid,
  external_id text,
  last_used_at timestamptz,
  use_count integer not null default 0,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint memory_pkey primary key (agency_id, id),
  constraint memory_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint memory_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint memory_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint memory_external_key unique (agency_id, external_id),
  constraint memory_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona')),
  constraint memory_scope_key_check check (
    scope_key = agency_id::text || '::' || coalesce(client_id::text, '_') || '::' || coalesce(user_id::text, '_')),
  constraint memory_embedding_check check (embedding is null or embedding_model is not null),
  constraint memory_relevance_check check (relevance between 0 and 1),
  constraint memory_content_hash_check check (octet_length(content_hash) = 32)
);
create unique index memory_content_key on public.memory (agency_id, scope_key, app_context, content_hash)
  where content_hash is not null;
create index memory_user_idx on public.memory (agency_id, user_id, memory_type);
create index memory_client_idx on public.memory (agency_id, client_id);
create index memory_model_idx on public.memory (agency_id, embedding_model);
comment on table public.memory is 'One row a thing the assistant remembers. scope_key is agency::client::user, _ for a missing part.';
comment on column public.memory.user_id is
  'Null for what is remembered about a client and no person; such rows are read for a person by the server only.';
comment on column public.memory.source_message_id is 'The chat_message it was drawn from; no foreign key, since memory outlives the chat.';
call app.protect('memory', 'user', high_volume => true);

create table public.console_workflow (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  name text not null,
  version integer not null default 1,
  description text not null default '',
  definition jsonb not null,
  model text,
  temperature numeric(3, 2),
  is_active boolean not null default false,
  notes text,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint console_workflow_pkey primary key (agency_id, id),
  constraint console_workflow_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint console_workflow_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint console_workflow_version_key unique (agency_id, name, version),
  constraint console_workflow_version_check check (version >= 1),
  constraint console_workflow_temperature_check check (temperature between 0 and 2)
);
create unique index console_workflow_active_key on public.console_workflow (agency_id, name) where is_active;
create index console_workflow_created_by_idx on public.console_workflow (agency_id, created_by);
comment on table public.console_workflow is 'One row a version of an AI workflow: its steps, tools and model. One version of a name is active.';
call app.protect('console_workflow', 'agency', app => 'revos');

create table public.console_prompt (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  console_workflow_id uuid,
  name text not null,
  version integer not null default 1,
  kind text not null default 'system',
  content text not null,
  variables text[] not null default '{}',
  is_active boolean not null default false,
  notes text,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint console_prompt_pkey primary key (agency_id, id),
  constraint console_prompt_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint console_prompt_console_workflow_fkey foreign key (agency_id, console_workflow_id)
    references public.console_workflow (agency_id, id) on delete cascade,
  constraint console_prompt_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint console_prompt_version_key unique (agency_id, name, version),
  constraint console_prompt_kind_check check (kind in ('system', 'user', 'tool', 'example')),
  constraint console_prompt_version_check check (version >= 1)
);
create unique index console_prompt_active_key on public.console_prompt (agency_id, name) where is_active;
create index console_prompt_console_workflow_idx on public.console_prompt (agency_id, console_workflow_id);
create index console_prompt_created_by_idx on public.console_prompt (agency_id, created_by);
comment on table public.console_prompt is 'One row a version of a prompt, of a workflow or by itself.';
call app.protect('console_prompt', 'agency', app => 'revos');
