"""Tables and partitions that are open, closed, or held in the wrong way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.checks.isolation import row_security_off
from mainstem.unify.audit.model import Severity, SourceKind
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import Creation, ObjectKind, Replay

if TYPE_CHECKING:
    from tests.unify.audit.checks.planting import Planted

NOTE = "create table note (id uuid primary key, agency_id uuid not null references agency (id));"
GUARDED = """
alter table note enable row level security;
create policy own on note using (agency_id = agency_id());
"""
EVENTS = """
create table event (agency_id uuid not null, day date not null) partition by range (day);
alter table event enable row level security;
create policy own on event using (agency_id = agency_id());
create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01');
"""


def test_row_security_off(isolation: Planted) -> None:
    (found,) = isolation.found("row-security-off", NOTE)

    assert found.table == "note"
    assert found.severity is Severity.ERROR
    assert "anon and authenticated may delete, insert, select and update" in found.message
    assert isolation.found("row-security-off", NOTE + GUARDED) == []


def test_row_security_off_is_a_note_where_nobody_may_reach_the_table(isolation: Planted) -> None:
    revoked = NOTE + "revoke all on note from anon, authenticated;"

    (found,) = isolation.found("row-security-off", revoked)

    assert found.severity is Severity.NOTE


def test_row_security_off_where_nobody_uses_it(isolation: Planted) -> None:
    plain = """drop table client, agency;
    create table team (id uuid primary key);
    create table note (id uuid primary key, team_id uuid references team (id));
    create table task (id uuid primary key, team_id uuid references team (id));
    create table country (code text primary key);
    revoke all on note, task, team, country from anon, authenticated;"""

    found = isolation.found("row-security-off", plain)

    assert [(one.table, one.severity) for one in found] == [
        (None, Severity.NOTE),
        ("note", Severity.WARNING),
        ("task", Severity.WARNING),
    ]
    assert found[0].message.endswith("2 tables without a tenant's key: country and team")


def test_policies_without_row_security(isolation: Planted) -> None:
    sleeping = NOTE + "create policy own on note using (agency_id = agency_id());"

    (found,) = isolation.found("policies-without-row-security", sleeping)

    assert (found.table, found.severity) == ("note", None)
    assert isolation.found("row-security-off", sleeping) == []
    assert isolation.found("policies-without-row-security", NOTE + GUARDED) == []


def test_row_security_without_policy(isolation: Planted) -> None:
    closed = NOTE + "alter table note enable row level security;"
    restrictive = closed + "create policy no on note as restrictive using (true);"

    assert len(isolation.found("row-security-without-policy", closed)) == 1
    assert "but a restrictive one" in isolation.told("row-security-without-policy", restrictive)[0]
    revoked = closed + "revoke all on note from anon, authenticated;"
    assert isolation.found("row-security-without-policy", revoked) == []
    assert isolation.found("row-security-without-policy", NOTE + GUARDED) == []


def test_row_security_not_forced(isolation: Planted) -> None:
    forced = "alter table agency force row level security; alter table client {};"

    (found,) = isolation.found("row-security-not-forced", NOTE + GUARDED)

    assert found.severity is Severity.NOTE
    assert "owner of 3 tables: agency, client and note" in found.message
    clean = forced.format("force row level security")
    assert isolation.found("row-security-not-forced", clean) == []


def test_row_security_not_forced_is_a_warning_where_no_platform_connects(
    isolation: Planted,
) -> None:
    plain = "revoke all on agency, client from anon, authenticated;"

    found = isolation.found("row-security-not-forced", plain)

    assert [(one.table, one.severity) for one in found] == [("agency", None), ("client", None)]


def test_partition_without_row_security(isolation: Planted) -> None:
    enabled = EVENTS + "alter table event_2024 enable row level security;"
    revoked = EVENTS + "revoke all on event_2024 from anon, authenticated;"

    (found,) = isolation.found("partition-without-row-security", EVENTS)

    assert (found.table, found.severity) == ("event_2024", None)
    (less,) = isolation.found("partition-without-row-security", revoked)
    assert less.severity is Severity.WARNING
    assert isolation.found("partition-without-row-security", enabled) == []


def test_grant_to_anon(isolation: Planted) -> None:
    read_only = NOTE + "revoke insert, update, delete on note from anon;"

    (found,) = isolation.found("grant-to-anon", NOTE)

    assert found.message == "anon may delete, insert and update in note, and no policy holds it"
    assert isolation.found("grant-to-anon", read_only) == []
    assert isolation.found("grant-to-anon", NOTE + GUARDED) == []


def test_grant_to_anon_on_a_view_that_writes_as_its_owner(isolation: Planted) -> None:
    view = "create view names {} as select agency_id, id, name from client;"

    found = isolation.found("grant-to-anon", view.format(""))

    assert [one.table for one in found] == ["names"]
    assert isolation.found("grant-to-anon", view.format("with (security_invoker = on)")) == []
    for query in (
        "select count(id) from (select id from client limit 1) as one",
        "select count(*) from client",
        "select name from client group by name",
        "select id, row_number() over () from client",
        "select a.id from client as a join client as b using (id)",
    ):
        assert isolation.found("grant-to-anon", f"create view names as {query};") == [], query


def test_the_same_fault_in_migrations_and_database_is_one_finding(isolation: Planted) -> None:
    database = isolation.database(NOTE)
    replay = Replay(
        folder="migrations",
        files=(),
        database=isolation.database(NOTE),
        creations=(
            Creation(ObjectKind.TABLE, ObjectName("public", "note"), "001_note.sql", 7),
            Creation(ObjectKind.TABLE, ObjectName("public", "other"), "001_note.sql", 9),
        ),
        failed=(),
        missing_parents=(),
        stood_in=(),
        second_run=(),
        order="by name",
    )

    (found,) = row_security_off.find(Subject(replay=replay, databases=(database,)))

    assert [(one.source, one.file, one.line) for one in found.evidence] == [
        (SourceKind.MIGRATIONS, "001_note.sql", 7),
        (SourceKind.DATABASE, None, None),
    ]
    assert found.evidence[1].text.startswith("planted: note: row-level security off")
