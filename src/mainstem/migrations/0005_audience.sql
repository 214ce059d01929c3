-- Why: AudienceOS: what an agency does for its clients. Who is assigned, where a client stands,
-- what was said, what is open, how the numbers run.

create table public.client_assignment (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  user_id uuid not null,
  role text not null default 'account_manager',
  is_primary boolean not null default false,
  starts_on date,
  ends_on date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint client_assignment_pkey primary key (agency_id, id),
  constraint client_assignment_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint client_assignment_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint client_assignment_user_fkey foreign key (user_id) references public."user" (id) on delete cascade,
  constraint client_assignment_role_key unique (agency_id, client_id, user_id, role),
  constraint client_assignment_dates_check check (ends_on >= starts_on)
);
create unique index client_assignment_primary_key on public.client_assignment (agency_id, client_id, role)
  where is_primary;
create index client_assignment_user_idx on public.client_assignment (agency_id, user_id);
comment on table public.client_assignment is 'One row a person''s job for a client: account manager, media buyer, designer.';
call app.protect('client_assignment', 'client', app => 'audience');

create table public.stage_event (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  from_stage text,
  to_stage text not null,
  moved_by uuid,
  note text,
  created_at timestamptz not null default now(),
  constraint stage_event_pkey primary key (agency_id, id),
  constraint stage_event_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint stage_event_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint stage_event_changed_check check (from_stage is distinct from to_stage)
);
create index stage_event_client_idx on public.stage_event (agency_id, client_id, id);
comment on table public.stage_event is
  'One row a change of client.stage: from, to, by whom, when. Written by a trigger on client.';
comment on column public.stage_event.moved_by is
  'The person of the claims. No foreign key: a key or a job may move a client too, and the history stays.';
call app.protect('stage_event', 'client', app => 'audience', high_volume => true, writes => '{}');

-- Runs as its owner: the stage may change in any app, the history belongs to one.
create function app.record_stage() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.stage_event (agency_id, client_id, from_stage, to_stage, moved_by)
  values (new.agency_id, new.id, old.stage, new.stage, app.user_id());
  return null;
end
$$;
comment on function app.record_stage() is 'Writes the stage_event of a changed client.stage.';

create function app.enter_stage() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.stage_entered_at := now();
  return new;
end
$$;
comment on function app.enter_stage() is 'Notes when a client entered its stage.';

revoke all on function app.record_stage(), app.enter_stage() from public;
create trigger client_stage_enter before update of stage on public.client
  for each row when (old.stage is distinct from new.stage and old.stage_entered_at is not distinct from new.stage_entered_at)
  execute function app.enter_stage('client');
create trigger client_stage_record after update of stage on public.client
  for each row when (old.stage is distinct from new.stage) execute function app.record_stage('client');

create table public.task (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  parent_id uuid,
  title text not null,
  description text,
  category text,
  status text not null default 'todo',
  priority text not null default 'medium',
  assigned_to uuid,
  created_by uuid,
  due_on date,
  started_at timestamptz,
  completed_at timestamptz,
  position integer not null default 0,
  checklist jsonb not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint task_pkey primary key (agency_id, id),
  constraint task_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint task_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint task_parent_fkey foreign key (agency_id, parent_id) references public.task (agency_id, id) on delete cascade,
  constraint task_assigned_to_fkey foreign key (assigned_to) references public."user" (id),
  constraint task_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint task_title_check check (title <> ''),
  constraint task_status_check check (status in ('todo', 'in_progress', 'blocked', 'done', 'cancelled')),
  constraint task_priority_check check (priority in ('low', 'medium', 'high', 'urgent'))
);
create index task_client_idx on public.task (agency_id, client_id, status);
create index task_parent_idx on public.task (agency_id, parent_id);
create index task_assigned_to_idx on public.task (agency_id, assigned_to, due_on);
create index task_created_by_idx on public.task (agency_id, created_by);
comment on table public.task is 'One row a thing to do for a client.';
call app.protect('task', 'client', app => 'audience');

