-- Why: the shared core of all apps: the tenant, its people and clients, who may do what, the audit
-- trail, and the small things every app needs (notifications, flags, invitations, files).

create table public.agency (
  id uuid not null default app.uuid7(),
  name text not null,
  slug text not null,
  timezone text not null default 'UTC',
  business_hours jsonb not null default '{}',
  settings jsonb not null default '{}',
  pipeline_stages jsonb not null
    default '["Onboarding", "Installation", "Audit", "Live", "Needs Support", "Off-Boarding"]',
  health_thresholds jsonb not null default '{}',
  subscription_tier text not null default 'starter',
  subscription_status text not null default 'active',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint agency_pkey primary key (id),
  constraint agency_slug_key unique (slug),
  constraint agency_name_check check (name <> ''),
  constraint agency_pipeline_stages_check check (jsonb_typeof(pipeline_stages) = 'array'),
  constraint agency_slug_check check (slug <> '' and slug = lower(slug)),
  constraint agency_subscription_status_check
    check (subscription_status in ('trial', 'active', 'past_due', 'paused', 'cancelled'))
);
comment on table public.agency is 'One row a tenant: the agency that owns every other row.';
call app.protect_global('agency', 'agency');

create table public."user" (
  id uuid not null default app.uuid7(),
  agency_id uuid not null,
  email text not null,
  first_name text,
  last_name text,
  role text not null default 'member',
  avatar_url text,
  settings jsonb not null default '{}',
  is_active boolean not null default true,
  last_login_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint user_pkey primary key (id),
  constraint user_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint user_email_check check (email like '%_@_%'),
  constraint user_role_check check (role in ('owner', 'admin', 'manager', 'member', 'client'))
);
create unique index user_email_key on public."user" (lower(email));
create index user_agency_idx on public."user" (agency_id, lower(email));
comment on table public."user" is
  'One row a person who may sign in, in one agency. What they sign in with is app.credential.';
call app.protect_global('user', 'agency', unaudited => '{last_login_at}');

create table public.client (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  name text not null,
  company_name text,
  industry text,
  website text,
  stage text not null default 'Onboarding',
  stage_entered_at timestamptz not null default now(),
  health_status text not null default 'green',
  contact_name text,
  contact_email text,
  contact_phone text,
  logo_url text,
  notes text,
  tags text[] not null default '{}',
  settings jsonb not null default '{}',
  is_active boolean not null default true,
  subscription_tier text not null default 'basic',
  subscription_status text not null default 'active',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint client_pkey primary key (agency_id, id),
  constraint client_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint client_name_key unique (agency_id, name),
  constraint client_name_check check (name <> ''),
  constraint client_stage_check check (stage <> ''),
  constraint client_health_status_check check (health_status in ('green', 'yellow', 'red')),
  constraint client_subscription_status_check
    check (subscription_status in ('trial', 'active', 'past_due', 'paused', 'cancelled'))
);
create index client_stage_idx on public.client (agency_id, stage);
create index client_tags_idx on public.client using gin (tags);
comment on table public.client is 'One row a customer of an agency. Its stages are named in agency.pipeline_stages.';
comment on column public.client.stage_entered_at is
  'Set by a trigger; the days in the stage are derived from it (view client_stage).';
call app.protect('client', 'client',
  fixed => '{stage_entered_at,subscription_tier,subscription_status}', unaudited => '{stage_entered_at}');

-- Who may see what is decided by the server after it looked at the roles, so tenants only read it.
create table public.member_client_access (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  user_id uuid not null,
  kind text not null default 'member',
  permission text not null default 'write',
  granted_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint member_client_access_pkey primary key (agency_id, id),
  constraint member_client_access_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint member_client_access_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint member_client_access_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint member_client_access_granted_by_fkey foreign key (granted_by) references public."user" (id),
  constraint member_client_access_client_user_key unique (agency_id, client_id, user_id),
  constraint member_client_access_kind_check check (kind in ('member', 'client')),
  constraint member_client_access_permission_check check (permission in ('read', 'write'))
);
create index member_client_access_user_idx on public.member_client_access (agency_id, user_id);
create index member_client_access_granted_by_idx on public.member_client_access (agency_id, granted_by);
comment on table public.member_client_access is
  'One row a person and client: a member who may see it, or (kind client) one of the client''s own people.';
call app.protect('member_client_access', 'client', writes => '{}');

