"""Leaks planted on a table each, so that one run of the probe must find them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from mainstem.checks import run_checks
from mainstem.checks.probe import probe
from mainstem.checks.session import Session
from mainstem.errors import ServerError
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks import Finding


class Leak(NamedTuple):
    table: str
    plant: str
    checks: frozenset[str]


def _policy(table: str, using: str, check: str | None = None, *, tail: str = "") -> str:
    return (
        f'drop policy {table}_tenant on public."{table}"; '
        f'create policy {table}_tenant on public."{table}" using ({using}) '
        f"with check ({check or using}) {tail};"
    )


REVOS = "agency_id = app.agency_in('revos') and app.sees_client(client_id)"
READ, CHANGE, INSERT, MOVE, CLAIMS = (
    f"isolation-{name}" for name in ("read", "change", "insert", "move", "claims")
)
APP, CLIENT, USER, OWN, VIEW, CLOSED, EXERCISED = (
    f"isolation-{name}" for name in ("app", "client", "user", "own", "view", "closed", "exercised")
)

LEAKS = (
    Leak(
        "campaign",
        "alter table public.campaign disable row level security",
        frozenset({READ, CHANGE, INSERT, APP, CLIENT, CLAIMS}),
    ),
    Leak(
        "post",
        _policy("post", f"({REVOS}) or true"),
        frozenset({READ, CHANGE, INSERT, APP, CLIENT, CLAIMS}),
    ),
    Leak(
        "lead",
        _policy("lead", "agency_id = app.agency_in('revos')"),
        frozenset({CLIENT, CHANGE, INSERT}),
    ),
    Leak("pod", _policy("pod", REVOS, "agency_id is not null"), frozenset({INSERT, CLAIMS})),
    Leak(
        "pod_member",
        "drop trigger pod_member_rekey on public.pod_member;"
        "grant update on public.pod_member to authenticated;"
        + _policy("pod_member", REVOS, "true"),
        frozenset({MOVE, INSERT, CLAIMS}),
    ),
    Leak(
        "comment",
        _policy("comment", REVOS, "agency_id = app.agency_in('revos')"),
        frozenset({INSERT}),
    ),
    Leak(
        "mail_campaign",
        _policy("mail_campaign", "agency_id = app.agency_id() and app.sees_client(client_id)"),
        frozenset({APP, CHANGE, INSERT}),
    ),
    Leak(
        "chat_session",
        _policy("chat_session", "agency_id = app.agency_id() and app.in_app(app_context)"),
        frozenset({USER, CHANGE, INSERT}),
    ),
    Leak(
        "notification",
        _policy("notification", "agency_id = app.agency_id() and user_id = app.user_id()"),
        frozenset({APP, CHANGE, INSERT}),
    ),
    Leak("task", _policy("task", "false"), frozenset({OWN, EXERCISED})),
    Leak(
        "alert",
        _policy(
            "alert",
            "agency_id = coalesce(app.agency_in('audience'), agency_id) "
            "and app.sees_client(client_id)",
        ),
        frozenset({READ, APP, CLAIMS, CHANGE, INSERT}),
    ),
    Leak("document", "grant select on public.document to anon", frozenset()),
    Leak(
        "user",
        _policy("user", "true"),
        frozenset({READ, CLAIMS}),
    ),
    Leak("agency", _policy("agency", "true"), frozenset({READ, CLAIMS})),
    Leak(
        "pricing_tier",
        "drop policy pricing_tier_tenant on public.pricing_tier; "
        "create policy p on public.pricing_tier for select using (true)",
        frozenset({CLAIMS}),
    ),
    Leak(
        "permission",
        "drop policy permission_tenant on public.permission",
        frozenset({OWN}),
    ),
    Leak(
        "content_plan",
        "alter view public.content_plan set (security_invoker = false)",
        frozenset({VIEW, CLAIMS}),
    ),
    Leak(
        "queue_job",
        "alter view public.queue_job set (security_invoker = false)",
        frozenset({VIEW, CLAIMS}),
    ),
    Leak("app.credential", "grant select on app.credential to authenticated", frozenset({CLOSED})),
    Leak(
        "app.job",
        "drop policy job_tenant on app.job; "
        "create policy p on app.job using (true) with check (true)",
        frozenset({READ, CLAIMS, INSERT}),
    ),
    Leak(
        "peek",
        "create materialized view public.peek as select * from public.ticket; "
        "grant select on public.peek to authenticated",
        frozenset({CLOSED}),
    ),
    Leak(
        "communication",
        "alter table public.communication add constraint never check (false)",
        frozenset({EXERCISED}),
    ),
    Leak(
        "blind",
        "create view public.blind with (security_invoker = true) as "
        "select * from public.ticket where false; grant select on public.blind to authenticated",
        frozenset({EXERCISED}),
    ),
    Leak(
        "odd",
        "create view public.odd with (security_invoker = true) as select 1 as one; "
        "grant select on public.odd to authenticated",
        frozenset({EXERCISED}),
    ),
    Leak(
        "ad_performance",
        _policy(
            "ad_performance",
            "agency_id = app.agency_in('audience') and app.sees_client(client_id)",
            "false",
        ),
        frozenset({EXERCISED}),
    ),
)
# What rests on a table that leaks or cannot be filled.
FOLLOWING = frozenset({"campaign_overview", "chat_message", "document", "dm_message"})


@pytest.fixture(scope="module")
def leaking(_pooled_url: str) -> tuple[Finding, ...]:
    """What the probe finds in a database with all the leaks, which keeps nothing of the probe."""
    with connect(_pooled_url) as connection:
        for leak in LEAKS:
            connection.execute(leak.plant.encode())
        partition = connection.execute(
            "select min(inhrelid::regclass::text) from pg_inherits "
            "where inhparent = 'public.tracking_event'::regclass"
        ).fetchone()
        assert partition is not None
        connection.execute(f"grant select on {partition[0]} to authenticated")
        report = run_checks(connection, only=["isolation"])
        _require_untouched(connection)
        connection.rollback()
    return report.findings


def _require_untouched(connection: psycopg.Connection[TupleRow]) -> None:
    for table in ('public."user"', "public.lead", "public.audit_log", "app.job"):
        found = connection.execute(f"select count(*) from {table}").fetchone()
        assert found == (0,), table
    settings = connection.execute(
        "select current_user = session_user, current_setting('request.jwt.claims', true), "
        "current_setting('plan_cache_mode'), "
        "(select count(*) from pg_prepared_statements where from_sql)"
    ).fetchone()
    assert settings is not None
    assert settings[0] is True
    assert not settings[1]
    assert settings[2:] == ("auto", 0)


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.table)
def test_a_planted_leak_is_found(leak: Leak, leaking: tuple[Finding, ...]) -> None:
    found = {finding.check for finding in leaking if finding.object == leak.table}
    assert found >= leak.checks, found


def test_a_granted_partition_is_found(leaking: tuple[Finding, ...]) -> None:
    found = {f.check for f in leaking if f.object.startswith("tracking_event_2")}
    assert found == {CLOSED}


def test_tables_without_a_leak_are_not_accused(leaking: tuple[Finding, ...]) -> None:
    planted = {leak.table for leak in LEAKS}
    others = {
        f"{finding.object}: {finding.message}"
        for finding in leaking
        if finding.object not in planted | FOLLOWING
        and not finding.object.startswith("tracking_event_2")
    }
    assert not others


#: the tables that are tried, with all that they point to: one of each kind shows what a helper does
KEEP = """
with recursive kept (relation) as (
  select to_regclass(name)::oid from unnest(%s::text[]) as name
  union
  select k.confrelid from pg_constraint as k join kept on kept.relation = k.conrelid
  where k.contype = 'f'
)
delete from app.table_class as t
where to_regclass(format('%%I.%%I', t.schema_name, t.table_name)) not in (
  select relation from kept)
