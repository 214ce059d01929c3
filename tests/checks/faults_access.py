"""Ways to break each rule about policies, grants, roles and functions, as SQL."""

from __future__ import annotations

from tests.checks.fault import Fault

_POLICY = "drop policy task_tenant on public.task; create policy p on public.task"
_TASK = "agency_id = app.agency_in('audience') and app.sees_client(client_id)"

ACCESS = (
    # rules 9 to 11
    Fault("row-security", "alter table public.task disable row level security", "task", "off"),
    Fault("row-security", "alter table public.task no force row level security", "task", "force"),
    Fault(
        "row-security", "alter table app.credential disable row level security", "app.credential"
    ),
    Fault("one-policy", "drop policy task_tenant on public.task", "task", "has no policy"),
    Fault(
        "one-policy",
        f"create policy p on public.task using ({_TASK}) with check ({_TASK})",
        "task",
        "2 policies",
    ),
    Fault(
        "one-policy",
        f"{_POLICY} using ({_TASK}) with check (agency_id = app.agency_in('audience'))",
        "task",
        "whose check differs",
    ),
    Fault("one-policy", f"{_POLICY} using ({_TASK})", "task", "whose check differs"),
    Fault(
        "one-policy",
        f"{_POLICY} to authenticated using ({_TASK}) with check ({_TASK})",
        "task",
        "for some roles only",
    ),
    Fault("one-policy", f"{_POLICY} for select using ({_TASK})", "task", "one command"),
    Fault(
        "one-policy",
        "create policy p on public.permission for insert with check (true)",
        "permission",
        "for writing",
    ),
    Fault(
        "policy-form",
        f"{_POLICY} using (agency_id = app.agency_in('audience'))",
        "task",
        "lacks the condition app.sees_client(client_id)",
    ),
    Fault(
        "policy-form",
        f"{_POLICY} using (agency_id = app.agency_in('mail') and app.sees_client(client_id))",
        "task",
        "lacks the condition agency_id = app.agency_in('audience')",
    ),
    Fault("policy-form", f"{_POLICY} using (({_TASK}) or true)", "task", "has an OR"),
    Fault(
        "policy-form",
        f"{_POLICY} using ({_TASK} and app.in_app('audience'))",
        "task",
        "does not start with a column",
    ),
    Fault("policy-form", f"{_POLICY} using (true)", "task", "lacks"),
    Fault(
        "policy-form",
        f"{_POLICY} using ({_TASK} and app.agency_id() = agency_id)",
        "task",
        "does not start with a column",
    ),
    Fault(
        "policy-form",
        "drop policy permission_tenant on public.permission;"
        "create policy p on public.permission for select using (true)",
        "permission",
        "lacks the condition",
    ),
    Fault(
        "policy-form",
        "drop policy job_tenant on app.job; "
        "create policy p on app.job using (agency_id = app.agency_id())",
        "app.job",
        "lacks the condition app.in_app(app_context)",
    ),
    Fault("no-restrictive", "create policy p on public.task as restrictive using (true)", "task"),
    Fault(
        "policy-query",
        f"{_POLICY} using ({_TASK} and client_id in (select id from public.client))",
        "task",
        "sub-select",
    ),
    Fault(
        "policy-query",
        "create function app.peek(uuid) returns boolean language sql stable parallel safe "
        "return exists (select from public.client); "
        f"{_POLICY} using ({_TASK} and app.peek(client_id))",
        "app.peek(uuid)",
        "reads public.client",
    ),
    Fault(
        "policy-query",
        "create function app.peek(uuid) returns boolean language plpgsql stable as "
        "'begin return exists (select from public.client); end'; "
        f"{_POLICY} using ({_TASK} and app.peek(client_id))",
        "app.peek(uuid)",
        "seems to read a table",
    ),
    # rules 14 to 16
    Fault(
        "partition-secured",
        "create table public.audit_log_1999_01 partition of public.audit_log "
        "for values from ('00000000-0000-7000-8000-000000000000') "
        "to ('00000000-0000-7000-8000-000000000001')",
        "audit_log_1999_01",
        "security off",
    ),
    Fault(
        "partition-secured",
        "do $$ begin execute (select format('grant select on %s to authenticated', "
        "inhrelid::regclass) "
        "from pg_inherits where inhparent = 'public.dm_message'::regclass limit 1); end $$",
        "dm_message",
        "grants SELECT to authenticated",
    ),
    Fault("view-invoker", "create view public.peek as select * from public.task", "peek"),
    Fault(
        "view-invoker", "alter view public.queue_job set (security_invoker = false)", "queue_job"
    ),
    Fault(
        "materialized-grant",
        "create materialized view public.peek as select * from public.task; "
        "grant select on public.peek to authenticated",
        "peek",
    ),
    Fault("excess-grant", "grant truncate on public.task to authenticated", "task", "TRUNCATE"),
    Fault("excess-grant", "grant select on public.task to anon", "task", "to anon"),
    Fault("excess-grant", "grant select (title) on public.task to public", "task", "to public"),
    Fault(
        "excess-grant",
        "grant select on app.credential to authenticated",
        "app.credential",
        "SELECT",
    ),
    Fault(
        "secret-column",
        "grant select on public.api_key to authenticated",
        "api_key.key_hash",
        "can be read by authenticated",
    ),
    Fault(
        "secret-column",
        "grant select (secret_encrypted) on public.webhook_config to anon",
        "webhook_config.secret_encrypted",
        "can be read by anon",
    ),
    Fault("schema-create", "grant create on schema public to public", "public", "anon"),
    Fault("schema-create", "grant create on schema app to authenticated", "app", "authenticated"),
    Fault("ledger-grant", "grant insert on public.audit_log to authenticated", "audit_log"),
    Fault(
        "ledger-grant",
        "grant update (reason) on public.suppression to authenticated",
        "suppression",
        "grants UPDATE (reason)",
    ),
    Fault("ledger-grant", 'grant update (role) on public."user" to authenticated', "user"),
    Fault("role", "alter role authenticated bypassrls", "authenticated", "BYPASSRLS"),
    Fault("role", "alter role service_role nobypassrls", "service_role", "lacks BYPASSRLS"),
    Fault("role", "grant service_role to authenticated", "authenticated", "is a member"),
    Fault("role", "alter table public.task owner to authenticated", "authenticated", "owns task"),
    # rules 17 to 19
    Fault(
        "function-schema",
        "create function public.peek() returns int language sql return 1",
        "public.peek()",
    ),
    Fault(
        "policy-function",
        "alter function app.sees_client(uuid) volatile",
        "app.sees_client(client_id uuid)",
        "is not stable",
    ),
    Fault(
        "policy-function",
        "alter function app.claims() set search_path = ''",
        "app.claims()",
        "SET clause",
    ),
    Fault(
        "policy-function", "alter function app.agency_id() parallel restricted", "app.agency_id()"
    ),
    Fault(
        "policy-function",
        "create or replace function app.user_id() returns uuid language plpgsql stable "
        "parallel safe as 'begin return (app.claims() ->> ''sub'')::uuid; end'",
        "app.user_id()",
        "is written in plpgsql",
    ),
    Fault(
        "search-path",
        "create function app.peek() returns int language plpgsql as 'begin return 1; end'",
        "app.peek()",
    ),
    Fault("search-path", "alter function app.audit() set search_path = public", "app.audit()"),
    Fault("search-path", "alter function app.audit() set search_path = ''", "app.audit()"),
    Fault(
        "definer-grant",
        "create function app.peek() returns bigint language sql security definer "
        "set search_path = '' as 'select count(*) from public.lead'",
        "app.peek()",
    ),
    Fault(
        "auth-untouched", "create schema if not exists auth; create table auth.x (id int)", "auth.x"
    ),
    Fault(
        "trigger-effect",
        "create function app.peek() returns trigger language plpgsql set search_path = '' as "
        "'begin raise notice ''%'', tg_table_name; return new; end'",
        "app.peek()",
        "reads TG_TABLE_NAME",
    ),
    Fault(
        "trigger-effect",
        "create function app.peek() returns trigger language plpgsql set search_path = '' as "
        "'begin perform pg_notify(''a'', ''b''); return new; end'",
        "app.peek()",
        "notifies",
    ),
    Fault(
        "trigger-effect",
        "create function app.peek() returns trigger language plpgsql set search_path = '' as "
        "'begin insert into app.job (queue, kind) values (''a'', ''b''); return new; end'",
        "app.peek()",
        "touches a LOCAL table",
    ),
    Fault("audit-trigger", "drop trigger task_audit_update on public.task", "task", "for update"),
    Fault(
        "audit-trigger",
        "create trigger x after insert on public.tracking_event referencing new table as new_rows "
        "for each statement execute function app.audit('tracking_event')",
        "tracking_event",
        "is of high volume",
    ),
    Fault(
        "audit-trigger",
        "create or replace trigger task_audit_insert after insert on public.task referencing "
        "new table as new_rows for each statement execute function app.audit('lead')",
        "task",
        "own name",
    ),
    Fault("audit-owner", "alter function app.audit() security invoker", "app.audit()"),
    Fault(
        "portable-routine",
        "create function app.peek() returns void language plpgsql set search_path = '' as "
        "'begin merge into public.task t using public.lead l on false "
        "when matched then do nothing; end'",
        "app.peek()",
        "MERGE",
    ),
    Fault(
        "portable-routine",
        "create function app.peek() returns void language plpgsql set search_path = '' as "
        "'begin update public.task set updated_at = clock_timestamp(); end'",
        "app.peek()",
        "volatile",
    ),
)
