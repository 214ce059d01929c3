-- Why: direct mail: designs, recipients, campaigns, printed pieces and what people did with them.
-- It also holds what the legacy app wrote, hence is_imported: new rows must have what old ones lack.
-- client_id is null on the agency's own rows, which its staff alone sees.

create table public.design_template (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  parent_id uuid,
  version integer not null default 1,
  name text not null,
  description text,
  category text,
  format text not null default 'postcard_4x6',
  canvas jsonb not null,
  canvas_version text,
  back_canvas jsonb,
  variable_mappings jsonb not null default '{}',
  thumbnail_asset_id uuid,
  status text not null default 'draft',
  is_public boolean not null default false,
  price_cents integer,
  usage_count integer not null default 0,
  rating_average numeric(3, 2),
  published_at timestamptz,
  tags text[] not null default '{}',
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint design_template_pkey primary key (agency_id, id),
  constraint design_template_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint design_template_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint design_template_parent_fkey foreign key (agency_id, parent_id)
    references public.design_template (agency_id, id),
  constraint design_template_thumbnail_fkey foreign key (agency_id, thumbnail_asset_id)
    references public.asset (agency_id, id),
  constraint design_template_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint design_template_format_check check (format in (
    'postcard_4x6', 'postcard_5x7', 'postcard_6x9', 'postcard_6x11', 'letter_8_5x11',
    'self_mailer_6x18', 'self_mailer_12x9', 'custom')),
  constraint design_template_status_check check (status in ('draft', 'active', 'archived')),
  constraint design_template_canvas_check check (jsonb_typeof(canvas) = 'object'),
  constraint design_template_version_check check (version >= 1),
  constraint design_template_price_check check (price_cents >= 0)
);
create index design_template_client_idx on public.design_template (agency_id, client_id);
create index design_template_parent_idx on public.design_template (agency_id, parent_id);
create index design_template_thumbnail_idx on public.design_template (agency_id, thumbnail_asset_id);
create index design_template_created_by_idx on public.design_template (agency_id, created_by);
comment on table public.design_template is
  'One row a version of a design: Fabric.js canvas, print format, what its variables stand for. parent_id is the version before.';
call app.protect('design_template', 'client', app => 'mail', fixed => '{usage_count,rating_average}',
  unaudited => '{usage_count,rating_average}');

create table public.audience_filter (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  name text not null,
  description text,
  provider text not null default 'data_axle',
  kind text not null default 'consumer',
  filters jsonb not null,
  contacts_estimated integer,
  price_estimated_cents bigint,
  estimated_at timestamptz,
  is_template boolean not null default false,
  last_used_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint audience_filter_pkey primary key (agency_id, id),
  constraint audience_filter_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint audience_filter_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint audience_filter_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint audience_filter_kind_check check (kind in ('consumer', 'business', 'new_mover', 'property')),
  constraint audience_filter_filters_check check (jsonb_typeof(filters) = 'object'),
  constraint audience_filter_contacts_check check (contacts_estimated >= 0)
);
create index audience_filter_client_idx on public.audience_filter (agency_id, client_id);
create index audience_filter_created_by_idx on public.audience_filter (agency_id, created_by);
comment on table public.audience_filter is
  'One row a saved description of people to mail: place, age, income, interests, and how many there are.';
call app.protect('audience_filter', 'client', app => 'mail');

create table public.recipient_list (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  name text not null,
  description text,
  source text not null default 'csv',
  status text not null default 'ready',
  file_asset_id uuid,
  column_mapping jsonb not null default '{}',
  rows_read integer,
  rows_refused integer,
  tags text[] not null default '{}',
  is_imported boolean not null default false,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint recipient_list_pkey primary key (agency_id, id),
  constraint recipient_list_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint recipient_list_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint recipient_list_file_fkey foreign key (agency_id, file_asset_id)
    references public.asset (agency_id, id),
  constraint recipient_list_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint recipient_list_source_check check (source in ('csv', 'purchase', 'api', 'manual')),
  constraint recipient_list_status_check check (status in ('importing', 'ready', 'failed', 'archived'))
);
create index recipient_list_client_idx on public.recipient_list (agency_id, client_id);
create index recipient_list_file_idx on public.recipient_list (agency_id, file_asset_id);
create index recipient_list_created_by_idx on public.recipient_list (agency_id, created_by);
comment on table public.recipient_list is
  'One row a list of people to mail, from a CSV, an audience purchase or the API.';