"""


def test_helpers_that_answer_too_kindly_are_found(
    connection: psycopg.Connection[TupleRow],
) -> None:
    connection.execute(
        "create or replace function app.sees_client(client_id uuid) returns boolean "
        "language sql stable parallel safe return true;"
        "create or replace function app.in_app(context text) returns boolean "
        "language sql stable parallel safe return true;"
        "create or replace function app.agency_in(context text) returns uuid "
        "language sql stable parallel safe return app.agency_id()"
    )
    shown = [
        "lead",
        "client",
        "chat_session",
        "mail_piece",
        "notification",
        "tracking_event",
        "app.job",
    ]
    connection.execute(KEEP, (shown,))
    report = run_checks(connection, only=["isolation"])
    found = {(finding.check, finding.object) for finding in report.findings}
    assert {
        (CLIENT, "lead"),
        (CLIENT, "client"),
        (APP, "lead"),
        (APP, "chat_session"),
        (APP, "mail_piece"),
    } <= found
    assert not {check for check, _ in found} & {READ, CLAIMS, USER, CLOSED}


def test_a_helper_that_takes_empty_claims_for_all_is_found(
    connection: psycopg.Connection[TupleRow],
) -> None:
    connection.execute(
        "create or replace function app.sees_client(client_id uuid) returns boolean "
        "language sql stable parallel safe return "
        "coalesce(nullif(current_setting('app.client_ids', true), ''), '*') "
        "in ('*', '{' || client_id || '}') "
        "or client_id is null and app.claims() ->> 'user_role' <> 'client'"
    )
    connection.execute(KEEP, (["campaign"],))
    report = run_checks(connection, only=["isolation-client"])
    assert "by claims alone" in report.findings[0].message


def test_a_role_that_obeys_row_security_is_refused(
    connection: psycopg.Connection[TupleRow],
) -> None:
    session = Session(connection)
    session.prepare()
    connection.execute("set local role authenticated")
    with pytest.raises(ServerError, match=r"needs a role with BYPASSRLS .* connect as"):
        probe(connection)
