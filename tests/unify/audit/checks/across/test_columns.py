"""Columns, embedded tables, circles of keys and buckets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unify.audit.building import (
    bucket,
    code,
    created,
    database,
    declared,
    failed,
    found_by,
    function,
    replay,
    table,
    use,
    view,
)

from mainstem.unify.audit.elsewhere import OtherFolder
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject
from mainstem.unify.code.model import TableUse, Via
from mainstem.unify.replay.model import Failure, ObjectKind

POST = table(
    "post",
    "id uuid not null",
    "title text not null",
    "metadata jsonb",
    "author_id uuid",
    keys={"author_id": "author"},
)
AUTHOR = table("author", "id uuid not null", "name text")


def test_a_column_that_the_table_lacks_is_found_with_what_it_is_used_for() -> None:
    uses = code(use("post", "write:titel"), use("post", "filter:titel", place="b.ts:9"))
    subject = Subject(replay=replay(POST), databases=(database(POST),), code=uses)
    (found,) = found_by("column-missing", subject)
    assert (found.table, found.column) == ("post", "titel")
    assert found.message == (
        "post.titel is written and filtered on in 2 places of 2 files, first in app/page.tsx:1, "
        "and post has no such column in the migrations and live; did you mean title?"
    )


def test_columns_of_a_table_that_only_the_base_creates_are_doubted() -> None:
    made = [created("post", "dump.sql:1")]
    uses = code(use("post", "titel"))
    for base, severity in (["dump.sql"], Severity.WARNING), ([], None):
        built = replay(POST, creations=made, base=base)
        (found,) = found_by("column-missing", Subject(replay=built, code=uses))
        assert found.severity is severity


def test_what_a_loop_over_tables_does_with_one_of_them_is_a_warning() -> None:
    subject = Subject(
        replay=replay(POST, AUTHOR),
        code=code(use("post", "name"), use("author", "name"), use("note", "x", place="b.ts:2")),
    )
    (found,) = found_by("column-missing", subject)
    assert (found.table, found.severity) == ("post", Severity.WARNING)
    embedded = code(use("post", "name"), use("author", "name", embedded_in="post"))
    (found,) = found_by("column-missing", replace(subject, code=embedded))
    assert (found.table, found.severity) == ("post", None)


def test_columns_of_a_table_that_another_folder_creates_are_not_judged_by_this_one() -> None:
    model = declared("post", "id uuid", "subtitle text", via=Via.PRISMA, place="api/a.prisma:1")
    used = use("post", "subtitle", place="api/src/post.ts:1")
    subject = Subject(replay=replay(POST), code=code(used, model))
    assert len(found_by("column-missing", subject)) == 2
    subject = replace(
        subject,
        other_creations=(created("post", "api/prisma/migrations/1/migration.sql:4"),),
        other_folders=(OtherFolder("api/prisma/migrations", "api"),),
    )
    assert found_by("column-missing", subject) == []


def test_a_column_that_only_scripts_use_is_a_warning() -> None:
    script = use("post", "titel", place="scripts/once.ts:3")
    (found,) = found_by("column-missing", Subject(replay=replay(POST), code=code(script)))
    assert found.severity is Severity.WARNING
    both = code(script, use("post", "titel"))
    (found,) = found_by("column-missing", Subject(replay=replay(POST), code=both))
    assert found.severity is None


@pytest.mark.parametrize(
    "used",
    [
        use("post", "id", "title"),
        use("post", "metadata->>views", "filter:author.name", "count"),
        use("post", "excerpt"),
        use("post", "ctid", via=Via.SQL),
        use("post", "authorId", via=Via.PRISMA),
        use("post", "lost"),
        use("post", "nothing", is_test=True),
        use("gone", "anything"),
    ],
    ids=["there", "paths", "computed", "system", "model field", "failed", "test", "no table"],
)
def test_columns_that_are_no_fault(used: TableUse) -> None:
    built = replay(
        POST,
        functions=(function("excerpt", "row post", returns="text"),),
        failures=[failed("alter table post add lost text", Failure.OTHER)],
    )
    assert found_by("column-missing", Subject(replay=built, code=code(used))) == []


def test_a_column_that_a_model_declares_and_the_table_lacks_is_found() -> None:
    model = declared("post", "id uuid", "subtitle text", via=Via.DRIZZLE)
    (found,) = found_by("column-missing", Subject(replay=replay(POST), code=code(model)))
    assert (found.table, found.column) == ("post", "subtitle")
    made = replace(model, makes=True)
    assert found_by("column-missing", Subject(replay=replay(POST), code=code(made))) == []


@pytest.mark.parametrize(
    ("live", "said", "severity"),
    [
        ("total integer not null", "is numeric(12,2) in the migrations and integer in live", None),
        ("total numeric(12,2)", "is not null in the migrations and may be null in live", None),
        (
            "total numeric(12,2) not null default 0",
            "has no default in the migrations and defaults to 0 in live",
            Severity.NOTE,
        ),
        ("sum integer", "is there in the migrations and is missing in live", None),
    ],
    ids=["type", "nullability", "default", "column"],
)
def test_a_column_that_differs_is_found(live: str, said: str, severity: Severity | None) -> None:
    built = replay(table("bill", "total numeric(12,2) not null"))
    subject = Subject(replay=built, databases=(database(table("bill", live)),))
    found = found_by("column-differs", subject)[0]
    assert found.message == f"bill.total {said}"
    assert found.severity is severity


def test_columns_that_differ_in_nothing_but_the_place_of_an_extension_agree() -> None:
    built = replay(table("bill", "id uuid not null default extensions.uuid_generate_v4()"))
    live = database(table("bill", "id uuid not null default uuid_generate_v4()"))
    assert found_by("column-differs", Subject(replay=built, databases=(live,))) == []


def test_an_embedded_table_without_a_foreign_key_is_found() -> None:
    tag = table("tag")
    embedded = use("tag", embedded_in="post", place="b.ts:3")
    subject = Subject(replay=replay(POST, AUTHOR, tag), code=code(use("post"), embedded))
    (found,) = found_by("embedded-without-foreign-key", subject)
    assert found.table == "post"
    assert "post embeds tag in 1 place, first b.ts:3, and no foreign key joins them" in (
        found.message
    )


@pytest.mark.parametrize(
    "embedded",
    [
        use("author", embedded_in="post"),
        use("post", embedded_in="author"),
        use("label", embedded_in="post"),
        use("latest", embedded_in="author"),
        use("fan", embedded_in="author"),
        use("tag", embedded_in="nowhere"),
    ],
    ids=["parent", "children", "through a third", "view", "function", "unknown"],
)
def test_embedded_tables_that_are_joined(embedded: TableUse) -> None:
    between = table(
        "post_label",
        "post_id uuid",
        "label_id uuid",
        keys={"post_id": "post", "label_id": "label"},
    )
    built = replay(
        *(POST, AUTHOR, between, table("label"), table("fan"), view("latest", "id uuid")),
        functions=(function("fans", "row author", returns="SETOF fan"),),
    )
    subject = Subject(replay=built, code=code(embedded))
    assert found_by("embedded-without-foreign-key", subject) == []


def test_a_circle_of_keys_that_lets_no_row_in_is_a_warning() -> None:
    team = table("team", "id uuid not null", "owner_id uuid not null", keys={"owner_id": "person"})
    person = table("person", "id uuid not null", "team_id uuid not null", keys={"team_id": "team"})
    (found,) = found_by("circular-foreign-keys", Subject(replay=replay(team, person)))
    assert found.message == (
        "foreign keys lead in a circle: person -> team -> person; no first row can be inserted"
    )
    assert found.severity is None


def test_a_circle_with_a_nullable_key_is_a_note_and_a_self_reference_is_fine() -> None:
    team = table("team", "id uuid not null", "owner_id uuid", keys={"owner_id": "person"})
    person = table("person", "id uuid not null", "team_id uuid not null", keys={"team_id": "team"})
    tree = table("tree", "id uuid not null", "parent_id uuid", keys={"parent_id": "tree"})
    built = replay(team, person, tree)
    subject = Subject(replay=built, databases=(database(team, person, tree),))
    (found,) = found_by("circular-foreign-keys", subject)
    assert found.severity is Severity.NOTE
    assert found_by("circular-foreign-keys", Subject(replay=replay(tree, POST, AUTHOR))) == []


def test_a_bucket_that_nothing_creates_is_found() -> None:
    uses = code(bucket("avatars"), bucket("avatars", "b.ts:2"), bucket("t", is_test=True))
    (found,) = found_by("bucket-missing", Subject(replay=replay(POST), code=uses))
    assert found.message == (
        "bucket avatars is used in 2 places, first app/page.tsx:1, and nothing creates it"
    )


def test_buckets_that_migrations_code_or_a_live_database_have_are_no_fault() -> None:
    built = replay(POST, creations=[created("storage.one", kind=ObjectKind.BUCKET)])
    live = database(POST, buckets=("two",))
    uses = code(bucket("one"), bucket("two"), bucket("three"), bucket("three", is_created=True))
    subject = Subject(replay=built, databases=(live,), code=uses)
    assert found_by("bucket-missing", subject) == []