call app.protect('recipient_list', 'client', app => 'mail');

create table public.recipient (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  recipient_list_id uuid,
  external_id text,
  first_name text,
  last_name text,
  company_name text,
  email text,
  phone text,
  address_line1 text,
  address_line2 text,
  city text,
  state text,
  postal_code text,
  country text not null default 'US',
  address_status text not null default 'unchecked',
  is_do_not_mail boolean not null default false,
  custom_fields jsonb not null default '{}',
  is_imported boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint recipient_pkey primary key (agency_id, id),
  constraint recipient_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint recipient_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint recipient_list_fkey foreign key (agency_id, recipient_list_id)
    references public.recipient_list (agency_id, id) on delete cascade,
  constraint recipient_list_check check (is_imported or recipient_list_id is not null),
  constraint recipient_address_status_check
    check (address_status in ('unchecked', 'deliverable', 'corrected', 'undeliverable', 'moved'))
);
create index recipient_client_idx on public.recipient (agency_id, client_id);
create index recipient_list_idx on public.recipient (agency_id, recipient_list_id);
create index recipient_email_idx on public.recipient (agency_id, lower(email)) where email is not null;
create index recipient_external_idx on public.recipient (agency_id, external_id) where external_id is not null;
comment on table public.recipient is 'One row a person or household on a list, with the values that personalise its piece.';
call app.protect('recipient', 'client', app => 'mail', high_volume => true);

create table public.contact_purchase (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  audience_filter_id uuid,
  recipient_list_id uuid,
  provider text not null default 'data_axle',
  provider_order_id text,
  contacts_requested integer not null,
  contacts_received integer,
  unit_price_cents numeric(12, 4) not null default 0,
  total_cents bigint not null default 0,
  currency text not null default 'USD',
  status text not null default 'pending',
  filters_snapshot jsonb not null default '{}',
  failure_reason text,
  purchased_by uuid,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contact_purchase_pkey primary key (agency_id, id),
  constraint contact_purchase_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint contact_purchase_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id),
  constraint contact_purchase_audience_filter_fkey foreign key (agency_id, audience_filter_id)
    references public.audience_filter (agency_id, id),
  constraint contact_purchase_recipient_list_fkey foreign key (agency_id, recipient_list_id)
    references public.recipient_list (agency_id, id),
  constraint contact_purchase_purchased_by_fkey foreign key (purchased_by) references public."user" (id),
  constraint contact_purchase_provider_order_key unique (agency_id, provider, provider_order_id),
  constraint contact_purchase_status_check
    check (status in ('pending', 'processing', 'completed', 'failed', 'refunded')),
  constraint contact_purchase_requested_check check (contacts_requested > 0),
  constraint contact_purchase_total_check check (total_cents >= 0)
);
create index contact_purchase_client_idx on public.contact_purchase (agency_id, client_id);
create index contact_purchase_audience_filter_idx on public.contact_purchase (agency_id, audience_filter_id);
create index contact_purchase_recipient_list_idx on public.contact_purchase (agency_id, recipient_list_id);
create index contact_purchase_purchased_by_idx on public.contact_purchase (agency_id, purchased_by);
comment on table public.contact_purchase is
  'One row an order of contacts: what was asked, what came, what it cost, which list it filled.';
call app.protect('contact_purchase', 'client', app => 'mail', writes => '{insert,update}');

