"""Both sides of a value become the same cell, and different values different ones."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.unify.codec import BadText, LongText, SqliteValue, codec_for
from mainstem.unify.verify.cells import (
    LONG_BYTES,
    Cells,
    changed_cell,
    kept_cell,
    shown_cell,
    source_cells,
    target_cells,
    target_expression,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

#: type -> SQLite values that fit it, some of several kinds at once
VALUES: dict[str, list[SqliteValue]] = {
    "bigint": [1, None, -(2**63), 2**63 - 1, "12", 3.0],
    "boolean": [0, 1, None, "yes", "F"],
    "double precision": [0.1, 1e300, -1.5e-9, None, float("inf"), -0.0, 5],
    "numeric": [0.1, "1.50", 10**30, None, -2],
    "numeric(12,2)": [0.5, 12, "7.25", None],
    "text": ["", "a\tb\\\n\r\b\f\v", "é 🎉", None, "\\N"],
    "bytea": [b"", b"\x00\xff\\", None],
    "uuid": ["00000000-0000-4000-8000-0123456789ab", None],
    "date": ["2024-02-29", "0001-01-01", None],
    "timestamptz": ["2024-03-10 02:30:00", "2024-03-10T02:30:00.123456+02:00", 1_700_000_000],
    "timestamp": ["2024-03-10 02:30:00.5", None],
    "time": ["23:59:59.999999", None],
    "jsonb": [
        '{"b": [1, 2.50, 1e2, true], "a": {"c\\\\d": "x\\ty"}}',
        '"\\u00e9:"',
        '{"a": 1, "a": {"b": ":"}}',
        "[]",
        None,
    ],
}


def printed(connection: psycopg.Connection[TupleRow], type_name: str, texts: Sequence[str]) -> str:
    """What the server prints for COPY texts of a type."""
    base = codec_for(type_name).pg_type.base
    connection.execute("set local timezone = 'UTC'")
    connection.execute(f"create temporary table cell (n serial, v {type_name}) on commit drop")
    with connection.cursor() as cursor:
        with cursor.copy("copy cell (v) from stdin") as copy:
            copy.write("".join(f"{text}\n" for text in texts))
        query = f"copy (select {target_expression('v', base)} from cell order by n) to stdout"
        with cursor.copy(query.encode()) as copy:
            result = b"".join(bytes(piece) for piece in copy).decode()
    connection.execute("drop table cell")
    return result


@pytest.mark.parametrize("type_name", VALUES)
def test_the_server_prints_what_the_source_expects(
    connection: psycopg.Connection[TupleRow], type_name: str
) -> None:
    codec, values = codec_for(type_name), VALUES[type_name]
    expected = source_cells(codec, values, may_be_long=False)
    assert not expected.refused
    sent = [text for value in values for text in codec.encode([value]).texts]
    lines = printed(connection, type_name, sent).splitlines()
    assert list(target_cells(codec, lines)) == list(expected.texts)
    if type_name != "boolean":
        assert len(set(expected.texts)) == len(values)


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.integers(-(2**70), 2**70),
            st.floats(),
            st.text(max_size=5),
            st.binary(max_size=3),
            st.sampled_from([BadText(b"\xff"), "yes", "12", '{"a": 1, "a": 2}', "1e2"]),
        ),
        max_size=12,
    ),
    st.sampled_from(sorted(VALUES)),
)
def test_a_batch_gives_the_same_cells_as_its_values_one_by_one(
    values: list[SqliteValue], type_name: str
) -> None:
    codec = codec_for(type_name)
    together = source_cells(codec, values, may_be_long=False)
    alone = [codec.encode([value]) for value in values]
    assert list(together.texts) == [str(codec.canonical(one.texts)[0]) for one in alone]
    assert sorted(together.refused) == [n for n, one in enumerate(alone) if one.refusals]
    assert sorted(together.converted) == [n for n, one in enumerate(alone) for _ in one.conversions]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=6)
                    | st.floats(allow_nan=False, allow_infinity=False),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=4), inner, max_size=3)))  # fmt: skip
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_json_read_once_is_json_read_by_the_codec(value: object) -> None:
    codec = codec_for("jsonb")
    text = json.dumps(value, ensure_ascii=False)
    encoded = codec.encode([text])
    found = source_cells(codec, [text], may_be_long=False)
    assert list(found.texts) == list(codec.canonical(encoded.texts))
    assert bool(found.refused) == bool(encoded.refusals)


@pytest.mark.parametrize(
    ("type_name", "value", "raw"),
    [
        ("text", LongText(b"x" * LONG_BYTES), b"x" * LONG_BYTES),
        ("text", LongText("é\t".encode() * LONG_BYTES), "é\t".encode() * LONG_BYTES),
        ("text", "é" * (LONG_BYTES // 2), "é".encode() * (LONG_BYTES // 2)),
        ("text", LongText(b"a\0" * LONG_BYTES), b"a" * LONG_BYTES),
        ("bytea", b"\0\xff" * LONG_BYTES, b"\0\xff" * LONG_BYTES),
    ],
)
def test_a_long_value_is_compared_by_its_digest(
    connection: psycopg.Connection[TupleRow],
    type_name: str,
    value: SqliteValue | LongText,
    raw: bytes,
) -> None:
    codec = codec_for(type_name)
    (cell,) = source_cells(codec, [value], may_be_long=True).texts
    assert cell == f"sha256 {hashlib.sha256(raw).hexdigest()}"
    short = value.raw.decode() if isinstance(value, LongText) else value
    (sent,) = codec.encode([short]).texts
    assert printed(connection, type_name, [sent]) == f"{cell}\n"


def test_a_text_just_below_long_is_itself(connection: psycopg.Connection[TupleRow]) -> None:
    text = "a" * (LONG_BYTES - 1)
    found = source_cells(codec_for("text"), [text, None], may_be_long=True)
    assert found == Cells([text, r"\N"], [], [])
    assert printed(connection, "text", [text]) == f"{text}\n"


def test_a_long_text_that_is_no_utf8_is_refused() -> None:
    found = source_cells(codec_for("text", ()), [LongText(b"\xff" * LONG_BYTES)], may_be_long=True)
    assert found.refused == [0]


def test_values_of_the_ledger_become_cells() -> None:
    assert changed_cell(codec_for("text"), None) == r"\N"
    assert changed_cell(codec_for("text"), "a\tb") == r"a\tb"
    assert changed_cell(codec_for("boolean"), "true") == "t"
    assert changed_cell(codec_for("numeric"), "1.50") == "1.5"
    assert changed_cell(codec_for("bytea"), r"\x00ff") == r"\\x00ff"


def test_cells_are_shown_to_people() -> None:
    assert shown_cell(r"\N", is_secret=False) == "NULL"
    assert shown_cell("", is_secret=False) == "''"
    assert shown_cell(r"a\tb", is_secret=False) == repr("a\tb")
    assert shown_cell("s3cret", is_secret=True) == "[secret]"
    assert shown_cell("x" * 500, is_secret=False).endswith("(500 characters)")
    assert len(kept_cell("x" * 100_000)) < 500
    assert kept_cell("x" * 100_000) != kept_cell("x" * 99_999 + "y")
