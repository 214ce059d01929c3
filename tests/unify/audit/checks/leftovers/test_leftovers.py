"""Tables that nobody knows, foreign families, copies put aside, and duplicates."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unify.audit.building import (
    code,
    database,
    declared,
    documents,
    dynamic,
    found_by,
    function,
    named,
    replay,
    table,
    tables_found,
    use,
    view,
)

from mainstem.unify.audit.backups import backup_of, base_name, is_clear_backup
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.database import Policy, Relation, RelationKind, Trigger

USED = code(use("post"))
OPEN = Policy("read", "select", True, ("public",), "exists (select from scratch)", None)


def test_a_table_that_nothing_knows_is_found_with_its_rows() -> None:
    live = database(table("post"), table("scratch", row_count=7), name="production")
    subject = Subject(replay=replay(table("post")), databases=(live,), code=USED)
    (found,) = found_by("table-unused", subject)
    assert found.table == "scratch"
    assert found.message == "no code, document or foreign key knows scratch with 7 rows"
    assert found.severity is None


@pytest.mark.parametrize(
    "subject",
    [
        Subject(replay=replay(table("post"), table("scratch")), code=code(use("post"))),
        Subject(
            databases=(database(table("post"), table("scratch")),),
            code=code(use("post"), use("note", is_test=True)),
        ),
    ],
    ids=["built", "live"],
)
def test_migrations_alone_are_no_use(subject: Subject) -> None:
    assert tables_found("table-unused", subject) == ["scratch"]


@pytest.mark.parametrize(
    ("more", "known"),
    [
        ((), use("scratch", place="a.test.ts:1", is_test=True)),
        ((), declared("scratch", "id uuid")),
        ((table("note", "scratch_id uuid", keys={"scratch_id": "scratch"}),), use("note")),
        ((view("latest", "id uuid", definition="select id from scratch"),), use("post")),
        ((table("post", policies=(OPEN,)),), use("post")),
    ],
    ids=["test", "model", "foreign key", "view", "policy of another table"],
)
def test_who_knows_a_table(more: tuple[Relation, ...], known: object) -> None:
    built = replay(*(more or (table("post"),)), table("scratch"))
    subject = Subject(replay=built, code=code(use("post"), known))  # type: ignore[arg-type]
    assert "scratch" not in tables_found("table-unused", subject)


def test_whoever_knows_a_partition_knows_the_table() -> None:
    scratch = table("scratch", kind=RelationKind.PARTITIONED)
    part = table("scratch_1", kind=RelationKind.PARTITION, parent=scratch.name)
    built = replay(table("post"), scratch, part)
    uses = code(use("post"), use("scratch_1"))
    assert found_by("table-unused", Subject(replay=built, code=uses)) == []
    assert tables_found("table-unused", Subject(replay=built, code=USED)) == ["scratch"]


def test_functions_and_documents_know_tables_too() -> None:
    tables = (table("post"), table("scratch"))
    writes = function("keep", body="insert into scratch default values")
    by_function = Subject(replay=replay(*tables, functions=(writes,)), code=USED)
    by_document = Subject(replay=replay(*tables), code=USED, documents=documents("scratch"))
    assert found_by("table-unused", by_function) == []
    assert found_by("table-unused", by_document) == []


def test_without_code_that_uses_tables_nothing_is_called_unused() -> None:
    built = replay(table("post"), table("scratch"))
    assert found_by("table-unused", Subject(replay=built)) == []
    assert found_by("table-unused", Subject(replay=built, code=code())) == []


def test_names_that_cannot_be_told_make_it_a_note() -> None:
    built = replay(table("post"), table("scratch"))
    subject = Subject(replay=built, code=code(use("post"), dynamic("tableName")))
    (found,) = found_by("table-unused", subject)
    assert found.severity is Severity.NOTE


BODY = (
    table("agency"),
    table("client", "agency_id uuid", keys={"agency_id": "agency"}),
    table("invoice", "client_id uuid", keys={"client_id": "client"}),
    table("invoice_line", "id uuid", "invoice_id uuid"),
    table("client_note"),
    table("audit_log", "agency_id uuid"),
)


def test_tables_that_stand_alone_are_one_family() -> None:
    live = database(*BODY, table("recipe", row_count=3), table("ingredients"))
    subject = Subject(databases=(live,), code=code(use("client"), use("invoice")))
    (found,) = found_by("foreign-family", subject)
    assert found.message == (
        "ingredients and recipe have nothing to do with the other 6 tables, and no code uses them"
    )
    assert found.severity is None
    assert "3 rows" in found.evidence[1].text


def test_a_family_that_keeps_together_is_found_without_code_as_a_note() -> None:
    recipe = table("recipe", "ingredient_id uuid", keys={"ingredient_id": "ingredient"})
    live = database(*BODY, recipe, table("ingredient"))
    (found,) = found_by("foreign-family", Subject(databases=(live,)))
    assert found.severity is Severity.NOTE
    assert found.table == "ingredient"


@pytest.mark.parametrize(
    "more",
    [
        (table("recipe"),),
        (table("recipe", "client_id uuid"), table("ingredient", "agency_id uuid")),
        (table("client_recipe"), table("invoice_swatch")),
        (table("blog"), table("story")),
        tuple(table(name) for name in ("a", "b", "c", "d", "e", "f", "g")),
        (table("kitchen.recipe"), table("kitchen.ingredient")),
    ],
    ids=["one", "key columns", "words", "used by code", "no main body", "own schema"],
)
def test_what_is_no_foreign_family(more: tuple[Relation, ...]) -> None:
    uses = code(use("client"), use("blog", place="b.ts:1"), use("story", place="b.ts:2"))
    assert found_by("foreign-family", Subject(databases=(database(*BODY, *more),), code=uses)) == []


def test_a_table_that_a_trigger_reads_through_another_function_is_no_foreign_family() -> None:
    saved = Trigger("saved", named("client_saved"), "after insert")
    body = (BODY[0], replace(BODY[1], triggers=(saved,)), *BODY[2:])
    functions = (
        function("client_saved", returns="trigger", body="select icon_of(new.website)"),
        function("icon_of", "site text", body="select from excluded_domain"),
    )
    live = database(*body, table("excluded_domain"), table("recipe"), functions=functions)
    assert found_by("foreign-family", Subject(databases=(live,), code=USED)) == []
    live = replace(live, relations=(*BODY, *live.relations[-2:]))
    (found,) = found_by("foreign-family", Subject(databases=(live,), code=USED))
    assert found.table == "excluded_domain"


@pytest.mark.parametrize(
    ("name", "others", "expected"),
    [
        ("backup_posts", ["posts"], "posts"),
        ("posts_backup", ["post"], "post"),
        ("posts_title_backup", ["posts"], "posts"),
        ("posts_old", ["posts"], "posts"),
        ("posts_backup_20240131", ["posts"], "posts"),
        ("posts_2024_01_31", ["posts"], "posts"),
        ("posts_copy2", ["posts"], "posts"),
        ("ad_copy", ["ads_campaign"], None),
        ("household", ["house"], None),
        ("backup_schedules", ["schedule_run"], None),
        ("post_template", ["post"], None),
        ("photocopy", ["photo"], None),
    ],
)
def test_backup_of(name: str, others: list[str], expected: str | None) -> None:
    assert backup_of(name, [*others, name]) == expected


def test_base_names() -> None:
    assert base_name("zz_posts") == "posts"
    assert base_name("posts") is None
    assert not is_clear_backup("ad_copy")
    assert is_clear_backup("backup_dms")


def test_a_copy_put_aside_is_found_with_what_it_is_of() -> None:
    copied = replace(table("posts_title_backup", row_count=40), is_row_security_on=False)
    (found,) = found_by("backup-table", Subject(databases=(database(table("posts"), copied),)))
    assert found.message == (
        "posts_title_backup seems to be a copy of posts that was put aside with 40 rows, "
        "without row-level security"
    )
    assert tables_found("table-unused", Subject(databases=(database(copied),), code=USED)) == []


def test_tables_about_backups_are_no_backups() -> None:
    built = replay(table("backup_jobs"), table("ad_copy"), table("old_towns"))
    subject = Subject(replay=built, code=code(use("backup_jobs")))
    assert found_by("backup-table", subject) == []


DELIVERY = (
    "id uuid not null",
    "sequence_id uuid",
    "recipient_urn text",
    "sent_at timestamptz",
    "opened_at timestamptz",
    "error_text text",
)


def test_tables_of_one_shape_are_duplicates_and_the_living_one_is_told() -> None:
    live = database(
        table("parcel", *DELIVERY, row_count=1204, last_write="2026-01-20"),
        table("shipment", *DELIVERY, row_count=0),
    )
    (found,) = found_by("duplicate-table", Subject(databases=(live,)))
    assert found.table == "shipment"
    assert found.message == (
        "shipment and parcel share 6 columns: parcel has 1,204 rows, was last written 2026-01-20, "
        "is not used by code; shipment has 0 rows, is not used by code"
    )


def test_tables_of_one_shape_that_code_uses_are_a_note() -> None:
    alike = database(table("parcel", *DELIVERY), table("shipment", *DELIVERY))
    uses = code(use("parcel"), use("shipment"))
    (found,) = found_by("duplicate-table", Subject(databases=(alike,), code=uses))
    assert (found.severity, "unless they hold" in (found.fix or "")) == (Severity.NOTE, True)
    twins = database(table("parcel", *DELIVERY), table("parcels", *DELIVERY))
    uses = code(use("parcel"), use("parcels"))
    (found,) = found_by("duplicate-table", Subject(databases=(twins,), code=uses))
    assert found.severity is None


def test_twins_need_less_to_be_duplicates() -> None:
    one = table("chat", *DELIVERY[:5], "a text", "b text")
    two = table("chats", *DELIVERY[:5], "c text")
    assert tables_found("duplicate-table", Subject(replay=replay(one, two))) == ["chats"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (table("parcel", *DELIVERY), table("parcel_history", *DELIVERY)),
        (table("parcel", *DELIVERY), table("parcel_backup", *DELIVERY)),
        (table("parcel", *DELIVERY), table("archive.parcel", *DELIVERY)),
        (
            table("country", "id uuid", "name text", "slug text", "created_at date", "status text"),
            table("colour", "id uuid", "name text", "slug text", "created_at date", "status text"),
        ),
    ],
    ids=["history", "backup", "other schema", "common columns"],
)
def test_tables_that_are_no_duplicates(one: Relation, other: Relation) -> None:
    assert found_by("duplicate-table", Subject(replay=replay(one, other))) == []