create table public.integration (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  provider text not null,
  external_account_id text,
  display_name text,
  status text not null default 'connecting',
  status_reason text,
  access_token_encrypted bytea,
  refresh_token_encrypted bytea,
  token_expires_at timestamptz,
  scopes text[] not null default '{}',
  config jsonb not null default '{}',
  sync_cursor text,
  last_sync_at timestamptz,
  next_sync_at timestamptz,
  connected_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint integration_pkey primary key (agency_id, id),
  constraint integration_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint integration_connected_by_fkey foreign key (connected_by) references public."user" (id),
  constraint integration_account_key unique nulls not distinct (agency_id, provider, external_account_id),
  constraint integration_provider_check
    check (provider in ('slack', 'gmail', 'google_ads', 'meta_ads', 'google_drive', 'calendar', 'webhook')),
  constraint integration_status_check
    check (status in ('connecting', 'active', 'paused', 'expired', 'error', 'disconnected'))
);
create index integration_connected_by_idx on public.integration (agency_id, connected_by);
create index integration_due_idx on public.integration (next_sync_at) where status = 'active';
comment on table public.integration is 'One row a service that the agency connected; its tokens are ciphertext.';
call app.protect('integration', 'agency', app => 'audience',
  unaudited => '{sync_cursor,last_sync_at,next_sync_at}');

create table public.communication (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  integration_id uuid,
  platform text not null,
  thread_id text,
  message_id text not null,
  channel text,
  sender_name text,
  sender_address text,
  sender_user_id uuid,
  recipients text[] not null default '{}',
  subject text,
  body text,
  body_html text,
  attachments jsonb not null default '[]',
  is_inbound boolean not null,
  needs_reply boolean not null default false,
  replied_at timestamptz,
  replied_by uuid,
  sentiment text,
  sent_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint communication_pkey primary key (agency_id, id),
  constraint communication_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint communication_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint communication_integration_fkey foreign key (agency_id, integration_id)
    references public.integration (agency_id, id),
  constraint communication_sender_user_fkey foreign key (sender_user_id) references public."user" (id),
  constraint communication_replied_by_fkey foreign key (replied_by) references public."user" (id),
  constraint communication_message_key unique (agency_id, platform, message_id),
  constraint communication_platform_check check (platform in ('slack', 'gmail')),
  constraint communication_sentiment_check check (sentiment in ('positive', 'neutral', 'negative'))
);
create index communication_client_idx on public.communication (agency_id, client_id, sent_at desc);
create index communication_thread_idx on public.communication (agency_id, platform, thread_id);
create index communication_integration_idx on public.communication (agency_id, integration_id);
create index communication_sender_user_idx on public.communication (agency_id, sender_user_id);
create index communication_replied_by_idx on public.communication (agency_id, replied_by);
create index communication_needs_reply_idx on public.communication (agency_id, client_id) where needs_reply and replied_at is null;
comment on table public.communication is 'One row a message with a client, from Slack or Gmail, in either direction.';
call app.protect('communication', 'client', app => 'audience', high_volume => true);

create table public.alert (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  type text not null,
  severity text not null default 'medium',
  confidence numeric(4, 3),
  title text not null,
  description text,
  suggested_action text,
  evidence jsonb not null default '{}',
  deduplication_key text,
  status text not null default 'active',
  snoozed_until timestamptz,
  resolved_by uuid,
  resolved_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint alert_pkey primary key (agency_id, id),
  constraint alert_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint alert_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint alert_resolved_by_fkey foreign key (resolved_by) references public."user" (id),
  constraint alert_type_check check (type in ('risk_detected', 'kpi_drop', 'inactivity', 'disconnect')),
  constraint alert_severity_check check (severity in ('low', 'medium', 'high', 'critical')),
  constraint alert_confidence_check check (confidence between 0 and 1),
  constraint alert_status_check check (status in ('active', 'snoozed', 'dismissed', 'resolved')),
  constraint alert_snoozed_check check (status <> 'snoozed' or snoozed_until is not null)
);
create unique index alert_open_key on public.alert (agency_id, client_id, type, deduplication_key)
  where status in ('active', 'snoozed') and deduplication_key is not null;
