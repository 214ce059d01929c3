from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.errors import SourceError
from mainstem.unify.codec import BadText
from mainstem.unify.move.positions import decode_position, encode_position

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unify.move.conftest import Shop

VALUES = (
    st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.builds(BadText, st.binary(min_size=1))
)


@given(st.lists(VALUES, max_size=4))
def test_positions_come_back_as_they_were(key: list[int | float | str | bytes | BadText]) -> None:
    found = decode_position(encode_position(key))
    assert list(found) == key
    assert [type(value) for value in found] == [type(value) for value in key]


def test_a_second_process_reads_half(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.plan()
    expected = _content(shop)
    monkeypatch.setattr("mainstem.unify.move.staging.TWO_PROCESSES_ROWS_MIN", 1)
    assert _content(shop) == expected


def _content(shop: Shop) -> object:
    run = shop.run().run
    found = shop.checksums(), shop.accounts()
    shop.undo(run.id)
    return found


def test_what_the_second_process_meets_is_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstem.unify.move.staging.TWO_PROCESSES_ROWS_MIN", 1)
    monkeypatch.setattr("mainstem.unify.move.staging.Staging.stage", _change_first(shop))
    shop.plan()
    with pytest.raises(SourceError, match="changed while it was read"):
        shop.run()


def _change_first(shop: Shop) -> Callable[[object, object], None]:
    """The first process finds nothing to do and changes the file before the second opens it."""

    def stage(_: object, planned: object) -> None:
        del planned
        shop.change_source("insert into cache values ('more', null)")

    return stage