create table public.mail_campaign (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  design_template_id uuid,
  recipient_list_id uuid,
  name text not null,
  description text,
  message text,
  company_name text,
  status text not null default 'draft',
  design_snapshot jsonb,
  variable_mappings_snapshot jsonb,
  format text,
  code_kind text not null default 'opaque',
  return_address jsonb,
  total_recipients integer not null default 0,
  budget_cents bigint,
  is_imported boolean not null default false,
  scheduled_for timestamptz,
  mailed_at timestamptz,
  completed_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint mail_campaign_pkey primary key (agency_id, id),
  constraint mail_campaign_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint mail_campaign_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint mail_campaign_design_template_fkey foreign key (agency_id, design_template_id)
    references public.design_template (agency_id, id),
  constraint mail_campaign_recipient_list_fkey foreign key (agency_id, recipient_list_id)
    references public.recipient_list (agency_id, id),
  constraint mail_campaign_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint mail_campaign_name_check check (name <> ''),
  constraint mail_campaign_template_check check (is_imported or design_template_id is not null),
  constraint mail_campaign_list_check check (is_imported or recipient_list_id is not null),
  constraint mail_campaign_snapshot_check
    check (is_imported or (design_snapshot is not null and variable_mappings_snapshot is not null)),
  constraint mail_campaign_status_check check (status in (
    'draft', 'scheduled', 'rendering', 'ready', 'printing', 'active', 'paused', 'completed', 'failed', 'cancelled')),
  constraint mail_campaign_code_kind_check check (code_kind in ('opaque', 'signed', 'encrypted')),
  constraint mail_campaign_total_check check (total_recipients >= 0),
  constraint mail_campaign_budget_check check (budget_cents >= 0)
);
create index mail_campaign_client_idx on public.mail_campaign (agency_id, client_id);
create index mail_campaign_design_template_idx on public.mail_campaign (agency_id, design_template_id);
create index mail_campaign_recipient_list_idx on public.mail_campaign (agency_id, recipient_list_id);
create index mail_campaign_created_by_idx on public.mail_campaign (agency_id, created_by);
create index mail_campaign_status_idx on public.mail_campaign (agency_id, status);
comment on table public.mail_campaign is
  'One row a mailing: its design and variables are frozen at creation. A campaign of RevOS is another thing.';
comment on column public.mail_campaign.message is 'Text of the legacy app, printed on the piece; new campaigns have it in the design.';
call app.protect('mail_campaign', 'client', app => 'mail');

create table public.print_file (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  mail_campaign_id uuid not null,
  asset_id uuid,
  part integer not null default 1,
  first_page integer not null,
  last_page integer not null,
  format text not null,
  pdf_standard text not null default 'pdf_x_4',
  status text not null default 'rendering',
  manifest jsonb not null default '{}',
  sha256 bytea,
  failure_reason text,
  rendered_at timestamptz,
  downloaded_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint print_file_pkey primary key (agency_id, id),
  constraint print_file_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint print_file_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint print_file_mail_campaign_fkey foreign key (agency_id, mail_campaign_id)
    references public.mail_campaign (agency_id, id) on delete cascade,
  constraint print_file_asset_fkey foreign key (agency_id, asset_id) references public.asset (agency_id, id),
  constraint print_file_part_key unique (agency_id, mail_campaign_id, part),
  constraint print_file_pages_check check (first_page >= 1 and last_page >= first_page),
  constraint print_file_pdf_standard_check check (pdf_standard in ('pdf_x_1a', 'pdf_x_4', 'proof')),
  constraint print_file_status_check check (status in ('rendering', 'ready', 'sent', 'failed', 'superseded')),
  constraint print_file_sha256_check check (octet_length(sha256) = 32)
);
create index print_file_client_idx on public.print_file (agency_id, client_id);
create index print_file_asset_idx on public.print_file (agency_id, asset_id);
comment on table public.print_file is
  'One row a PDF for the printer: its pages, and a manifest with the hash of every page.';
call app.protect('print_file', 'client', app => 'mail');

create table public.mail_piece (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  mail_campaign_id uuid not null,
  recipient_id uuid,
  print_file_id uuid,
  tracking_code text not null,
  code_kind text not null default 'opaque',
  code_key_id text,
  page_index integer,
  variables jsonb not null default '{}',
  target_url text,
  status text not null default 'pending',
  provider_piece_id text,
  sent_at timestamptz,
  delivered_at timestamptz,
  returned_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint mail_piece_pkey primary key (agency_id, id),
  constraint mail_piece_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint mail_piece_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint mail_piece_mail_campaign_fkey foreign key (agency_id, mail_campaign_id)
    references public.mail_campaign (agency_id, id) on delete cascade,
  constraint mail_piece_recipient_fkey foreign key (agency_id, recipient_id)
    references public.recipient (agency_id, id),
  constraint mail_piece_print_file_fkey foreign key (agency_id, print_file_id)
    references public.print_file (agency_id, id),
  constraint mail_piece_tracking_code_key unique (agency_id, tracking_code),
  constraint mail_piece_tracking_code_check check (tracking_code <> ''),
  constraint mail_piece_code_kind_check check (code_kind in ('opaque', 'signed', 'encrypted', 'legacy')),
  constraint mail_piece_page_index_check check (page_index >= 0),
  constraint mail_piece_status_check check (status in (
    'pending', 'rendered', 'printed', 'sent', 'delivered', 'returned', 'failed', 'cancelled'))
);
create index mail_piece_client_idx on public.mail_piece (agency_id, client_id);
create index mail_piece_mail_campaign_idx on public.mail_piece (agency_id, mail_campaign_id);
create index mail_piece_recipient_idx on public.mail_piece (agency_id, recipient_id);
create index mail_piece_print_file_idx on public.mail_piece (agency_id, print_file_id, page_index);
comment on table public.mail_piece is
  'One row a printed piece for one recipient. Its tracking code is found across agencies by app.token_route.';