create index alert_client_idx on public.alert (agency_id, client_id, status);
create index alert_resolved_by_idx on public.alert (agency_id, resolved_by);
comment on table public.alert is 'One row a warning about a client: what, how bad, how sure, and what was done.';
call app.protect('alert', 'client', app => 'audience');

create table public.document (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  asset_id uuid,
  title text not null,
  description text,
  category text not null default 'other',
  folder text,
  external_url text,
  content_text text,
  is_searchable boolean not null default false,
  is_visible_to_client boolean not null default false,
  index_status text not null default 'none',
  indexed_at timestamptz,
  page_count integer,
  uploaded_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint document_pkey primary key (agency_id, id),
  constraint document_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint document_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint document_asset_fkey foreign key (agency_id, asset_id) references public.asset (agency_id, id),
  constraint document_uploaded_by_fkey foreign key (uploaded_by) references public."user" (id),
  constraint document_category_check
    check (category in ('contract', 'report', 'brief', 'brand', 'creative', 'invoice', 'process', 'other')),
  constraint document_index_status_check check (index_status in ('none', 'pending', 'ready', 'failed'))
);
create index document_client_idx on public.document (agency_id, client_id);
create index document_asset_idx on public.document (agency_id, asset_id);
create index document_uploaded_by_idx on public.document (agency_id, uploaded_by);
comment on table public.document is 'One row a document of a client: a file or a link, and its text if it can be searched.';
call app.protect('document', 'client', app => 'audience');

create table public.ticket (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  number integer not null,
  title text not null,
  description text,
  category text not null default 'general',
  priority text not null default 'medium',
  status text not null default 'new',
  source text not null default 'manual',
  communication_id uuid,
  assigned_to uuid,
  created_by uuid,
  due_at timestamptz,
  first_response_at timestamptz,
  resolved_at timestamptz,
  resolved_by uuid,
  resolution text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint ticket_pkey primary key (agency_id, id),
  constraint ticket_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint ticket_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint ticket_communication_fkey foreign key (agency_id, communication_id)
    references public.communication (agency_id, id),
  constraint ticket_assigned_to_fkey foreign key (assigned_to) references public."user" (id),
  constraint ticket_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint ticket_resolved_by_fkey foreign key (resolved_by) references public."user" (id),
  constraint ticket_number_key unique (agency_id, number),
  constraint ticket_number_check check (number > 0),
  constraint ticket_category_check
    check (category in ('general', 'technical', 'billing', 'campaign', 'creative', 'reporting')),
  constraint ticket_priority_check check (priority in ('low', 'medium', 'high', 'critical')),
  constraint ticket_status_check
    check (status in ('new', 'in_progress', 'waiting_client', 'resolved', 'closed')),
  constraint ticket_source_check check (source in ('manual', 'communication', 'chat', 'alert', 'import'))
);
create index ticket_client_idx on public.ticket (agency_id, client_id, status);
create index ticket_communication_idx on public.ticket (agency_id, communication_id);
create index ticket_assigned_to_idx on public.ticket (agency_id, assigned_to);
create index ticket_created_by_idx on public.ticket (agency_id, created_by);
create index ticket_resolved_by_idx on public.ticket (agency_id, resolved_by);
comment on table public.ticket is 'One row a request of a client. Its number counts per agency without gaps; a ticket is closed, never deleted.';

-- The lock is held until the transaction ends, so the next one sees this number or, after a
-- rollback, takes it. Runs as its owner: one who sees only some clients must not count only theirs.
create function app.number_ticket() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('ticket.number ' || new.agency_id::text, 0));
  select coalesce(max(t.number), 0) + 1 into new.number from public.ticket as t where t.agency_id = new.agency_id;
  return new;
