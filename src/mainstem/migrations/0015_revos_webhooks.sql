-- Why: endpoints that fail are spared, and disabled after days, so a row says since when; mail systems
-- want a list and tags beside the address; and the secrets of endpoints are nobody's to read or write
-- by a statement of their own.

alter table public.webhook_config
  add column destination jsonb not null default '{}',
  add column failing_since timestamptz,
  add column paused_until timestamptz,
  alter column max_retries set default 9,
  add constraint webhook_config_destination_check check (jsonb_typeof(destination) = 'object');
comment on column public.webhook_config.destination is
  'Of a mail system: the list, form, tags and fields that leads are given there.';
comment on column public.webhook_config.failing_since is 'The first failure after the last success.';
comment on column public.webhook_config.paused_until is
  'After several failures in a row nothing is sent before, then one delivery tries.';
comment on column public.webhook_config.secret_encrypted is
  'What signs deliveries, or the credential at a mail system; ciphertext under the agency''s data key.';
call app.protect('webhook_config', 'client', app => 'revos', fixed =>
    '{consecutive_failures,failing_since,paused_until,disabled_at,disabled_reason,secret_encrypted,previous_secret_encrypted,previous_secret_until}',
  unaudited => '{consecutive_failures,failing_since,paused_until}');
call app.hide_columns('webhook_config', '{secret_encrypted,previous_secret_encrypted}');

-- An event is told once to an endpoint: found by its key, which no partition can make unique.
create index webhook_delivery_event_idx on public.webhook_delivery (agency_id, event_key) where event_key is not null;
create index webhook_delivery_failed_idx on public.webhook_delivery (agency_id, webhook_config_id, id) where status = 'failed';
