"""A second database beside PostgreSQL: its tables, their owners, and joins that cannot be."""

from __future__ import annotations

import pytest
from tests.unify.audit.building import (
    code,
    declared,
    found_by,
    replay,
    table,
    tables_found,
    use,
)

from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject
from mainstem.unify.code.model import CodeReading, Engine, Operation, Via

SQLITE = Engine.SQLITE
CHECKS = (
    "second-database",
    "table-in-both",
    "table-without-tenant-key-there",
    "join-across-databases",
)
BUILT = replay(
    table("organization"),
    table(
        "template",
        "id uuid not null",
        "organization_id uuid",
        keys={"organization_id": "organization"},
    ),
    table(
        "recipient",
        *("id uuid not null", "organization_id uuid", "full_name text", "mailing_id uuid"),
        keys={"organization_id": "organization"},
    ),
)


def second(*read: object) -> CodeReading:
    """Code that makes tables in a file beside what it asks of PostgreSQL."""
    return code(
        use("template"),
        declared(
            "mailing", "id text", "template_id text", place="lib/db.ts:3", engine=SQLITE, makes=True
        ),
        declared("recipients", "id text", "full_name text", place="lib/db.ts:9", engine=SQLITE),
        use("mailing", place="lib/db.ts:3", engine=SQLITE, operation=Operation.CREATE, via=Via.SQL),
        use("mailing", place="lib/send.ts:7", engine=SQLITE, via=Via.SQL),
        use("sqlite_master", place="lib/db.ts:30", engine=SQLITE, via=Via.SQL),
        *read,  # type: ignore[arg-type]
    )


def test_a_second_database_is_one_finding_with_tables_and_places() -> None:
    (found,) = found_by("second-database", Subject(replay=BUILT, code=second()))
    assert found.message == (
        "beside PostgreSQL the product keeps 2 tables in SQLite, in 3 places of 2 files: "
        "mailing and recipients"
    )
    assert [(one.file, one.line) for one in found.evidence] == [
        ("lib/db.ts", 3),
        ("lib/send.ts", 7),
        ("lib/db.ts", 9),
    ]


def test_another_engine_is_found_too() -> None:
    used = code(use("template"), use("visit", engine=Engine.OTHER, via=Via.SQL))
    (found,) = found_by("second-database", Subject(replay=BUILT, code=used))
    assert "1 table in another engine, in 1 place of 1 file: visit" in found.message


def test_a_table_in_both_is_found_in_either_number() -> None:
    (found,) = found_by("table-in-both", Subject(replay=BUILT, code=second()))
    assert found.table == "recipients"
    assert found.message == (
        "recipients is in SQLite and in PostgreSQL as recipient; 2 of its 2 columns are in both"
    )


def test_a_table_in_both_is_found_without_a_catalog() -> None:
    both = code(use("event"), use("event", engine=SQLITE, via=Via.SQL, place="b.ts:2"))
    assert tables_found("table-in-both", Subject(code=both)) == ["event"]


def test_tables_without_the_tenants_key_are_found() -> None:
    subject = Subject(replay=BUILT, code=second())
    first, other = found_by("table-without-tenant-key-there", subject)
    assert (first.table, other.table) == ("mailing", "recipients")
    assert "is in SQLite without organization_id, by which PostgreSQL tells tenants apart" in (
        first.message
    )


def test_a_table_that_has_the_key_or_leads_to_one_is_no_fault() -> None:
    owned = declared("folder", "id text", "organizationId text", engine=SQLITE)
    child = declared("page", "id text", "folder_id text", engine=SQLITE)
    subject = Subject(replay=BUILT, code=code(use("template"), owned, child))
    assert found_by("table-without-tenant-key-there", subject) == []


def test_keys_that_lead_into_the_other_database_are_found_both_ways() -> None:
    found = found_by("join-across-databases", Subject(replay=BUILT, code=second()))
    assert [(one.table, one.column) for one in found] == [
        ("mailing", "template_id"),
        ("recipient", "mailing_id"),
    ]
    assert found[0].message == (
        "mailing.template_id in SQLite leads to template, which is in PostgreSQL only: "
        "nothing can check or join it"
    )


def test_a_statement_that_names_tables_of_both_is_an_error() -> None:
    joined = (
        use("mailing", place="lib/report.ts:5", engine=SQLITE, via=Via.SQL),
        use("template", place="lib/report.ts:5", engine=SQLITE, via=Via.SQL),
    )
    found = found_by("join-across-databases", Subject(replay=BUILT, code=second(*joined)))
    assert tables_found("join-across-databases", Subject(replay=BUILT, code=second())) == [
        "mailing",
        "recipient",
    ]
    assert tables_found("table-in-both", Subject(replay=BUILT, code=second(*joined))) == [
        "recipients"
    ]
    assert [one.severity for one in found] == [None, None, Severity.ERROR]
    assert "names mailing of SQLite and template of PostgreSQL in one statement" in (
        found[-1].message
    )


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "subject",
    [
        Subject(replay=BUILT, code=code(use("template"))),
        Subject(code=code(declared("note", "id text", engine=SQLITE))),
        Subject(
            replay=BUILT,
            code=code(
                use("template"),
                declared("note", "template_id text", engine=SQLITE, is_test=True),
                use("template", engine=SQLITE, is_test=True),
            ),
        ),
        Subject(
            replay=BUILT,
            code=code(
                use("template"),
                declared("note", "template_id text", engine=SQLITE, place="scripts/x.ts:1"),
            ),
        ),
        Subject(
            replay=BUILT,
            code=code(
                use("template"),
                declared("note", "template_id text", engine=SQLITE, database=":memory:"),
            ),
        ),
        Subject(replay=BUILT),
    ],
    ids=["PostgreSQL only", "SQLite only", "tests only", "scripts only", "in memory", "no code"],
)
def test_one_database_is_no_split(check: str, subject: Subject) -> None:
    assert found_by(check, subject) == []
