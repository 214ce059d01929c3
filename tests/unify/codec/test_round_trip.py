"""Random values through a real server: what goes in comes out, or is converted, or is refused."""

from __future__ import annotations

import json
import math
import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from mainstem.unify.codec import BadText, SqliteValue, codec_for, unescape
from mainstem.unify.codec.jsontext import MalformedJsonError, write_json

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

TYPES = (
    "bigint",
    "integer",
    "smallint",
    "boolean",
    "text",
    "varchar(5)",
    "double precision",
    "real",
    "numeric",
    "numeric(12,2)",
    "numeric(4,4)",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "jsonb",
    "uuid",
    "bytea",
)

integers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-3, 3),
    st.integers(600_000_000, 4_200_000_000),
    st.sampled_from([2**31, 2**31 - 1, -(2**15) - 1, 2**53 + 1, 1714557600123]),
)
floats = st.one_of(
    st.floats(allow_nan=False),
    st.decimals(-(10**11), 10**11, places=2).map(float),
    st.sampled_from([0.0, -0.0, 1e22, 5e-324, 1e400, -1e400, 0.1 + 0.2, 1714557600.25]),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
    ),
    max_leaves=6,
)
jsons = st.one_of(
    json_values.map(json.dumps),
    json_values.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1)),
    st.sampled_from(['{"a":1,"a":2}', "[1.50, 1e2, 1E-7, -0, -0.0, 1e400]", '{"bb":1,"a":2}']),
)
moments = st.datetimes().flatmap(
    lambda moment: st.sampled_from(
        [
            moment.isoformat(),
            moment.isoformat(" "),
            moment.isoformat(" ", "seconds"),
            moment.isoformat("T", "milliseconds") + "Z",
            moment.isoformat("T", "seconds") + "+02:00",
            moment.isoformat(" ", "minutes"),
            moment.date().isoformat(),
            moment.time().isoformat(),
            f"{moment:%Y/%m/%d %H:%M}",
        ]
    )
)
texts = st.one_of(
    st.text(max_size=8),
    st.text(alphabet="\\N\t\n\r\b\f\v.\0\x1f'\"", max_size=6),
    st.sampled_from(["yes", "No", "1.5", " 7 ", "1e5", "007", "", "infinity", "now", "{", "null"]),
    st.uuids().map(str),
    st.uuids().map(lambda one: "{" + str(one).upper() + "}"),
    moments,
    jsons,
)
values = st.one_of(
    st.none(),
    integers,
    floats,
    texts,
    st.binary(max_size=17),
    st.binary(min_size=1, max_size=4).map(BadText),
)
like = {
    "bigint": integers,
    "integer": integers,
    "smallint": integers,
    "boolean": st.integers(0, 1),
    "text": texts,
    "varchar(5)": texts,
    "double precision": floats,
    "real": floats,
    "numeric": floats | integers,
    "numeric(12,2)": floats | integers,
    "numeric(4,4)": floats,
    "date": moments,
    "time": moments,
    "timestamp": moments,
    "timestamptz": moments,
    "jsonb": jsons,
    "uuid": st.uuids().map(str),
    "bytea": st.binary(),
}


@pytest.fixture(scope="module", params=TYPES)
def type_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("is_fitting", [True, False])
def test_what_goes_in_comes_out(
    connection: Connection, type_name: str, *, is_fitting: bool
) -> None:
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"create temp table trip (n integer, value {type_name})")
    one = like[type_name] | st.none() if is_fitting else values

    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(st.lists(one, min_size=1, max_size=20))
    def trip(batch: list[SqliteValue]) -> None:
        codec = codec_for(type_name)
        encoded = codec.encode(batch)
        assert len(encoded.texts) == len(batch)
        changed = {conversion.row for conversion in encoded.conversions}
        refused = {refusal.row for refusal in encoded.refusals}
        assert not changed & refused
        printed = through_the_server(connection, list(encoded.texts))
        assert list(codec.canonical(encoded.texts)) == list(codec.canonical(printed))
        if codec.server_is_canonical:
            assert list(codec.canonical(printed)) == printed
        shown = "value::text" if type_name == "jsonb" else "value"
        read = connection.execute(f"select {shown} from trip order by n".encode()).fetchall()
        last = {conversion.row: conversion.after for conversion in encoded.conversions}
        for row, after in last.items():
            assert unescape(printed[row]) == after or type_name == "real", batch[row]
        for row, value in enumerate(batch):
            if row not in changed | refused:
                assert same(type_name, value, read[row][0]), (value, read[row][0])

    trip()


def through_the_server(connection: Connection, texts_in: list[str]) -> list[str]:
    connection.execute("truncate trip")
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("copy trip from stdin")) as copy:
            copy.write("".join(f"{n}\t{text}\n" for n, text in enumerate(texts_in)))
        with cursor.copy(sql.SQL("copy (select value from trip order by n) to stdout")) as copy:
            printed = b"".join(bytes(piece) for piece in copy).decode()
    return printed.split("\n")[:-1]


def same(type_name: str, value: SqliteValue, read: Any) -> bool:  # noqa: PLR0911 - one for each type
    """Whether the server's value means what the source's did."""
    if value is None or read is None:
        return value is None and read is None
    base = type_name.partition("(")[0]
    if base in {"double precision", "real"}:
        number = float(value)  # type: ignore[arg-type]
        read = single(read) if base == "real" else read
        return bool(number == read and math.copysign(1, number) == math.copysign(1, read))
    if base == "numeric":
        return bool(Decimal(repr(value)) == read)
    if base == "boolean":
        return bool(value) is read
    if base == "jsonb":
        return written(str(value)) == read and exact_json(str(value)) == exact_json(read)
    if base == "uuid":
        return bool(str(read) == value)
    if base == "timestamptz":
        moment = datetime.fromisoformat(str(value))
        return bool((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) == read)
    if base == "timestamp":
        return bool(datetime.fromisoformat(str(value)) == read)
    if base in {"date", "time"}:
        return bool(read.isoformat() == value or read.isoformat() == str(value).rstrip("0."))
    return bool(value == read)


def single(number: float) -> float:
    (rounded,) = struct.unpack("f", struct.pack("f", number))
    return float(rounded)


def written(text: str) -> str | None:
    try:
        return write_json(text)
    except MalformedJsonError:
        return None


def exact_json(text: str) -> object:
    parsed: object = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return parsed


@settings(max_examples=100, deadline=None, database=None)
@given(jsons | st.text(max_size=12))
def test_json_is_written_the_same_however_often(text: str) -> None:
    once = written(text)

    assert once is None or written(once) == once


@given(st.uuids())
def test_a_uuid_is_itself_in_every_spelling(one: UUID) -> None:
    codec = codec_for("uuid")
    spellings: list[SqliteValue] = [str(one), str(one).upper(), one.hex, one.bytes, f"{{{one}}}"]

    assert set(codec.encode(spellings).texts) == {str(one)}