end
$$;
comment on function app.number_ticket() is 'Gives a ticket the next number of its agency.';

revoke all on function app.number_ticket() from public;
create trigger ticket_number before insert on public.ticket
  for each row when (new.number is null) execute function app.number_ticket('ticket');
call app.protect('ticket', 'client', app => 'audience', writes => '{insert,update}', fixed => '{number}');

create table public.ticket_note (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  ticket_id uuid not null,
  author_id uuid,
  body text not null,
  is_internal boolean not null default true,
  attachments jsonb not null default '[]',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint ticket_note_pkey primary key (agency_id, id),
  constraint ticket_note_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint ticket_note_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint ticket_note_ticket_fkey foreign key (agency_id, ticket_id)
    references public.ticket (agency_id, id) on delete cascade,
  constraint ticket_note_author_fkey foreign key (author_id) references public."user" (id),
  constraint ticket_note_body_check check (body <> '')
);
create index ticket_note_client_idx on public.ticket_note (agency_id, client_id);
create index ticket_note_ticket_idx on public.ticket_note (agency_id, ticket_id, id);
create index ticket_note_author_idx on public.ticket_note (agency_id, author_id);
comment on table public.ticket_note is 'One row a note on a ticket, for the team or for the client too.';
call app.protect('ticket_note', 'client', app => 'audience');

create table public.workflow (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  name text not null,
  description text,
  trigger_type text not null,
  trigger_config jsonb not null default '{}',
  conditions jsonb not null default '[]',
  actions jsonb not null default '[]',
  is_active boolean not null default false,
  run_count integer not null default 0,
  last_run_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint workflow_pkey primary key (agency_id, id),
  constraint workflow_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint workflow_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint workflow_name_key unique (agency_id, name),
  constraint workflow_trigger_type_check check (trigger_type in (
    'stage_change', 'inactivity', 'kpi_threshold', 'new_message', 'ticket_created', 'task_overdue', 'scheduled', 'manual')),
  constraint workflow_actions_check check (jsonb_typeof(actions) = 'array'),
  constraint workflow_run_count_check check (run_count >= 0)
);
create index workflow_created_by_idx on public.workflow (agency_id, created_by);
create index workflow_trigger_idx on public.workflow (agency_id, trigger_type) where is_active;
comment on table public.workflow is 'One row an automation: when this happens and that holds, do these.';
call app.protect('workflow', 'agency', app => 'audience', fixed => '{run_count,last_run_at}',
  unaudited => '{run_count,last_run_at}');

create table public.workflow_run (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  workflow_id uuid not null,
  client_id uuid,
  trigger_data jsonb not null default '{}',
  status text not null default 'pending',
  actions_done jsonb not null default '[]',
  current_action integer not null default 0,
  error_message text,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint workflow_run_pkey primary key (agency_id, id),
  constraint workflow_run_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint workflow_run_workflow_fkey foreign key (agency_id, workflow_id)
    references public.workflow (agency_id, id) on delete cascade,
  constraint workflow_run_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint workflow_run_status_check
    check (status in ('pending', 'running', 'waiting_approval', 'completed', 'failed', 'cancelled'))
);
create index workflow_run_workflow_idx on public.workflow_run (agency_id, workflow_id, id);
create index workflow_run_client_idx on public.workflow_run (agency_id, client_id);
comment on table public.workflow_run is 'One row an execution of a workflow, about one client or (null) the agency itself.';
call app.protect('workflow_run', 'client', app => 'audience', high_volume => true);