comment on column public.mail_piece.recipient_id is 'Null once the person was erased: the piece still counts.';
call app.protect('mail_piece', 'client', app => 'mail', high_volume => true);

create table public.landing_page (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  mail_campaign_id uuid,
  mail_piece_id uuid,
  tracking_code text,
  slug text not null,
  title text,
  template text not null default 'standard',
  config jsonb not null default '{}',
  url text,
  is_active boolean not null default true,
  published_at timestamptz,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint landing_page_pkey primary key (agency_id, id),
  constraint landing_page_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint landing_page_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint landing_page_mail_campaign_fkey foreign key (agency_id, mail_campaign_id)
    references public.mail_campaign (agency_id, id) on delete cascade,
  constraint landing_page_mail_piece_fkey foreign key (agency_id, mail_piece_id)
    references public.mail_piece (agency_id, id) on delete cascade,
  constraint landing_page_slug_check check (slug <> ''),
  constraint landing_page_config_check check (jsonb_typeof(config) = 'object')
);
create unique index landing_page_campaign_slug_key on public.landing_page (agency_id, mail_campaign_id, slug)
  where mail_piece_id is null and tracking_code is null;
create unique index landing_page_piece_key on public.landing_page (agency_id, mail_piece_id)
  where mail_piece_id is not null;
create index landing_page_client_idx on public.landing_page (agency_id, client_id);
create index landing_page_mail_campaign_idx on public.landing_page (agency_id, mail_campaign_id);
create index landing_page_mail_piece_idx on public.landing_page (agency_id, mail_piece_id);
create index landing_page_tracking_code_idx on public.landing_page (agency_id, tracking_code);
comment on table public.landing_page is
  'One row a page that a code leads to: the template of a campaign, or (with a piece) one person''s own page.';
call app.protect('landing_page', 'client', app => 'mail');

create table public.tracking_event (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  mail_campaign_id uuid not null,
  mail_piece_id uuid,
  landing_page_id uuid,
  tracking_code text not null,
  event_type text not null,
  event_data jsonb,
  visitor_id text,
  url text,
  referrer text,
  ip_address text,
  user_agent text,
  device text,
  country text,
  is_bot boolean not null default false,
  created_at timestamptz not null default now(),
  constraint tracking_event_pkey primary key (agency_id, id),
  constraint tracking_event_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint tracking_event_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint tracking_event_mail_campaign_fkey foreign key (agency_id, mail_campaign_id)
    references public.mail_campaign (agency_id, id) on delete cascade,
  constraint tracking_event_mail_piece_fkey foreign key (agency_id, mail_piece_id)
    references public.mail_piece (agency_id, id) on delete cascade,
  constraint tracking_event_landing_page_fkey foreign key (agency_id, landing_page_id)
    references public.landing_page (agency_id, id) on delete cascade,
  constraint tracking_event_event_type_check check (length(event_type) between 1 and 64)
) partition by range (id);
create index tracking_event_client_idx on public.tracking_event (agency_id, client_id);
create index tracking_event_mail_campaign_idx on public.tracking_event (agency_id, mail_campaign_id, event_type);
create index tracking_event_mail_piece_idx on public.tracking_event (agency_id, mail_piece_id);
create index tracking_event_landing_page_idx on public.tracking_event (agency_id, landing_page_id);
create index tracking_event_tracking_code_idx on public.tracking_event (agency_id, tracking_code);
comment on table public.tracking_event is
  'One row a scan, view, click or form event of a piece. The list of types is open: qr_scan, page_view, button_click, form_view, form_submit and what pages add.';
comment on column public.tracking_event.ip_address is 'As received: proxies and old data write things that are no address.';
call app.protect('tracking_event', 'client', app => 'mail', high_volume => true, writes => '{}');
insert into app.partition_policy (table_name, period) values ('tracking_event', 'month');

