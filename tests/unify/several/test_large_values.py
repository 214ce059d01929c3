"""Values that the server cannot work with: the row is named, nothing half-done, the run goes on."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from tests.unify.several.conftest import uuid_of

from mainstem.errors import SourceError, UnifyError

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge


def test_a_text_that_jsonb_cannot_hold_is_named_by_its_row(merge: Merge) -> None:
    """A packed text may have 256 MB, and a column 1 GB."""
    merge.plan()
    card = uuid_of(602)
    merge.execute(
        merge.north, f"update style_cards set motto = repeat('x', {2**28}) where id = '{card}'"
    )
    with pytest.raises(SourceError) as raised:
        merge.run()
    assert str(raised.value) == (
        "cannot stage north.style_cards: string too long to represent as jsonb string (Due to an "
        "implementation restriction, jsonb strings cannot exceed 268435455 bytes); its largest "
        f"row, {card}, has 256 MiB, most in motto: shorten the value there or leave the row out, "
        "and run again to go on"
    )
    assert merge.rows("select state from unify.run") == [("staging",)]
    assert merge.rows("select (select count(*) from card), (select count(*) from shop)") == [(0, 0)]
    merge.execute(merge.north, f"update style_cards set motto = 'short' where id = '{card}'")
    merge.run()
    assert merge.rows("select id, state from unify.run") == [(1, "finished")]
    assert merge.accounts()["north.style_cards"] == (3, 3, 0, 0, 0)
    assert merge.verify().is_equal


def test_a_large_value_of_a_row_that_waits_is_told_by_its_hash(merge: Merge) -> None:
    """Whoever looks at what waits gets the row, and of the value what tells it from others."""
    merge.plan()
    merge.execute(
        merge.north,
        "update notes set task_id = null, body = repeat('0123456789', 524288) where id = 7;"
        "update notes set task_id = null where id = 8",
    )
    merge.run()
    rows = merge.rows(
        "select original from unify.quarantine where source_table = 'north.notes' order by key"
    )
    (large,), (small,) = rows
    body = b"0123456789" * 524288
    assert large["body"] == {
        "bytes_start": body[:1000].hex(),
        "size_bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    assert (large["id"], large["task_id"]) == (7, None)
    assert small["body"] == "note\t8"
    assert merge.verify().is_equal


def test_a_text_that_an_index_cannot_hold_is_named_by_its_row(merge: Merge) -> None:
    merge.plan()
    note = "(select string_agg(md5(n::text), '') from generate_series(1, 400) n)"
    merge.execute(merge.north, f"update notes set body = {note} where id = 7")
    merge.execute(merge.url, "create index note_body on note (body)")
    with pytest.raises(UnifyError) as raised:
        merge.run()
    said = str(raised.value)
    assert re.match(
        r"cannot (load note|build index note_body of note): index row (size|requires)", said
    )
    assert "its largest row, 7 of north.notes, has 12,800 bytes in body: " in said
    assert said.endswith("(run 1 was taken back)")
    assert merge.rows("select (select count(*) from note), (select count(*) from shop)") == [(0, 0)]
    merge.execute(merge.url, "drop index note_body; create index note_body on note (md5(body))")
    merge.run()
    assert merge.rows("select id, state from unify.run order by id") == [
        (1, "failed"),
        (2, "finished"),
    ]
    assert merge.verify().is_equal
