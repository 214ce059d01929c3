"""Names under which a migration would run before another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.audit.numbering import name_before


@pytest.mark.parametrize(
    ("files", "moved", "first_use", "expected"),
    [
        (["m/01_a.sql", "m/05_b.sql", "m/09_c.sql"], "m/09_c.sql", "m/05_b.sql", "m/04_c.sql"),
        (["m/01_a.sql", "m/02_b.sql", "m/03_c.sql"], "m/03_c.sql", "m/02_b.sql", None),
        (["m/0000_a.sql", "m/0001_b.sql"], "m/0001_b.sql", "m/0000_a.sql", None),
        (
            ["m/20250101000000_a.sql", "m/20250102000000_b.sql"],
            "m/20250102000000_b.sql",
            "m/20250101000000_a.sql",
            "m/20241231235959_b.sql",
        ),
        (
            ["m/20240101_a/migration.sql", "m/20240301_b/migration.sql"],
            "m/20240301_b/migration.sql",
            "m/20240101_a/migration.sql",
            "m/20231231_b/migration.sql",
        ),
        (["m/V3__a.sql", "m/V7__b.sql"], "m/V7__b.sql", "m/V3__a.sql", "m/V2__b.sql"),
        (["m/99999999_a.sql", "m/x.sql"], "m/x.sql", "m/99999999_a.sql", None),
        (
            ["m/99999998_a.sql", "m/99999999_b.sql"],
            "m/99999999_b.sql",
            "m/99999998_a.sql",
            "m/99999997_b.sql",
        ),
    ],
)
def test_name_before(files: list[str], moved: str, first_use: str, expected: str | None) -> None:
    assert name_before(files, moved=moved, first_use=first_use) == expected


@given(st.lists(st.integers(0, 9999), min_size=2, max_size=8, unique=True), st.data())
def test_the_new_name_sorts_after_all_earlier_files_and_before_the_first_use(
    numbers: list[int], data: st.DataObject
) -> None:
    files = [f"m/{number:04}_x.sql" for number in sorted(numbers)]
    place = data.draw(st.integers(0, len(files) - 2))
    name = name_before(files, moved=files[-1], first_use=files[place])
    free = sorted(numbers)[place] - 1
    earlier = sorted(numbers)[place - 1] if place else -1
    assert (name is not None) == (free > earlier)
    if name is not None:
        assert sorted([*files[:-1], name]).index(name) == place
