"""Tables: used and never created, built and not live, live and never built, tried in vain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unify.audit.building import (
    call,
    code,
    created,
    database,
    declared,
    failed,
    found_by,
    function,
    missing_parent,
    replay,
    table,
    tables_found,
    use,
    view,
)

from mainstem.unify.audit.elsewhere import OtherFolder
from mainstem.unify.audit.model import Severity, SourceKind
from mainstem.unify.audit.subject import Subject
from mainstem.unify.code.model import Engine, Operation, Via
from mainstem.unify.replay.model import Failure, ObjectKind

MISSING = "table-missing-in-migrations"


def test_a_table_that_no_migration_creates_is_found_once_with_all_places() -> None:
    uses = [use("invoice", place=f"app/{n}.ts:{n}") for n in range(1, 31)]
    subject = Subject(replay=replay(table("client")), code=code(*uses, use("client")))
    (found,) = found_by(MISSING, subject)
    assert found.table == "invoice"
    assert found.message == (
        "invoice is used in 30 places of 30 files, first in app/1.ts:1, and no migration creates it"
    )
    assert len(found.evidence) == 20
    assert {one.source for one in found.evidence} == {SourceKind.CODE}
    assert found.fix is not None
    assert "--table invoice" in found.fix


def test_a_missing_table_counts_the_foreign_keys_that_lead_to_it() -> None:
    keys = [missing_parent("post", "writer_id", "writer", "m/1.sql:3")]
    built = replay(table("post"), missing_parents=keys)
    (found,) = found_by(MISSING, Subject(replay=built, code=code(use("writer"))))
    assert "1 foreign key leads to it" in found.message


def test_what_only_scripts_use_is_a_warning() -> None:
    script = use("archive", place="scripts/once.ts:3")
    built = replay(table("post"))
    (found,) = found_by(MISSING, Subject(replay=built, code=code(script)))
    assert found.severity is Severity.WARNING
    assert found.message.startswith("archive is used by scripts only, in scripts/once.ts:3")
    (found,) = found_by(MISSING, Subject(replay=built, code=code(script, use("archive"))))
    assert found.severity is None


def test_what_another_folder_of_migrations_creates_is_not_missing_where_it_lives() -> None:
    made = created("invoice", "api/prisma/migrations/1/migration.sql:4")
    subject = Subject(
        replay=replay(table("post")),
        code=code(use("invoice", place="api/src/bill.ts:1"), use("invoice", place="web/a.ts:2")),
        other_creations=(made,),
        other_folders=(OtherFolder("api/prisma/migrations", "api"),),
    )
    (found,) = found_by(MISSING, subject)
    assert "invoice is used in web/a.ts:2" in found.message
    owned = OtherFolder("api/prisma/migrations", "api", has_tool=True)
    assert found_by(MISSING, replace(subject, other_folders=(owned,))) == []
    loose = OtherFolder("api/prisma/migrations", ".")
    (found,) = found_by(MISSING, replace(subject, other_folders=(loose,)))
    assert "in 2 places" in found.message


def test_a_description_of_the_lesser_part_is_one_warning() -> None:
    uses = [use(name, place=f"a.ts:{line}") for line, name in enumerate("abcd", 1)]
    subject = Subject(replay=replay(table("a")), code=code(*uses), is_schema=True)
    (found,) = found_by(MISSING, subject)
    assert (found.table, found.severity) == (None, Severity.WARNING)
    assert found.message.endswith("3 tables are not in it: b, c and d")
    most = replace(subject, replay=replay(table("a"), table("b"), table("c")))
    assert tables_found(MISSING, most) == ["d"]
    assert tables_found(MISSING, replace(most, other_creations=(created("d", "x.sql:1"),))) == []


def test_a_file_that_nothing_runs_is_named() -> None:
    subject = Subject(
        replay=replay(table("post")),
        code=code(use("archive")),
        other_creations=(created("archive", "sql/by_hand.sql:4"),),
    )
    (found,) = found_by(MISSING, subject)
    assert "no migration creates it; sql/by_hand.sql:4 does, which is none" in found.message
    assert found.severity is None
    plain = Subject(
        replay=subject.replay,
        code=code(use("archive", via=Via.SQL)),
        other_creations=subject.other_creations,
    )
    assert found_by(MISSING, plain)[0].severity is Severity.WARNING


def test_a_twin_in_the_other_number_is_proposed() -> None:
    (found,) = found_by(MISSING, Subject(replay=replay(table("post")), code=code(use("posts"))))
    assert found.fix is not None
    assert found.fix.startswith("use post, which the migrations create")


def test_a_table_that_was_dropped_says_where_it_had_been_created() -> None:
    built = replay(table("post"), creations=[created("note", "m/1.sql:7", is_dropped=True)])
    (found,) = found_by(MISSING, Subject(replay=built, code=code(use("note"))))
    assert "a later migration drops or renames it; m/1.sql:7 had created it" in found.message
    assert found.evidence[0].file == "m/1.sql"


@pytest.mark.parametrize(
    "used",
    [
        use("post"),
        use("post", place="a.test.ts:1", is_test=True),
        use("latest_post"),
        use("secret.token"),
        use("token"),
        use("auth.users"),
        use("pg_stat_activity", via=Via.SQL),
        use("information_schema.tables", via=Via.SQL),
        use("storage.objects"),
        use("_prisma_migrations", via=Via.SQL),
        use("cache", engine=Engine.SQLITE),
        use("broken"),
        use("author_id", embedded_in="post"),
        use("post_author_id_fkey", embedded_in="post"),
        use("best_comment", embedded_in="post"),
        use("count", embedded_in="post"),
        use("owner_id", embedded_in="gone"),
        use("local_note", via=Via.SQL),
    ],
    ids=lambda one: str(one.name),
)
def test_names_that_are_made_elsewhere_are_no_missing_tables(used: object) -> None:
    post = table("post", "id uuid not null", "author_id uuid", keys={"author_id": "author"})
    built = replay(
        post,
        table("author"),
        view("latest_post", "id uuid"),
        table("secret.token"),
        creations=[created("broken", is_applied=False)],
        functions=(function("best_comment", "row post", returns="SETOF comment"),),
    )
    local = declared("local_note", "id integer", engine=Engine.SQLITE)
    assert found_by(MISSING, Subject(replay=built, code=code(used, local))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "made",
    [
        declared("job", "id uuid"),
        declared("job", "id uuid", via=Via.DRIZZLE, makes=True),
        use("job", operation=Operation.CREATE, via=Via.SQL),
    ],
    ids=["create table in code", "a model's tool", "a use that creates"],
)
def test_a_table_that_the_program_makes_is_not_missing(made: object) -> None:
    subject = Subject(replay=replay(table("post")), code=code(use("job"), made))  # type: ignore[arg-type]
    assert found_by(MISSING, subject) == []


def test_a_model_whose_tool_does_not_make_the_table_is_no_excuse() -> None:
    model = declared("job", "id uuid", via=Via.PRISMA)
    subject = Subject(replay=replay(table("post")), code=code(use("job"), model))
    assert tables_found(MISSING, subject) == ["job"]


def test_a_table_that_only_a_test_makes_is_still_missing() -> None:
    helper = declared("job", "id uuid", place="a.test.ts:1", is_test=True)
    subject = Subject(replay=replay(table("post")), code=code(use("job"), helper))
    assert tables_found(MISSING, subject) == ["job"]


def test_a_table_in_another_schema_is_missing_under_its_full_name() -> None:
    subject = Subject(replay=replay(table("post")), code=code(use("crm.post")))
    assert tables_found(MISSING, subject) == ["crm.post"]


def test_without_migrations_the_live_database_is_held_against_code() -> None:
    subject = Subject(databases=(database(table("client")),), code=code(use("client"), use("lead")))
    assert found_by(MISSING, subject) == []
    assert tables_found("table-missing-in-database", subject) == ["lead"]


def test_what_only_tests_use_is_a_note_of_its_own() -> None:
    in_test = use("fixture", place="a.test.ts:4", is_test=True)
    subject = Subject(replay=replay(table("post")), code=code(use("post"), in_test))
    assert found_by(MISSING, subject) == []
    (found,) = found_by("table-only-in-tests", subject)
    assert found.table == "fixture"
    assert "in a.test.ts:4" in found.message
    both = Subject(replay=replay(table("post")), code=code(use("fixture"), in_test))
    assert found_by("table-only-in-tests", both) == []
    plain = use("fixture", place="a.test.ts:4", is_test=True, via=Via.SQL)
    assert found_by("table-only-in-tests", Subject(replay=subject.replay, code=code(plain))) == []


def test_a_table_that_was_not_applied_is_missing_in_the_live_database() -> None:
    built = replay(table("campaign"), table("client"))
    live = database(table("client"), name="production")
    subject = Subject(replay=built, databases=(live,), code=code(use("campaign")))
    (found,) = found_by("table-missing-in-database", subject)
    assert found.table == "campaign"
    assert "is built by the migrations and is not in production; code uses it" in found.message
    assert found.severity is Severity.ERROR
    same = Subject(replay=built, databases=(built.database,))
    assert found_by("table-missing-in-database", same) == []


def test_a_view_that_was_not_applied_is_missing_in_the_live_database() -> None:
    built = replay(table("post"), view("latest", "id uuid"))
    subject = Subject(replay=built, databases=(database(table("post")),))
    assert tables_found("view-missing", subject) == ["latest"]
    assert found_by("view-missing", Subject(replay=built, databases=(built.database,))) == []


def test_a_table_made_by_hand_is_found_with_its_rows() -> None:
    live = database(table("post"), table("scratch", row_count=12), table("schema_migrations"))
    subject = Subject(replay=replay(table("post")), databases=(live,))
    (found,) = found_by("table-not-in-migrations", subject)
    assert found.message == "table scratch is in live with 12 rows, and no migration creates it"
    assert found_by("table-not-in-migrations", Subject(databases=(live,))) == []


def test_a_creation_that_fails_is_found_with_the_servers_words() -> None:
    built = replay(
        creations=[created("post", "m/1.sql:4", is_applied=False)],
        failures=[failed("create table post (a txt)", Failure.OTHER, place="m/1.sql:4")],
    )
    (found,) = found_by("table-creation-fails", Subject(replay=built, code=code(use("post"))))
    assert found.table == "post"
    assert "is not created: in m/1.sql:4 the statement failed for another reason" in found.message
    assert "it failed" in found.evidence[1].text
    assert found_by("migration-fails", Subject(replay=built)) == []


def test_a_creation_that_a_later_statement_makes_good_is_not_found() -> None:
    built = replay(
        table("post"),
        creations=[created("post", "m/1.sql:4", is_applied=False), created("post", "m/2.sql:1")],
    )
    assert found_by("table-creation-fails", Subject(replay=built)) == []


def test_every_foreign_key_to_a_missing_table_is_a_finding() -> None:
    keys = [
        missing_parent("post", "writer_id", "writer", "m/1.sql:3"),
        missing_parent("note", "writer_id", "writer", "m/2.sql:9"),
    ]
    built = replay(table("post"), table("note"), table("writers"), missing_parents=keys)
    first, second = found_by("foreign-key-to-missing-table", Subject(replay=built))
    assert (first.table, first.column) == ("post", "writer_id")
    assert "note.writer_id references writer, which no migration creates" in second.message
    assert first.fix is not None
    assert "lead the key to writers" in first.fix
    assert found_by("foreign-key-to-missing-table", Subject(replay=replay(table("post")))) == []


def test_two_live_databases_without_migrations_are_compared() -> None:
    one = database(table("post"), table("note"), name="one")
    two = database(table("post"), name="two")
    (found,) = found_by("databases-differ", Subject(databases=(one, two)))
    assert found.message == "one has 1 table that two lacks: note"
    assert found_by("databases-differ", Subject(databases=(one, one))) == []


def test_a_function_that_nobody_creates_is_found() -> None:
    built = replay(functions=(function("near", "lat double precision", "lon double precision"),))
    subject = Subject(replay=built, code=code(call("nearby"), call("near", "lat")))
    (found,) = found_by("function-missing", subject)
    assert "function nearby is called in 1 place" in found.message
    assert "did you mean near?" in found.message


def test_a_function_that_only_scripts_call_is_a_warning() -> None:
    script = call("exec_sql", place="scripts/once.ts:3")
    (found,) = found_by("function-missing", Subject(replay=replay(), code=code(script)))
    assert found.severity is Severity.WARNING


def test_a_call_with_an_argument_that_no_overload_takes_is_found() -> None:
    functions = (function("near", "lat numeric"), function("near", "lat numeric", "lon numeric"))
    calls = code(call("near", "lat", "lon"), call("near", "radius", place="b.ts:3"))
    (found,) = found_by("function-missing", Subject(replay=replay(functions=functions), code=calls))
    assert "function near is called with radius, first in b.ts:3, and takes lat and lon" in (
        found.message
    )


@pytest.mark.parametrize(
    "called",
    [
        call("lower", via=Via.SQL),
        call("near", "lat"),
        call("failing"),
        call("near", "x", is_test=True),
    ],
    ids=["built-in", "known", "its statement fails", "test"],
)
def test_calls_that_are_no_fault(called: object) -> None:
    built = replay(
        functions=(function("near", "lat numeric"),),
        creations=[created("failing", kind=ObjectKind.FUNCTION, is_applied=False)],
    )
    assert found_by("function-missing", Subject(replay=built, code=code(called))) == []  # type: ignore[arg-type]
