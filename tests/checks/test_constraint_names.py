"""Rule 8 where the catalog is silent: a chosen name may look like the server's own."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CONSTRAINT = re.compile(r"\b(primary key|unique|foreign key|references|check)\b", re.IGNORECASE)
TABLE = re.compile(r"create table (?:if not exists )?([\w.\"]+) \(", re.IGNORECASE)


def unnamed(text: str) -> Iterator[str]:
    """The items of each `create table` that constrain without `constraint NAME`."""
    text = re.sub(r"'(?:[^']|'')*'|--[^\n]*", "", text)
    for table in TABLE.finditer(text):
        for item in _items(text[table.end() :]):
            unnamed_part = item.lower().split("constraint ")[0]
            if CONSTRAINT.search(unnamed_part):
                yield f"{table[1]}: {' '.join(item.split())}"


def _items(body: str) -> Iterator[str]:
    """The parts between commas, up to the parenthesis that closes the table."""
    depth, item = 0, ""
    for character in body:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        if character == "," and depth == 0:
            yield item
            item = ""
        else:
            item += character
    yield item


def test_every_constraint_of_the_migrations_is_named() -> None:
    folder = files("mainstem") / "migrations"
    found = [
        f"{entry.name}: {item}"
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
        for item in unnamed(entry.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("create table a (id uuid primary key)", 1),
        ("create table a (id uuid constraint a_pkey primary key)", 0),
        ("create table a (id uuid, constraint a_pkey primary key (id, b))", 0),
        ("create table a (id uuid, unique (id), check (id is not null))", 2),
        ("create table a (b uuid references b (id), note text default 'unique, check')", 1),
        ("create table a (kind text) -- primary key (kind)", 0),
    ],
)
def test_unnamed_constraints_are_seen(text: str, count: int) -> None:
    assert len(list(unnamed(text))) == count