create table public.permission (
  id uuid not null default app.uuid7(),
  key text not null,
  resource text not null,
  action text not null,
  app text,
  description text not null default '',
  created_at timestamptz not null default now(),
  constraint permission_pkey primary key (id),
  constraint permission_key_key unique (key),
  constraint permission_resource_action_key unique (resource, action),
  constraint permission_app_check check (app in ('audience', 'revos', 'mail', 'persona'))
);
comment on table public.permission is 'One row a thing that a role may be allowed to do: client.read, campaign.publish.';
call app.protect_global('permission');

create table public.role_permission (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  permission_id uuid not null,
  user_role text not null,
  is_allowed boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint role_permission_pkey primary key (agency_id, id),
  constraint role_permission_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint role_permission_permission_fkey foreign key (permission_id)
    references public.permission (id) on delete cascade,
  constraint role_permission_role_permission_key unique (agency_id, user_role, permission_id),
  constraint role_permission_user_role_check
    check (user_role in ('owner', 'admin', 'manager', 'member', 'client'))
);
create index role_permission_permission_idx on public.role_permission (agency_id, permission_id);
comment on table public.role_permission is
  'One row a role and permission where an agency departs from the defaults.';
call app.protect('role_permission', 'agency', writes => '{}');

create table public.api_key (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  name text not null,
  prefix text not null,
  key_hash bytea not null,
  scopes text[] not null default '{}',
  app text not null default 'both',
  profile text not null default 'public',
  rotated_from uuid,
  created_by uuid,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint api_key_pkey primary key (agency_id, id),
  constraint api_key_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint api_key_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint api_key_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint api_key_rotated_from_fkey foreign key (agency_id, rotated_from)
    references public.api_key (agency_id, id),
  constraint api_key_prefix_key unique (agency_id, prefix),
  constraint api_key_app_check check (app in ('both', 'audience', 'revos', 'mail', 'persona', '*')),
  constraint api_key_profile_check check (profile in ('public', 'legacy')),
  constraint api_key_client_check check (client_id is null or app <> '*'),
  constraint api_key_scopes_check
    check (scopes <@ array['rows.read', 'rows.write', 'files.read', 'files.write'])
);
create index api_key_client_idx on public.api_key (agency_id, client_id);
create index api_key_created_by_idx on public.api_key (agency_id, created_by);
create index api_key_rotated_from_idx on public.api_key (agency_id, rotated_from);
comment on table public.api_key is
  'One row a key for programs, optionally bound to one client. The key is shown once; a keyed hash is kept. app.token_route finds the agency by prefix.';
comment on column public.api_key.scopes is
  'What the key may do by itself. Without any it only says for which agency and app people sign in: such a key may stand in a browser.';
comment on column public.api_key.profile is 'Which schema a request means that names none, or public: for code of the old schema, legacy.';
call app.protect('api_key', 'client', writes => '{}', unaudited => '{last_used_at}');

-- No foreign keys: the trail outlives the agency, the person and the row it speaks of.
create table public.audit_log (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  actor_id uuid,
  actor_role text not null,
  actor_app text,
  table_name text not null,
  row_id uuid not null,
  action text not null,
  changed_columns text[],
  reason text,
  created_at timestamptz not null default now(),
  constraint audit_log_pkey primary key (agency_id, id),
  constraint audit_log_action_check check (action in (
    'insert', 'update', 'delete', 'sign_in', 'sign_out', 'refuse', 'switch_app', 'change_password',
    'export', 'erase')),
  constraint audit_log_reason_check check (reason ~ '^[a-z_]{1,40}$')
) partition by range (id);
create index audit_log_row_idx on public.audit_log (agency_id, table_name, row_id);
create index audit_log_actor_idx on public.audit_log (agency_id, actor_id);
comment on table public.audit_log is
  'One row a changed row: who, where, what, which columns. Rows are written by triggers, sign-ins and refusals by the server; names of columns, never values.';
call app.protect('audit_log', 'agency', high_volume => true, writes => '{}');
insert into app.partition_policy (table_name, period, retention) values ('audit_log', 'month', '90 days');

create table public.notification (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  user_id uuid not null,
  app_context text not null default 'both',
  kind text not null,
  title text not null,
  body text,
  link text,
  subject_table text,
  subject_id uuid,
  read_at timestamptz,
  dismissed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint notification_pkey primary key (agency_id, id),
  constraint notification_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint notification_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint notification_app_context_check
    check (app_context in ('both', 'audience', 'revos', 'mail', 'persona'))
);
create index notification_user_idx on public.notification (agency_id, user_id, id desc);
create index notification_unread_idx on public.notification (agency_id, user_id) where read_at is null;
comment on table public.notification is 'One row a message to one person inside the product.';
call app.protect('notification', 'user', high_volume => true);

