-- Why: who may say who somebody is, is each agency's own decision. A provider is a row of its agency, and
-- the secret by which it knows us lies sealed in it.

create table public.identity_provider (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  name text not null,
  label text not null,
  issuer text not null,
  oauth_client_id text not null,
  secret_encrypted bytea not null,
  is_enabled boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint identity_provider_pkey primary key (agency_id, id),
  constraint identity_provider_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint identity_provider_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint identity_provider_name_key unique (agency_id, name),
  constraint identity_provider_name_check check (name ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'),
  constraint identity_provider_label_check check (length(label) between 1 and 80),
  constraint identity_provider_issuer_check check (length(issuer) between 1 and 2000),
  constraint identity_provider_oauth_client_check check (length(oauth_client_id) between 1 and 500)
);
create index identity_provider_created_by_idx on public.identity_provider (agency_id, created_by);
comment on table public.identity_provider is
  'One row a provider through which people of the agency may sign in (OpenID Connect). Addresses call it name@slug.';
comment on column public.identity_provider.label is 'What the button at the door says.';
comment on column public.identity_provider.oauth_client_id is 'What the provider calls us.';
call app.protect('identity_provider', 'agency', writes => '{}');
call app.hide_columns('identity_provider', '{secret_encrypted}');

insert into public.permission (id, key, resource, action, app, description) values
  ('019b76da-a800-7000-8000-00010000003e', 'identity_provider.manage', 'identity_provider', 'manage', null, 'Decide through whom people may sign in')
on conflict do nothing;
