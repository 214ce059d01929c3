"""A fingerprint is the same in Python and in PostgreSQL, and does not show the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.kit.fingerprints import fingerprint, fingerprint_sql
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    import pytest


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_both_sides_agree(text: str, empty_database_url: str) -> None:
    with connect(empty_database_url) as connection:
        query = f"select {fingerprint_sql('%s::text')}".encode()
        assert connection.execute(query, (text,)).fetchone() == (fingerprint(text),)


def test_it_shows_nothing_and_tells_apart(subtests: pytest.Subtests) -> None:
    with subtests.test("nothing of the text is left"):
        assert "hunter2" not in fingerprint("hunter2")
    with subtests.test("two texts differ"):
        assert fingerprint("hunter2") != fingerprint("hunter3")


def test_bytes_that_are_no_text_have_one_too() -> None:
    assert fingerprint("\udcff").startswith("secret:")
