"""How findings count and list things."""

from __future__ import annotations

import pytest

from mainstem.kit.wording import counted, listed


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (1, "place", "1 place"),
        (2, "foreign key", "2 foreign keys"),
        (0, "query", "0 queries"),
        (1204, "row", "1,204 rows"),
    ],
)
def test_counted(number: int, noun: str, expected: str) -> None:
    assert counted(number, noun) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", ""),
        ("a", "a"),
        ("ab", "a and b"),
        ("abc", "a, b and c"),
        ("abcd", "a, b and 2 more"),
    ],
)
def test_listed(names: str, expected: str) -> None:
    assert listed(names, most=3) == expected
