"""Ways to break each rule about what exists, keys, types and partitions, as SQL."""

from __future__ import annotations

from tests.checks.fault import Fault

_BARE = "agency_id uuid not null, id uuid not null default app.uuid7()"

TABLES = (
    # existence
    Fault("missing-object", "drop table public.campaign cascade", "campaign", "is missing"),
    Fault("missing-object", "drop view public.queue_job", "queue_job", "is missing"),
    Fault("missing-object", "drop function app.ensure_partitions", "app.ensure_partitions"),
    Fault(
        "missing-object",
        "drop table public.campaign cascade; "
        "delete from app.table_class where table_name = 'campaign'",
        "campaign",
        "is missing",
    ),
    Fault("plural-name", "create table public.campaigns (id uuid)", "campaigns"),
    Fault("plural-name", "create view public.agencies as select 1 as x", "agencies"),
    Fault("plural-name", "create table public.widgets (id uuid)", "widgets"),
    Fault("contamination", "create table public.outfit_history (id uuid)", "outfit_history"),
    Fault("contamination", "create table public.swatches (id uuid)", "swatches"),
    Fault("contamination", "create table public.swipe_cartridges (id uuid)", "swipe_cartridges"),
    Fault("contamination", "create table public.backup_lead (id uuid)", "backup_lead", "a backup"),
    Fault("contamination", "create table public.lead_backup (id uuid)", "lead_backup", "a backup"),
    Fault("contamination", "create table public.hgc_session (id uuid)", "hgc_session", "replaced"),
    # rule 1
    Fault("class-declared", "create table public.widget (id uuid)", "widget", "no row"),
    Fault("class-declared", "drop table public.alert cascade", "alert", "no such table"),
    Fault(
        "class-agrees",
        "update app.table_class set scope = 'agency' where table_name = 'lead'",
        "lead",
        "is declared TENANT agency revos; the data model says TENANT client revos",
    ),
    Fault(
        "class-agrees", "delete from app.table_class where table_name = 'lead'", "lead", "expected"
    ),
    Fault(
        "class-agrees",
        "insert into app.table_class (table_name, class, scope) "
        "values ('widget', 'TENANT', 'agency')",
        "widget",
        "not in the list",
    ),
    Fault(
        "class-matches-columns",
        "alter table public.task rename column client_id to customer_id",
        "task",
        "has no client_id",
    ),
    Fault(
        "class-matches-columns",
        "alter table public.task add app_context text",
        "task",
        "undeclared",
    ),
    # rules 2 and 3
    Fault(
        "global-tables",
        "update app.table_class set class = 'GLOBAL', scope = 'agency' where table_name = 'task'",
        "task",
        "not one of the six",
    ),
    Fault("global-tables", "drop policy agency_tenant on public.agency", "agency", "no policy"),
    Fault(
        "local-reference",
        "alter table app.job add constraint job_client_fkey foreign key (agency_id, client_id) "
        "references public.client (agency_id, id)",
        "app.job",
        "points to the TENANT table client",
    ),
    # rules 4 to 6
    Fault(
        "tenant-key",
        "alter table public.task drop constraint task_pkey cascade; "
        "alter table public.task alter agency_id drop not null",
        "task",
        "agency_id may be null",
    ),
    Fault("tenant-key", "alter table public.task alter id drop default", "task", "no default"),
    Fault(
        "tenant-key",
        "alter table public.task alter id set default gen_random_uuid()",
        "task",
        "instead of app.uuid7()",
    ),
    Fault(
        "tenant-key",
        "alter table public.task drop constraint task_pkey cascade",
        "task",
        "no primary key",
    ),
    Fault(
        "tenant-key",
        "alter table public.task drop constraint task_pkey cascade;"
        "alter table public.task add constraint task_pkey primary key (id, agency_id)",
        "task",
        "primary key (id, agency_id)",
    ),
    Fault(
        "unique-key",
        "alter table public.task add constraint task_title_key unique (title)",
        "task",
        "starts with title",
    ),
    Fault("unique-key", "create unique index on public.task (lower(title))", "task", "expression"),
    Fault("primary-key", "create table app.note (id uuid)", "app.note", "no primary key"),
    Fault("primary-key", "create unlogged table app.note (id uuid primary key)", "app.note"),
    Fault("agency-fixed", "grant update (agency_id) on public.task to authenticated", "task"),
    Fault("agency-fixed", "grant update on public.task to authenticated", "task", "UPDATE"),
    Fault("agency-fixed", "drop trigger task_rekey on public.task", "task", "no trigger"),
    Fault("agency-fixed", "alter table public.task disable trigger task_rekey", "task"),
    # rules 7 and 8
    Fault(
        "reference-shape",
        "create unique index widget on public.client (id);"
        "alter table public.task add constraint task_x_fkey foreign key (client_id) "
        "references public.client (id)",
        "task",
        "between TENANT tables",
    ),
    Fault(
        "reference-shape",
        "alter table public.post drop constraint post_campaign_fkey, add constraint "
        "post_campaign_fkey foreign key (agency_id, campaign_id) "
        "references public.campaign (agency_id, id)",
        "post",
        "between rows of clients",
    ),
    Fault(
        "reference-shape",
        'alter table public."user" add client_id uuid; alter table public."user" add constraint '
        "user_client_fkey foreign key (agency_id, client_id) "
        "references public.client (agency_id, id)",
        "user",
        "GLOBAL table cannot reference a TENANT",
    ),
    Fault(
        "reference-shape",
        "alter table public.task add constraint task_job_fkey foreign key (id) "
        "references app.job (id)",
        "task",
        "LOCAL",
    ),
    Fault(
        "delete-action",
        "alter table public.task add constraint task_x_fkey foreign key (agency_id, client_id) "
        "references public.client (agency_id, id) on delete set null (client_id)",
        "task",
        "SET NULL",
    ),
    Fault(
        "delete-action",
        "alter table public.task add constraint task_x_fkey foreign key (agency_id, client_id) "
        "references public.client (agency_id, id) on update cascade",
        "task",
    ),
    Fault(
        "named-constraint",
        "alter table public.task add check (title <> 'a'); "
        "alter table public.task add check (title <> 'b')",
        "task",
        "which the server named",
    ),
    Fault(
        "reference-index", "drop index public.alert_client_idx", "alert", "(agency_id, client_id)"
    ),
    Fault(
        "reference-index",
        "drop index public.alert_client_idx; create index on public.alert (agency_id, client_id) "
        "where title <> ''",
        "alert",
    ),
    # rules 22 to 25
    # The embedded server has no other extension than vector, so that one plays the part.
    Fault(
        "extension",
        "update pg_extension set extname = 'citext' where extname = 'vector'",
        "app.embedding",
        "needs the extension citext",
    ),
    Fault(
        "portable",
        "alter table public.task add x text generated always as (title) virtual",
        "task.x",
        "virtual generated column",
    ),
    Fault(
        "portable",
        "alter table public.task add constraint task_x_check check (title <> 'x') not enforced",
        "task",
        "which PostgreSQL 15 does not know",
    ),
    Fault("email-key", "drop index public.user_email_key", "user"),
    Fault("enumeration", "create type public.mood as enum ('good')", "public.mood"),
    Fault("timestamp", "alter table public.task add x timestamp", "task.x"),
    Fault("money", "alter table public.task add price double precision", "task.price"),
    Fault("money", "alter table public.task add total_amount numeric(10, 4)", "task.total_amount"),
    Fault("money", "alter table public.task add fee_cents numeric", "task.fee_cents"),
    Fault("money", "alter table public.task add ai_cost real", "task.ai_cost"),
    Fault("money", "alter table public.task add x money", "task.x"),
    Fault(
        "uuid7",
        "create or replace function app.uuid7() returns uuid language sql volatile parallel safe "
        "return gen_random_uuid()",
        "app.uuid7",
        "not version 7",
    ),
    Fault(
        "uuid7",
        "create or replace function app.uuid7_minted(at timestamptz, seed text) returns uuid "
        "language sql volatile strict parallel safe return app.uuid7()",
        "app.uuid7",
        "one version-7 id for one row",
    ),
    Fault(
        "partition-key",
        f"create table app.note ({_BARE}) partition by list (agency_id)",
        "app.note",
        "LIST (agency_id)",
    ),
    Fault(
        "partition-key",
        "create table public.dm_message_rest partition of public.dm_message default",
        "dm_message_rest",
        "DEFAULT",
    ),
    Fault(
        "partition-key",
        "create table public.dm_message_old partition of public.dm_message "
        "for values from ('00000000-0000-7000-8000-000000000000') "
        "to ('00000000-0000-7000-8000-000000000001')",
        "dm_message_old",
        "neither month nor week",
    ),
    Fault(
        "partition-policy",
        "delete from app.partition where table_name = 'dm_message'; "
        "delete from app.partition_policy where table_name = 'dm_message'",
        "dm_message",
        "has no row",
    ),
    Fault(
        "partition-policy",
        "insert into app.partition_policy (table_name, period) values ('task', 'month')",
        "task",
        "is not partitioned",
    ),
    # state
    Fault("migrations", "delete from app.migration where name like '0002%'", "0002_core.sql"),
    Fault(
        "migrations",
        "update app.migration set checksum = 'x' where name like '0002%'",
        "0002_core.sql",
        "edited",
    ),
    Fault(
        "migrations",
        "insert into app.migration (name, checksum, duration_ms, mainstem_version) "
        "values ('9999_later.sql', 'x', 1, '9')",
        "9999_later.sql",
        "no such file",
    ),
    Fault(
        "partitions-ahead",
        "do $$ begin execute (select format('drop table %s', max(inhrelid::regclass::text)) "
        "from pg_inherits where inhparent = 'public.dm_message'::regclass); end $$",
        "dm_message",
        "has no partition for the month from",
    ),
    Fault(
        "partitions-ahead",
        "update app.partition_policy set period = 'week' where table_name = 'dm_message'; "
        "do $$ begin execute (select format('drop table %s', min(inhrelid::regclass::text)) "
        "from pg_inherits where inhparent = 'public.dm_message'::regclass); end $$",
        "dm_message",
        "has no partition for the week from",
    ),
    Fault(
        "partitions-expired",
        "select app.ensure_partitions('2020-01-15', '2020-01-16', 'webhook_log'); "
        "update app.partition set holds_imported = false",
        "webhook_log_2020_",
        "is past the retention",
    ),
    Fault(
        "unfinished-index",
        "alter table public.task add constraint task_x_check check (title <> 'x') not valid",
        "task",
        "never validated",
    ),
    Fault(
        "unfinished-index",
        "update pg_index set indisvalid = false "
        "where indexrelid = 'public.task_client_idx'::regclass",
        "task",
        "invalid index",
    ),
)
