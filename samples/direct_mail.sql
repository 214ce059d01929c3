-- The database of the legacy direct-mail app, as its start-up code makes it: keys of text and of
-- counting integers side by side, booleans as integers, JSON as text, dates as text or as epochs,
-- foreign keys declared and, since SQLite checks none by default, not always kept.
create table organizations (
    id text primary key,
    name text not null,
    slug text not null unique,
    plan text default 'starter',
    timezone text default 'UTC',
    settings text default '{}',
    created_at text not null default (datetime('now'))
);

create table users (
    id integer primary key autoincrement,
    organization_id text not null references organizations(id),
    email text not null unique collate nocase,
    first_name text,
    last_name text,
    password_hash text not null,
    reset_token text,
    role text not null default 'member',
    is_active integer not null default 1,
    last_login_at integer,
    created_at text not null default (datetime('now'))
);

create table sessions (
    sid text primary key,
    user_id integer not null references users(id) on delete cascade,
    session_data text not null,
    expires_at integer not null
) without rowid;

create table design_templates (
    id integer primary key autoincrement,
    organization_id text not null references organizations(id),
    name text not null,
    format text not null default 'postcard_4x6',
    canvas_json text not null,
    is_public integer default 0,
    created_at text not null default (datetime('now'))
);

create table recipient_lists (
    id integer primary key autoincrement,
    organization_id text not null references organizations(id),
    name text not null,
    source text not null default 'csv' check (source in ('csv', 'purchase', 'api')),
    created_at text not null default (datetime('now'))
);

create table campaigns (
    id text primary key,
    organization_id text references organizations(id),
    template_id integer references design_templates(id),
    recipient_list_id integer references recipient_lists(id),
    title text not null,
    message text not null,
    company_name text not null,
    status text not null default 'draft'
        check (status in ('draft', 'active', 'paused', 'completed')),
    total_recipients integer default 0,
    design_snapshot text,
    variable_mappings_snapshot text,
    scheduled_at integer,
    created_at text not null default (datetime('now'))
);

create table recipients (
    id integer primary key autoincrement,
    list_id integer not null references recipient_lists(id) on delete cascade,
    name text not null,
    lastname text,
    email text,
    phone text,
    address text,
    city text,
    state text,
    zip text,
    custom_fields text,
    created_at text not null default (datetime('now'))
);

create table campaign_recipients (
    id integer primary key autoincrement,
    campaign_id text not null references campaigns(id) on delete cascade,
    recipient_id integer not null references recipients(id),
    tracking_code text not null unique,
    personalized_canvas_json text,
    qr_code_url text,
    personalized_pdf_url text,
    status text not null default 'pending',
    sent_at text,
    created_at text not null default (datetime('now'))
);

create table events (
    id integer primary key autoincrement,
    campaign_id text not null references campaigns(id),
    tracking_code text not null references campaign_recipients(tracking_code),
    event_type text not null,
    event_data text,
    ip_address text,
    user_agent text,
    is_bot integer default 0,
    created_at text not null default (datetime('now'))
);

create table conversions (
    id text primary key,
    campaign_id text not null references campaigns(id),
    tracking_code text not null references campaign_recipients(tracking_code),
    conversion_type text not null,
    conversion_value real,
    conversion_data text,
    created_at text not null default (datetime('now'))
);

create table landing_pages (
    id text primary key,
    campaign_id text not null references campaigns(id),
    tracking_code text unique references campaign_recipients(tracking_code),
    slug text not null,
    page_data text not null,
    landing_page_url text,
    is_active integer not null default 1,
    created_at text not null default (datetime('now'))
);