create table public.intake_form_field (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  key text not null,
  label text not null,
  help text,
  field_type text not null default 'text',
  options text[] not null default '{}',
  placeholder text,
  is_required boolean not null default false,
  is_active boolean not null default true,
  section text,
  position integer not null default 0,
  validation jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint intake_form_field_pkey primary key (agency_id, id),
  constraint intake_form_field_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint intake_form_field_key_key unique (agency_id, key),
  constraint intake_form_field_type_check check (field_type in (
    'text', 'textarea', 'email', 'url', 'phone', 'number', 'date', 'select', 'multiselect', 'checkbox', 'file', 'secret')),
  constraint intake_form_field_options_check
    check (field_type not in ('select', 'multiselect') or cardinality(options) > 0)
);
comment on table public.intake_form_field is 'One row a question that a new client is asked.';
call app.protect('intake_form_field', 'agency', app => 'audience');

create table public.onboarding_journey (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  name text not null,
  description text,
  stages jsonb not null default '[]',
  welcome_video_url text,
  access_requests jsonb not null default '[]',
  is_default boolean not null default false,
  is_active boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint onboarding_journey_pkey primary key (agency_id, id),
  constraint onboarding_journey_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint onboarding_journey_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint onboarding_journey_name_key unique (agency_id, name),
  constraint onboarding_journey_stages_check check (jsonb_typeof(stages) = 'array')
);
create unique index onboarding_journey_default_key on public.onboarding_journey (agency_id) where is_default;
create index onboarding_journey_created_by_idx on public.onboarding_journey (agency_id, created_by);
comment on table public.onboarding_journey is 'One row a way in which clients are brought aboard: its stages in order.';
call app.protect('onboarding_journey', 'agency', app => 'audience');

create table public.onboarding_instance (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  onboarding_journey_id uuid not null,
  portal_token_hash bytea,
  status text not null default 'pending',
  current_stage text,
  started_by uuid,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint onboarding_instance_pkey primary key (agency_id, id),
  constraint onboarding_instance_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint onboarding_instance_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint onboarding_instance_journey_fkey foreign key (agency_id, onboarding_journey_id)
    references public.onboarding_journey (agency_id, id),
  constraint onboarding_instance_started_by_fkey foreign key (started_by) references public."user" (id),
  constraint onboarding_instance_status_check
    check (status in ('pending', 'in_progress', 'completed', 'cancelled'))
);
create unique index onboarding_instance_open_key on public.onboarding_instance (agency_id, client_id)
  where status in ('pending', 'in_progress');
create index onboarding_instance_client_idx on public.onboarding_instance (agency_id, client_id);
create index onboarding_instance_journey_idx on public.onboarding_instance (agency_id, onboarding_journey_id);
create index onboarding_instance_started_by_idx on public.onboarding_instance (agency_id, started_by);
comment on table public.onboarding_instance is 'One row a client on its way through a journey; one at a time is open.';
call app.protect('onboarding_instance', 'client', app => 'audience');

create table public.onboarding_stage_status (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  onboarding_instance_id uuid not null,
  stage text not null,
  position integer not null default 0,
  status text not null default 'pending',
  platform_statuses jsonb not null default '{}',
  blocked_reason text,
  completed_by uuid,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint onboarding_stage_status_pkey primary key (agency_id, id),
  constraint onboarding_stage_status_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint onboarding_stage_status_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint onboarding_stage_status_instance_fkey foreign key (agency_id, onboarding_instance_id)
    references public.onboarding_instance (agency_id, id) on delete cascade,
  constraint onboarding_stage_status_completed_by_fkey foreign key (completed_by) references public."user" (id),
  constraint onboarding_stage_status_stage_key unique (agency_id, onboarding_instance_id, stage),
  constraint onboarding_stage_status_status_check
    check (status in ('pending', 'in_progress', 'blocked', 'completed', 'skipped'))
);
create index onboarding_stage_status_client_idx on public.onboarding_stage_status (agency_id, client_id);
create index onboarding_stage_status_completed_by_idx on public.onboarding_stage_status (agency_id, completed_by);
comment on table public.onboarding_stage_status is 'One row a stage of an onboarding and how far it is.';
call app.protect('onboarding_stage_status', 'client', app => 'audience');

