"""Twins, exceptions from a convention, and names that must be quoted."""

from __future__ import annotations

import pytest
from tests.unify.audit.building import code, database, found_by, replay, table, tables_found, use

from mainstem.unify.audit.subject import Subject

TWINS = "singular-and-plural-twins"
PLURALS = ("posts", "comments", "agencies", "orders", "boxes", "people", "invoices", "teams")


def test_twins_that_both_exist_say_which_is_alive() -> None:
    live = database(
        table("chat_message", row_count=0),
        table("chat_messages", row_count=18, last_write="2026-01-19"),
    )
    (found,) = found_by(TWINS, Subject(databases=(live,), code=code(use("chat_message"))))
    assert found.table == "chat_message"
    assert found.message == (
        "chat_message and chat_messages differ in number or spelling only: chat_messages has 18 "
        "rows, was last written 2026-01-19, is not used by code; chat_message has 0 rows, is used "
        "in 1 place"
    )
    assert found.fix is not None
    assert found.fix.startswith("keep chat_messages: change the code that uses chat_message,")


def test_twins_that_code_both_uses_are_found_though_one_does_not_exist() -> None:
    built = replay(table("agency"), table("client"))
    used = code(use("agencies"), use("agency", place="b.ts:2"), use("client"))
    (found,) = found_by(TWINS, Subject(replay=built, code=used))
    assert found.table == "agencies"
    assert "agencies does not exist, is used in 1 place" in found.message
    assert found.fix == "change the code that uses agencies, or rename agency by a migration"


@pytest.mark.parametrize(
    "subject",
    [
        Subject(replay=replay(table("news"), table("new"), table("post"), table("posting"))),
        Subject(replay=replay(table("post"), table("archive.posts"))),
        Subject(replay=replay(table("post")), databases=(database(table("post")),)),
        Subject(
            replay=replay(table("post")), code=code(use("posts", place="a.test.ts:1", is_test=True))
        ),
        Subject(code=code(use("post"), use("posts"))),
        Subject(replay=replay(table("post")), code=code(use("posts"))),
    ],
    ids=["other words", "other schema", "same in both", "test", "no catalog", "one used name"],
)
def test_names_that_are_no_twins(subject: Subject) -> None:
    assert found_by(TWINS, subject) == []


def test_the_exception_from_a_plural_convention_is_found() -> None:
    plurals = [f"my_{name}" for name in PLURALS]
    built = replay(*map(table, (*PLURALS, *plurals, "invoice_line", "settings", "dlq", "tag_old")))
    (found,) = found_by("convention-broken", Subject(replay=built))
    assert found.table == "invoice_line"
    assert found.message == "invoice_line is singular; 16 tables beside it: plural"


def test_the_exception_from_a_spelling_is_found() -> None:
    names = [f"table_{letter}" for letter in "abcdefghij"]
    subject = Subject(replay=replay(*map(table, (*names, "myTable"))))
    assert tables_found("convention-broken", subject) == ["myTable"]


@pytest.mark.parametrize(
    "names",
    [PLURALS, (*PLURALS, "post", "comment"), ("post", "comments", "orders")],
    ids=["no exception", "no clear majority", "too few tables"],
)
def test_without_a_clear_convention_nothing_is_broken(names: tuple[str, ...]) -> None:
    assert found_by("convention-broken", Subject(replay=replay(*map(table, names)))) == []


def test_names_with_capitals_or_signs_must_be_quoted() -> None:
    built = replay(*map(table, ("order-line", "Invoice", "post", "auth.User", "user_role")))
    subject = Subject(replay=built, databases=(database(table("Invoice")),))
    assert tables_found("name-needs-quotes", subject) == ["order-line", "Invoice"]


def test_a_schema_of_mixed_names_is_one_finding() -> None:
    built = replay(*map(table, ("Post", "Comment", "Tag", "User", "Like", "plain")))
    (found,) = found_by("name-needs-quotes", Subject(replay=built))
    assert found.table is None
    assert found.message.startswith("5 tables must be quoted in SQL")