create table public.user_preference (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  user_id uuid not null,
  key text not null,
  value jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint user_preference_pkey primary key (agency_id, id),
  constraint user_preference_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint user_preference_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint user_preference_user_key_key unique (agency_id, user_id, key),
  constraint user_preference_key_check check (key <> '')
);
comment on table public.user_preference is 'One row a setting that a person chose: theme, digest hour, last app.';
call app.protect('user_preference', 'user');

create table public.feature_flag (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  key text not null,
  app text not null default 'both',
  is_enabled boolean not null default false,
  percentage smallint not null default 100,
  description text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint feature_flag_pkey primary key (agency_id, id),
  constraint feature_flag_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint feature_flag_key_app_key unique (agency_id, key, app),
  constraint feature_flag_app_check check (app in ('both', 'audience', 'revos', 'mail', 'persona')),
  constraint feature_flag_percentage_check check (percentage between 0 and 100)
);
comment on table public.feature_flag is
  'One row a flag of an agency: in which app it is on, and for which share of its people.';
comment on column public.feature_flag.app is
  'Where the flag acts, not who sees the row: every app must know which flags are on in the others.';
call app.protect('feature_flag', 'agency', writes => '{}');

create table public.invitation (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  email text not null,
  role text not null default 'member',
  client_ids uuid[] not null default '{}',
  token_hash bytea not null,
  invited_by uuid,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by uuid,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint invitation_pkey primary key (agency_id, id),
  constraint invitation_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint invitation_invited_by_fkey foreign key (invited_by) references public."user" (id),
  constraint invitation_accepted_by_fkey foreign key (accepted_by) references public."user" (id),
  constraint invitation_role_check check (role in ('owner', 'admin', 'manager', 'member', 'client')),
  constraint invitation_client_check check (role <> 'client' or cardinality(client_ids) > 0),
  constraint invitation_email_check check (email like '%_@_%')
);
create unique index invitation_open_key on public.invitation (agency_id, lower(email))
  where accepted_at is null and revoked_at is null;
create index invitation_invited_by_idx on public.invitation (agency_id, invited_by);
create index invitation_accepted_by_idx on public.invitation (agency_id, accepted_by);
comment on table public.invitation is
  'One row a person asked to join: role, clients, expiry. Only a hash of the token is kept.';
call app.protect('invitation', 'agency', writes => '{}');

create table public.saved_view (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  user_id uuid not null,
  page text not null,
  name text not null,
  query text not null default '',
  is_default boolean not null default false,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint saved_view_pkey primary key (agency_id, id),
  constraint saved_view_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint saved_view_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint saved_view_name_key unique (agency_id, user_id, page, name)
);
create unique index saved_view_default_key on public.saved_view (agency_id, user_id, page) where is_default;
comment on table public.saved_view is 'One row a list that a person saved: the page and its filters as a query string.';
call app.protect('saved_view', 'user');

create table public.asset (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  kind text not null,
  name text not null,
  storage_key text not null,
  mime_type text not null,
  size_bytes bigint,
  sha256 bytea,
  width_px integer,
  height_px integer,
  dpi integer,
  duration_ms integer,
  alt_text text,
  tags text[] not null default '{}',
  source text not null default 'upload',
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint asset_pkey primary key (agency_id, id),
  constraint asset_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint asset_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint asset_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint asset_storage_key_key unique (agency_id, storage_key),
  constraint asset_kind_check
    check (kind in ('image', 'video', 'audio', 'font', 'document', 'pdf', 'csv', 'logo', 'qr', 'archive', 'other')),
  constraint asset_source_check check (source in ('upload', 'generated', 'import')),
  constraint asset_size_check check (size_bytes >= 0),
  constraint asset_sha256_check check (octet_length(sha256) = 32)
);
create index asset_client_idx on public.asset (agency_id, client_id);
create index asset_created_by_idx on public.asset (agency_id, created_by);
create index asset_sha256_idx on public.asset (agency_id, sha256);
comment on table public.asset is 'One row a file, uploaded or generated; the bytes are in the storage under storage_key.';
call app.protect('asset', 'client');

select app.ensure_partitions();