create table public.conversion (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  mail_campaign_id uuid not null,
  mail_piece_id uuid,
  tracking_code text not null,
  conversion_type text not null,
  conversion_value numeric(12, 2),
  currency text not null default 'USD',
  conversion_data jsonb,
  first_touch_event_id uuid,
  external_id text,
  created_at timestamptz not null default now(),
  constraint conversion_pkey primary key (agency_id, id),
  constraint conversion_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint conversion_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id) on delete cascade,
  constraint conversion_mail_campaign_fkey foreign key (agency_id, mail_campaign_id)
    references public.mail_campaign (agency_id, id) on delete cascade,
  constraint conversion_mail_piece_fkey foreign key (agency_id, mail_piece_id)
    references public.mail_piece (agency_id, id) on delete cascade,
  constraint conversion_conversion_type_check check (length(conversion_type) between 1 and 64)
);
create unique index conversion_external_key on public.conversion (agency_id, conversion_type, external_id)
  where external_id is not null;
create index conversion_client_idx on public.conversion (agency_id, client_id);
create index conversion_mail_campaign_idx on public.conversion (agency_id, mail_campaign_id);
create index conversion_mail_piece_idx on public.conversion (agency_id, mail_piece_id);
create index conversion_tracking_code_idx on public.conversion (agency_id, tracking_code);
comment on table public.conversion is 'One row a result of a piece: form, call, appointment, purchase; with its value.';
comment on column public.conversion.first_touch_event_id is
  'The tracking_event that began it. No foreign key: events are partitioned, and nothing needs one.';
call app.protect('conversion', 'client', app => 'mail', high_volume => true, writes => '{}');

create table public.credit_transaction (
  agency_id uuid not null,
  id uuid not null default app.uuid7(),
  client_id uuid,
  kind text not null,
  credits integer not null,
  amount_cents bigint,
  currency text not null default 'USD',
  contact_purchase_id uuid,
  mail_campaign_id uuid,
  external_reference text,
  idempotency_key text,
  description text not null default '',
  created_by uuid,
  created_at timestamptz not null default now(),
  constraint credit_transaction_pkey primary key (agency_id, id),
  constraint credit_transaction_agency_fkey foreign key (agency_id) references public.agency (id),
  constraint credit_transaction_client_fkey foreign key (agency_id, client_id)
    references public.client (agency_id, id),
  constraint credit_transaction_contact_purchase_fkey foreign key (agency_id, contact_purchase_id)
    references public.contact_purchase (agency_id, id),
  constraint credit_transaction_mail_campaign_fkey foreign key (agency_id, mail_campaign_id)
    references public.mail_campaign (agency_id, id),
  constraint credit_transaction_created_by_fkey foreign key (created_by) references public."user" (id),
  constraint credit_transaction_idempotency_key unique (agency_id, idempotency_key),
  constraint credit_transaction_kind_check
    check (kind in ('purchase', 'grant', 'spend', 'refund', 'expiry', 'adjustment')),
  constraint credit_transaction_sign_check check (
    case kind when 'spend' then credits < 0 when 'expiry' then credits < 0
              when 'adjustment' then credits <> 0 else credits > 0 end)
);
create index credit_transaction_client_idx on public.credit_transaction (agency_id, client_id);
create index credit_transaction_contact_purchase_idx on public.credit_transaction (agency_id, contact_purchase_id);
create index credit_transaction_mail_campaign_idx on public.credit_transaction (agency_id, mail_campaign_id);
create index credit_transaction_created_by_idx on public.credit_transaction (agency_id, created_by);
comment on table public.credit_transaction is
  'One row a movement of credits, never changed; the balance is the sum.';
call app.protect('credit_transaction', 'client', app => 'mail', writes => '{}');

create table public.pricing_tier (
  id uuid not null default app.uuid7(),
  name text not null,
  product text not null default 'contact',
  contacts_min integer not null,
  contacts_max integer,
  unit_price_cents numeric(12, 4) not null,
  currency text not null default 'USD',
  subscription_tier text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pricing_tier_pkey primary key (id),
  constraint pricing_tier_start_key unique nulls not distinct (product, currency, subscription_tier, contacts_min),
  constraint pricing_tier_product_check check (product in ('contact', 'piece', 'credit')),
  constraint pricing_tier_range_check
    check (contacts_min >= 0 and (contacts_max is null or contacts_max >= contacts_min)),
  constraint pricing_tier_unit_price_check check (unit_price_cents >= 0)
);
comment on table public.pricing_tier is 'One row a price: what one contact or piece costs from this quantity on.';
call app.protect_global('pricing_tier');

select app.ensure_partitions();