create table public.intake_response (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  intake_form_field_id uuid not null,
  onboarding_instance_id uuid,
  value jsonb,
  value_encrypted bytea,
  asset_id uuid,
  submitted_by uuid,
  submitted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint intake_response_pkey primary key (agency_id, id),
  constraint intake_response_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint intake_response_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint intake_response_field_fkey foreign key (agency_id, intake_form_field_id)
    references public.intake_form_field (agency_id, id),
  constraint intake_response_instance_fkey foreign key (agency_id, onboarding_instance_id)
    references public.onboarding_instance (agency_id, id) on delete cascade,
  constraint intake_response_asset_fkey foreign key (agency_id, asset_id) references public.asset (agency_id, id),
  constraint intake_response_submitted_by_fkey foreign key (submitted_by) references public."user" (id),
  constraint intake_response_field_key
    unique nulls not distinct (agency_id, client_id, intake_form_field_id, onboarding_instance_id),
  constraint intake_response_one_value_check check (value is null or value_encrypted is null)
);
create index intake_response_field_idx on public.intake_response (agency_id, intake_form_field_id);
create index intake_response_instance_idx on public.intake_response (agency_id, onboarding_instance_id);
create index intake_response_asset_idx on public.intake_response (agency_id, asset_id);
create index intake_response_submitted_by_idx on public.intake_response (agency_id, submitted_by);
comment on table public.intake_response is 'One row a client''s answer to a question; an answer to a secret one is ciphertext.';
call app.protect('intake_response', 'client', app => 'audience');

create table public.kpi_snapshot (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  metric text not null,
  period text not null default 'day',
  measured_on date not null,
  value numeric(18, 4) not null,
  previous_value numeric(18, 4),
  target numeric(18, 4),
  unit text,
  source text not null default 'manual',
  created_at timestamptz not null default now(),
  constraint kpi_snapshot_pkey primary key (agency_id, id),
  constraint kpi_snapshot_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint kpi_snapshot_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint kpi_snapshot_metric_key unique (agency_id, client_id, metric, period, measured_on),
  constraint kpi_snapshot_period_check check (period in ('day', 'week', 'month', 'quarter')),
  constraint kpi_snapshot_source_check check (source in ('manual', 'google_ads', 'meta_ads', 'computed', 'import'))
);
comment on table public.kpi_snapshot is 'One row a measured number of a client on a day.';
call app.protect('kpi_snapshot', 'client', app => 'audience', high_volume => true);

create table public.ad_performance (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid not null,
  integration_id uuid,
  platform text not null,
  account_id text not null,
  account_name text,
  campaign_id text not null,
  campaign_name text,
  date date not null,
  spend numeric(12, 2) not null default 0,
  currency text not null default 'USD',
  impressions bigint not null default 0,
  clicks bigint not null default 0,
  conversions numeric(12, 2) not null default 0,
  revenue numeric(12, 2) not null default 0,
  fetched_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint ad_performance_pkey primary key (agency_id, id),
  constraint ad_performance_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint ad_performance_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint ad_performance_integration_fkey foreign key (agency_id, integration_id)
    references public.integration (agency_id, id),
  constraint ad_performance_day_key unique (agency_id, platform, account_id, campaign_id, date),
  constraint ad_performance_platform_check check (platform in ('google_ads', 'meta_ads')),
  constraint ad_performance_amounts_check check (
    spend >= 0 and impressions >= 0 and clicks >= 0 and conversions >= 0)
);
create index ad_performance_client_idx on public.ad_performance (agency_id, client_id, date);
create index ad_performance_integration_idx on public.ad_performance (agency_id, integration_id);
comment on table public.ad_performance is
  'One row a day of an advertising campaign on a platform. account_id and campaign_id are the platform''s. Platforms count fractions of conversions.';
call app.protect('ad_performance', 'client', app => 'audience', high_volume => true);
