from __future__ import annotations

import pytest

from mainstem.db.queries import parse_queries


def test_queries_are_found_by_name_with_their_comment() -> None:
    queries = parse_queries(
        "-- This file is about cats.\n\n"
        "-- name: cats\n-- All of them, for the page.\nselect name\nfrom cat\n\n"
        "-- name: one_cat\n-- By id.\nselect name from cat where id = %(id)s\n"
    )
    assert list(queries) == ["cats", "one_cat"]
    assert queries["cats"] == b"-- All of them, for the page.\nselect name\nfrom cat"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select 1", "SQL before"),
        ("-- name: a\nselect 1", "'a' needs a comment"),
        ("-- name: a\n-- why\n", "'a' needs a comment"),
        ("-- name: a\n-- why\nselect 1\n-- name: a\n-- why\nselect 2", "used twice"),
        ("-- name: A b\n-- why\nselect 1", "SQL before"),
        ("-- name: Ab\n-- why\nselect 1", "no name"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_queries(text)
