"""Migrations that come too late, fail, or cannot run twice."""

from __future__ import annotations

from dataclasses import replace

from tests.unify.audit.building import created, failed, found_by, missing_parent, replay, table

from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import Failure, ObjectKind

FILES = [
    "supabase/migrations/202511251400_social.sql",
    "supabase/migrations/202511261530_jobs.sql",
    "supabase/migrations/202511290000_people.sql",
]


def late(line: int) -> object:
    return failed(
        "create table account (person_id uuid references person)",
        Failure.CREATED_LATER,
        place=f"{FILES[0]}:{line}",
        needs="person",
        created_at=f"{FILES[2]}:5",
        is_recovered=True,
    )


def test_an_object_that_comes_too_late_is_one_finding_with_a_new_name() -> None:
    built = replay(
        table("account"),
        files=FILES,
        creations=[created("account", f"{FILES[0]}:3")],
        failures=[late(3), late(9)],  # type: ignore[list-item]
    )
    (found,) = found_by("first-use-before-creation", Subject(replay=built))
    assert found.table == "person"
    assert found.message == (
        f"table person is created in {FILES[2]}:5, after 2 statements of 1 file that need it, "
        f"first {FILES[0]}:3; so account cannot be made in order"
    )
    assert found.fix is not None
    assert found.fix.startswith(f"rename {FILES[2]} to supabase/migrations/202511251359_people.sql")
    assert found_by("migration-fails", Subject(replay=built)) == []


def test_an_object_that_comes_late_in_its_own_file_is_moved_up() -> None:
    statement = failed(
        "select early()",
        Failure.CREATED_LATER,
        place="m/1.sql:2",
        needs="early",
        kind=ObjectKind.FUNCTION,
        created_at="m/1.sql:8",
    )
    built = replay(table("post"), failures=[statement])
    (found,) = found_by("first-use-before-creation", Subject(replay=built))
    assert found.fix == "move the statement in m/1.sql:8 up, before m/1.sql:2"
    assert found.table is None


def test_statements_that_fail_for_one_cause_are_one_finding() -> None:
    failures = [
        failed(f"create policy p{n} on x", Failure.NEVER_CREATED, place=f"m/{n}.sql:1", needs="x")
        for n in (1, 2)
    ]
    broken = failed("creat table y", Failure.INVALID_SQL, place="m/3.sql:4", message="syntax error")
    behind = failed("select 1", Failure.TRANSACTION_ABORTED, place="m/3.sql:5")
    built = replay(table("post"), failures=[*failures, broken, behind])
    one, other = found_by("migration-fails", Subject(replay=built))
    assert one.table == "x"
    assert "2 statements of migrations, first m/1.sql:1: needs an object that nothing creates" in (
        one.message
    )
    assert other.message == ("m/3.sql:4: is not valid SQL: syntax error; 1 statement fell with it")


def test_columns_that_one_table_lacks_are_one_finding() -> None:
    failures = [
        failed(
            f"create index on post ({name})",
            Failure.NEVER_CREATED,
            place=f"m/1.sql:{line}",
            needs="post",
            kind=ObjectKind.COLUMN,
        )
        for line, name in enumerate(("a", "b"), 1)
    ]
    failures = [
        replace(one, needs=ObjectName("public", f"post.{name}"))
        for one, name in zip(failures, "ab", strict=True)
    ]
    (found,) = found_by("migration-fails", Subject(replay=replay(failures=failures)))
    assert found.table == "post"
    assert "(columns post.a and post.b)" in found.message


def test_a_failure_for_a_missing_parent_is_left_to_the_foreign_keys() -> None:
    built = replay(
        table("post"),
        missing_parents=[missing_parent("post", "writer_id", "writer", "m/1.sql:1")],
        failures=[failed("create table post", Failure.NEVER_CREATED, needs="writer")],
    )
    assert found_by("migration-fails", Subject(replay=built)) == []


def test_what_the_scratch_server_cannot_do_is_a_note() -> None:
    built = replay(failures=[failed("create extension x", Failure.NEEDS_EXTENSION)])
    (found,) = found_by("migration-fails", Subject(replay=built))
    assert found.severity is Severity.NOTE


def test_a_file_that_claims_to_be_repeatable_and_is_not_is_found() -> None:
    again = [
        failed("create policy own on note", Failure.CREATED_TWICE, place="m/1.sql:3"),
        failed("create policy all on note", Failure.TRANSACTION_ABORTED, place="m/1.sql:4"),
    ]
    (found,) = found_by("migration-not-repeatable", Subject(replay=replay(second_run=again)))
    assert "m/1.sql guards statements, and 1 other fails when it runs again, first line 3" in (
        found.message
    )
    assert found_by("migration-not-repeatable", Subject(replay=replay(table("note")))) == []


def test_doubts_about_the_order_are_notes() -> None:
    (found,) = found_by("order-ambiguous", Subject(replay=replay(order_notes=["two files are 7"])))
    assert found.message == "the order of supabase/migrations is not certain: two files are 7"
    assert found_by("order-ambiguous", Subject(replay=replay())) == []


def test_where_nothing_but_a_description_is_there_its_order_is_no_fault() -> None:
    twice = failed("create policy own on note", Failure.CREATED_TWICE, place="m/1.sql:3")
    built = replay(table("account"), failures=[late(3), twice], order_notes=["two files are 7"])  # type: ignore[list-item]
    subject = Subject(replay=built)
    checks = ("first-use-before-creation", "migration-fails", "order-ambiguous")
    assert [len(found_by(check, subject)) for check in checks] == [1, 1, 1]
    described = replace(subject, is_schema=True)
    assert [found_by(check, described) for check in checks] == [[], [], []]
